import { expect, test, vi } from 'vitest';
import { dispatch, entries, matches, type Action } from './action.ts';

const press = (key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 0, target: null, preventDefault: () => {}, ...more }) as KeyboardEvent;

test('a shortcut is exactly its keys', () => {
  expect(matches('mod+k', press('k', { ctrlKey: true }))).toBe(true);
  expect(matches('mod+k', press('k', { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(matches('r', press('r', { ctrlKey: true }))).toBe(false);
  expect(matches('alt+ArrowDown', press('ArrowDown', { altKey: true }))).toBe(true);
  expect(matches('?', press('?', { shiftKey: true }))).toBe(true);
});

test('nothing is a shortcut while an input method composes', () => {
  expect(matches('r', press('r', { isComposing: true }))).toBe(false);
  expect(matches('mod+k', press('k', { ctrlKey: true, keyCode: 229 }))).toBe(false);
});

test('an action that is not allowed leaves its key to others, and single letters can be switched off', () => {
  const first = vi.fn();
  const second = vi.fn();
  const actions: Action<boolean>[] = [
    { id: 'a', label: 'app.copy', shortcut: 'r', when: (allowed) => allowed, perform: first },
    { id: 'b', label: 'app.copy', shortcut: 'r', perform: second },
  ];
  expect(dispatch(actions, false, press('r'), true)).toBe(true);
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
  expect(dispatch(actions, true, press('r'), false)).toBe(false);
});

test('what cannot be done just now is shown with the reason, and its key does nothing and is nobody else’s', () => {
  const perform = vi.fn();
  const actions: Action<boolean>[] = [{ id: 'a', label: 'app.copy', shortcut: 'r', unless: (waits) => (waits ? 'ticks.queued' : undefined), perform }];
  expect(entries(actions, true)[0]?.disabledBecause).toBeTruthy();
  expect(entries(actions, false)[0]?.disabledBecause).toBeUndefined();
  expect([dispatch(actions, true, press('r'), true), perform.mock.calls.length]).toEqual([true, 0]);
  expect([dispatch(actions, false, press('r'), true), perform.mock.calls.length]).toEqual([true, 1]);
});

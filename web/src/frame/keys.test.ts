import { afterEach, expect, test, vi } from 'vitest';
import { dispatch, entries, type Action } from './action.ts';
import { chooseKeys, keyNow, singleKey, takenBy, withKey } from './keys.ts';

const press = (key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 0, target: null, preventDefault: () => {}, ...more }) as KeyboardEvent;
afterEach(() => chooseKeys({}));

test('an action follows the key that was chosen for it, in the keyboard and in menus, and no other', () => {
  const perform = vi.fn();
  const actions: Action<void>[] = [{ id: 'reply', label: 'act.reply', shortcut: 'r', perform }];
  chooseKeys(withKey({}, 'r', 'a'));
  expect(dispatch(actions, undefined, press('r'), true)).toBe(false);
  expect(dispatch(actions, undefined, press('a'), true)).toBe(true);
  expect(entries(actions, undefined)[0]?.shortcut).toBe('A');
  chooseKeys(withKey({}, 'r', ''));
  for (const key of ['r', 'a', '']) expect(dispatch(actions, undefined, press(key), true)).toBe(false);
  expect(entries(actions, undefined)[0]?.shortcut).toBeFalsy();
  expect(perform).toHaveBeenCalledTimes(1);
});

test('a key that another action has is told, one that was freed may be taken', () => {
  expect(takenBy({}, 'e', 'r')).toBe('act.edit');
  expect(takenBy({}, 'r', 'r')).toBeUndefined();
  const freed = withKey({}, 'e', '');
  expect(takenBy(freed, 'e', 'r')).toBeUndefined();
  expect(takenBy(withKey(freed, 'r', 'e'), 'e', 'e')).toBe('keys.reply');
  expect(withKey(withKey({}, 'r', 'a'), 'r', 'r')).toEqual({});
  expect(keyNow('mod+k', { r: 'a' })).toBe('mod+k');
});

test('what is not a key by itself cannot be chosen', () => {
  expect(['a', 'A', '7', 'ü', '?'].map((key) => singleKey(press(key, { shiftKey: key === 'A' || key === '?' })))).toEqual(['a', 'a', '7', 'ü', '?']);
  for (const event of [press(' '), press('Enter'), press('Shift', { shiftKey: true }), press('a', { ctrlKey: true }), press('a', { isComposing: true }), press('!', { shiftKey: true }), press('Process', { keyCode: 229 })]) expect(singleKey(event)).toBeUndefined();
});

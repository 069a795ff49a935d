import { afterEach, expect, test, vi } from 'vitest';
import { followKeyboard } from './seen.ts';

afterEach(() => void vi.unstubAllGlobals());

test('the page is as high as what is seen over a keyboard, and as it was without one or while it is zoomed', () => {
  const moved: number[] = [];
  vi.stubGlobal('innerHeight', 800);
  vi.stubGlobal('scrollTo', (_: number, y: number) => moved.push(y));
  const view = Object.assign(new EventTarget(), { scale: 1, height: 800, offsetTop: 0 });
  const style = new Map<string, string>();
  const root = { style: { setProperty: (name: string, value: string) => style.set(name, value), removeProperty: (name: string) => style.delete(name) } };
  followKeyboard(view as unknown as VisualViewport, root as unknown as HTMLElement);
  const turn = (change: Partial<typeof view>): string | undefined => {
    Object.assign(view, change);
    view.dispatchEvent(new Event('resize'));
    return style.get('--seen');
  };
  expect(turn({ height: 464.4, offsetTop: 120 })).toBe('464px');
  expect(moved).toEqual([0]);
  expect(turn({ height: 760, offsetTop: 0 })).toBeUndefined();
  expect(turn({ height: 400, scale: 2 })).toBeUndefined();
});

import { expect, test } from 'vitest';
import { drawn, isTouched, LEAST, mirrored, moved, paint, shaped, sizeOf, turned, untouched, WHOLE, type Edit } from './edit.ts';

const cut: Edit = { turns: 0, mirrored: false, crop: { left: 0.1, top: 0.2, width: 0.3, height: 0.4 }, strokes: [{ colour: 'red', width: 0.01, points: [{ x: 0.25, y: 0.5 }] }] };
const rounded = (edit: Edit): Edit => JSON.parse(JSON.stringify(edit, (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value))) as Edit;

test('four quarters of a turn are none, and two mirrors are none', () => {
  expect(rounded(turned(turned(turned(turned(cut)))))).toEqual(cut);
  expect(rounded(mirrored(mirrored(cut)))).toEqual(cut);
  expect(isTouched(untouched())).toBe(false);
  expect(isTouched(turned(untouched()))).toBe(true);
});

test('what was cut and drawn goes along with a turn', () => {
  // The top left part stands at the top right afterwards.
  const after = rounded(turned({ ...cut, crop: { left: 0, top: 0, width: 0.5, height: 0.25 } }));
  expect(after.crop).toEqual({ left: 0.75, top: 0, width: 0.25, height: 0.5 });
  expect(after.strokes[0]?.points[0]).toEqual({ x: 0.5, y: 0.25 });
  expect(sizeOf({ width: 400, height: 300 }, after.turns)).toEqual({ width: 300, height: 400 });
});

test('a part never leaves the picture, and never vanishes', () => {
  expect(moved({ left: 0.1, top: 0.2, width: 0.3, height: 0.4 }, -1, 1)).toEqual({ left: 0, top: 0.6, width: 0.3, height: 0.4 });
  const far = drawn(WHOLE, 'nw', 5, -5);
  expect([far.left, far.top, far.height]).toEqual([1 - LEAST, 0, 1]);
  expect(far.width).toBeCloseTo(LEAST);
  const small = drawn({ left: 0.2, top: 0.2, width: 0.5, height: 0.5 }, 'se', 9, -9);
  expect(small.left + small.width).toBe(1);
  expect(small.height).toBeCloseTo(LEAST);
});

test('a square of a wide picture is as high as the picture, and square in px', () => {
  const size = { width: 400, height: 200 };
  const square = shaped(WHOLE, 1, size);
  expect(square.height).toBe(1);
  expect(square.width * size.width).toBeCloseTo(square.height * size.height);
  expect(square.left).toBeCloseTo(0.25);
});

test('a turned and mirrored picture is painted where its parts are said to be', () => {
  // A pen that follows one point of the picture: its top left corner.
  for (const edit of [untouched(), turned(untouched()), mirrored(turned(untouched())), turned(mirrored(untouched()))]) {
    const size = sizeOf({ width: 400, height: 200 }, edit.turns);
    let [a, b, c, d, e, f] = [1, 0, 0, 1, 0, 0];
    let seen = { x: 0, y: 0 };
    const then = (a2: number, b2: number, c2: number, d2: number, e2: number, f2: number): void => {
      [a, b, c, d, e, f] = [a * a2 + c * b2, b * a2 + d * b2, a * c2 + c * d2, b * c2 + d * d2, a * e2 + c * f2 + e, b * e2 + d * f2 + f];
    };
    const nothing = (): void => undefined;
    paint({
      save: nothing, restore: nothing, beginPath: nothing, moveTo: nothing, lineTo: nothing, stroke: nothing, strokeStyle: '', lineWidth: 0, lineCap: '', lineJoin: '',
      translate: (x: number, y: number) => then(1, 0, 0, 1, x, y),
      scale: (x: number, y: number) => then(x, 0, 0, y, 0, 0),
      rotate: (angle: number) => then(Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0),
      drawImage: ((_: unknown, x: number, y: number) => (seen = { x: a * x + c * y + e, y: b * x + d * y + f })) as never,
    }, {} as CanvasImageSource, edit, size);
    // Where a mark that was set on the corner before all of this went.
    const marked = { ...untouched(), strokes: [{ colour: '', width: 1, points: [{ x: 0, y: 0 }] }] };
    const same = edit.turns === 1 && edit.mirrored ? [mirrored(turned(marked)), turned(mirrored(marked))] : [edit.turns === 1 ? turned(marked) : marked];
    const places = same.map((one) => `${Math.round((one.strokes[0]?.points[0]?.x ?? 9) * size.width)} ${Math.round((one.strokes[0]?.points[0]?.y ?? 9) * size.height)}`);
    expect(places).toContain(`${Math.round(seen.x)} ${Math.round(seen.y)}`);
  }
});

// From a picture to the modules of a QR code: what is dark, where the three finders stand, and how the square lies.

import { readModules, type Modules } from './read.ts';

export interface Picture {
  width: number;
  height: number;
  /** Red, green, blue and alpha of each pixel, as a canvas gives them. */
  data: Uint8ClampedArray;
}

interface Dot {
  x: number;
  y: number;
  /** Width of a module there. */
  module: number;
  seen: number;
}

/** Finders that are looked at: a picture of small squares has many. */
const MAX_FINDERS = 12;
/** How far an alignment pattern may be from where it is in a flat code, as a part of the code's size. */
const REACH = 0.18;
const SCALES = [1, 0.8, 1.2];
/** Of 25 modules that many are as in an alignment pattern. */
const LIKE = 21;
const MAX_FOURTHS = 5;

/** Dark is what is darker than its surroundings, so that shadows do no harm. */
export function darkness({ width, height, data }: Picture): (x: number, y: number) => boolean {
  const sums = new Float64Array((width + 1) * (height + 1));
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4;
      const value = ((data[i] ?? 0) * 77 + (data[i + 1] ?? 0) * 150 + (data[i + 2] ?? 0) * 29) >> 8;
      grey[y * width + x] = value;
      row += value;
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  const half = Math.max(8, Math.round(Math.min(width, height) / 12));
  const dark = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - half), Math.min(height, y + half + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - half), Math.min(width, x + half + 1)];
      const sum = (sums[bottom * (width + 1) + right] ?? 0) - (sums[top * (width + 1) + right] ?? 0) - (sums[bottom * (width + 1) + left] ?? 0) + (sums[top * (width + 1) + left] ?? 0);
      const mean = sum / ((bottom - top) * (right - left));
      // In an even place there is no dark: that is paper, or the middle of something black.
      dark[y * width + x] = (grey[y * width + x] ?? 0) < Math.max(40, mean * 0.93 - 4) ? 1 : 0;
    }
  }
  return (x, y) => x >= 0 && y >= 0 && x < width && y < height && dark[Math.floor(y) * width + Math.floor(x)] === 1;
}

type Dark = (x: number, y: number) => boolean;

/** Five runs, dark first, that are as 1 : 1 : 3 : 1 : 1. Answers the width of a module. */
function ratio(runs: readonly number[]): number | undefined {
  const total = runs.reduce((sum, run) => sum + run, 0);
  if (total < 7) return undefined;
  const module = total / 7;
  const near = (run: number, wanted: number): boolean => Math.abs(run - wanted * module) <= (wanted * module) / 1.9;
  return runs.length === 5 && runs.every((run, i) => near(run, i === 2 ? 3 : 1)) ? module : undefined;
}

/** The runs through a point along a line, and where their middle is, as steps from the point. */
function cross(dark: Dark, x: number, y: number, dx: number, dy: number, max: number): { module: number; shift: number } | undefined {
  const run = (from: number, step: 1 | -1, wants: boolean): number => {
    let at = from;
    while (Math.abs(at - from) < max && dark(x + at * dx, y + at * dy) === wants) at += step;
    return Math.abs(at - from);
  };
  if (!dark(x, y)) return undefined;
  const up = run(0, -1, true);
  const down = run(1, 1, true);
  const up2 = run(-up, -1, false);
  const down2 = run(1 + down, 1, false);
  const up3 = run(-up - up2, -1, true);
  const down3 = run(1 + down + down2, 1, true);
  const module = ratio([up3, up2, up + down, down2, down3]);
  return module === undefined ? undefined : { module, shift: (1 + down - up) / 2 };
}

function finders(dark: Dark, width: number, height: number): Dot[] {
  const dots: Dot[] = [];
  const max = Math.max(width, height);
  const step = Math.max(1, Math.floor(height / 480));
  const note = (right: number, y: number, runs: number[]): void => {
    const module = ratio(runs);
    if (module === undefined) return;
    const x = right - (runs[4] ?? 0) - (runs[3] ?? 0) - (runs[2] ?? 0) / 2;
    const down = cross(dark, x, y, 0, 1, max);
    if (!down) return;
    const middle = y + down.shift;
    const along = cross(dark, x, middle, 1, 0, max);
    if (!along || along.module > down.module * 1.8 || down.module > along.module * 1.8) return;
    const dot = { x: x + along.shift, y: middle, module: (along.module + down.module) / 2, seen: 1 };
    const known = dots.find((one) => Math.hypot(one.x - dot.x, one.y - dot.y) < one.module * 2.5);
    if (!known) return void dots.push(dot);
    for (const key of ['x', 'y', 'module'] as const) known[key] = (known[key] * known.seen + dot[key]) / (known.seen + 1);
    known.seen += 1;
  };
  for (let y = step; y < height; y += step) {
    let runs: number[] = [];
    let isDark = false;
    let length = 0;
    for (let x = 0; x <= width; x++) {
      const now = x < width && dark(x, y);
      if (now === isDark && x < width) {
        length += 1;
        continue;
      }
      if (isDark || runs.length > 0) runs.push(length);
      if (runs.length > 5) runs = runs.slice(-5);
      if (isDark && runs.length === 5) note(x, y, runs);
      if (isDark && runs.length === 5) runs = runs.slice(2);
      isDark = now;
      length = 1;
    }
  }
  return dots.sort((a, b) => b.seen - a.seen).slice(0, MAX_FINDERS);
}

interface Corner {
  top: Dot;
  right: Dot;
  bottom: Dot;
}

/** Threes that may be the finders of one code, the most likely first. */
function threes(dots: Dot[]): Corner[] {
  const all: (Corner & { wrong: number })[] = [];
  for (const top of dots) for (const right of dots) for (const bottom of dots) {
    if (top === right || top === bottom || right === bottom) continue;
    const [ax, ay, bx, by] = [right.x - top.x, right.y - top.y, bottom.x - top.x, bottom.y - top.y];
    const [a, b] = [Math.hypot(ax, ay), Math.hypot(bx, by)];
    // In pictures the y axis points down: from the right arm to the lower one it turns clockwise. Mirrored codes are not read.
    if (ax * by - ay * bx <= 0) continue;
    const modules = [top.module, right.module, bottom.module];
    const uneven = Math.max(...modules) / Math.min(...modules) - 1;
    const bent = Math.abs(ax * bx + ay * by) / (a * b);
    const wrong = uneven + bent + Math.abs(a - b) / Math.max(a, b);
    if (wrong < 1.1 && Math.min(a, b) > 10 * Math.min(...modules)) all.push({ top, right, bottom, wrong });
  }
  return all.sort((one, other) => one.wrong - other.wrong).slice(0, 6);
}

interface Point {
  x: number;
  y: number;
}

/** Where points of the square of modules stand in the picture, from four that are known. */
function projection(from: readonly Point[], to: readonly Point[]): (x: number, y: number) => Point {
  const rows = from.flatMap(({ x, y }, i) => {
    const { x: u, y: v } = to[i] as Point;
    return [[x, y, 1, 0, 0, 0, -x * u, -y * u, u], [0, 0, 0, x, y, 1, -x * v, -y * v, v]];
  });
  for (let i = 0; i < 8; i++) {
    let best = i;
    for (let j = i + 1; j < 8; j++) if (Math.abs(rows[j]?.[i] ?? 0) > Math.abs(rows[best]?.[i] ?? 0)) best = j;
    const row = rows[best] as number[];
    rows[best] = rows[i] as number[];
    rows[i] = row;
    const head = row[i] || 1e-9;
    for (let j = 0; j < 8; j++) {
      const other = rows[j] as number[];
      const factor = j === i ? 0 : (other[i] ?? 0) / head;
      if (factor !== 0) for (let k = i; k < 9; k++) other[k] = (other[k] ?? 0) - factor * (row[k] ?? 0);
    }
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = rows.map((row, i) => (row[8] ?? 0) / (row[i] || 1e-9));
  return (x, y) => {
    const w = g * x + h * y + 1;
    return { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w };
  };
}

/** How many of the 25 modules around a point are as in an alignment pattern. */
function likeAlignment(dark: Dark, at: Point, right: Point, down: Point): number {
  let like = 0;
  for (let j = -2; j <= 2; j++) for (let i = -2; i <= 2; i++) {
    const wants = Math.max(Math.abs(i), Math.abs(j)) !== 1;
    if (dark(at.x + i * right.x + j * down.x, at.y + i * right.y + j * down.y) === wants) like += 1;
  }
  return like;
}

/** Places where the fourth point may be: alignment patterns near the free corner, else where a flat square has its corner. */
function fourths(dark: Dark, { top, right, bottom }: Corner, size: number): { module: number; at: Point }[] {
  const span = size - 7;
  const [across, down] = [{ x: (right.x - top.x) / span, y: (right.y - top.y) / span }, { x: (bottom.x - top.x) / span, y: (bottom.y - top.y) / span }];
  const flat = { module: size - 3.5, at: { x: right.x + bottom.x - top.x, y: right.y + bottom.y - top.y } };
  if (size < 25) return [flat];
  const middle = { x: flat.at.x - 3 * (across.x + down.x), y: flat.at.y - 3 * (across.y + down.y) };
  // The more it is seen from the side, the further it is from there.
  const reach = 4 + Math.ceil(size * REACH);
  const found: { like: number; far: number; i: number; j: number; at: Point }[] = [];
  for (let j = -reach; j <= reach; j += 0.5) for (let i = -reach; i <= reach; i += 0.5) {
    const at = { x: middle.x + i * across.x + j * down.x, y: middle.y + i * across.y + j * down.y };
    // Further off, its modules are smaller or larger than those of the finders.
    const like = Math.max(...SCALES.map((scale) => likeAlignment(dark, at, { x: across.x * scale, y: across.y * scale }, { x: down.x * scale, y: down.y * scale })));
    if (like >= LIKE) found.push({ like, far: Math.hypot(i, j), i, j, at });
  }
  found.sort((a, b) => b.like - a.like || a.far - b.far);
  const apart: typeof found = [];
  for (const one of found) {
    if (apart.length < MAX_FOURTHS && apart.every((other) => Math.hypot(one.i - other.i, one.j - other.j) > 1.4)) apart.push(one);
  }
  // The middle of all that are as good around it is better than the first of them.
  const centred = apart.map((one) => {
    const around = found.filter((other) => other.like >= one.like - 1 && Math.hypot(one.i - other.i, one.j - other.j) <= 1.4);
    const mean = (key: 'x' | 'y'): number => around.reduce((sum, other) => sum + other.at[key], 0) / around.length;
    return { module: size - 6.5, at: { x: mean('x'), y: mean('y') } };
  });
  return [...centred, flat];
}

function modulesOf(dark: Dark, corner: Corner, size: number, { module, at }: { module: number; at: Point }): Modules {
  const place = projection([{ x: 3.5, y: 3.5 }, { x: size - 3.5, y: 3.5 }, { x: 3.5, y: size - 3.5 }, { x: module, y: module }], [corner.top, corner.right, corner.bottom, at]);
  return {
    size,
    dark: (x, y) => {
      const point = place(x + 0.5, y + 0.5);
      return dark(point.x, point.y);
    },
  };
}

/** The text of the QR code in a picture. Undefined: there is none that can be read. */
export function readQr(picture: Picture): string | undefined {
  const dark = darkness(picture);
  for (const corner of threes(finders(dark, picture.width, picture.height))) {
    const { top, right, bottom } = corner;
    const module = (top.module + right.module + bottom.module) / 3;
    const span = (Math.hypot(right.x - top.x, right.y - top.y) + Math.hypot(bottom.x - top.x, bottom.y - top.y)) / 2 / module;
    const guess = Math.round((span + 7 - 17) / 4);
    for (const version of [guess, guess + 1, guess - 1, guess + 2, guess - 2]) {
      if (version < 1 || version > 40) continue;
      const size = version * 4 + 17;
      for (const point of fourths(dark, corner, size)) {
        const text = readModules(modulesOf(dark, corner, size, point));
        if (text !== undefined && text !== '') return text;
      }
    }
  }
  return undefined;
}

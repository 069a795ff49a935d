import { expect, test } from "vitest";
import { placeOf } from "./menu";

const view = { width: 800, height: 600 };
const size = { width: 200, height: 300 };

test("a menu opens below the point where it was asked for", () => {
  expect(placeOf({ x: 100, y: 100 }, size, view, false)).toEqual({ left: 100, top: 104 });
});

test("a menu at the lower edge opens upwards, and none leaves the window", () => {
  expect(placeOf({ x: 790, y: 590 }, size, view, false)).toEqual({ left: 592, top: 286 });
  expect(placeOf({ x: 2, y: 10 }, size, { width: 220, height: 200 }, false).top).toBe(8);
});

test("where text runs from right to left a menu extends to the left", () => {
  expect(placeOf({ x: 400, y: 100 }, size, view, true).left).toBe(200);
});

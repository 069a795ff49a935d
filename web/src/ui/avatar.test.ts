import { expect, test } from "vitest";
import { hueOf, initialsOf } from "./avatar";

test("a name of two words gives the first letters of the first and the last", () => {
  expect(initialsOf("Ann Marie Smith")).toBe("AS");
  expect(initialsOf("juliet")).toBe("J");
  expect(initialsOf("élodie durand")).toBe("ÉD");
});

test("a Chinese name gives its last character", () => {
  expect(initialsOf("王小明")).toBe("明");
  expect(initialsOf("產品設計")).toBe("計");
});

test("a name without letters gives a question mark and never a broken half of a character", () => {
  expect(initialsOf("🎉")).toBe("?");
  expect(initialsOf("")).toBe("?");
});

test("the colour of an address is always the same", () => {
  expect(hueOf("romeo@example.org")).toBe(hueOf("romeo@example.org"));
});

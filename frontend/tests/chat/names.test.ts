import { expect, test } from "vitest";
import { colourOf, COLOURS, nameProblem, passwordProblem } from "../../src/chat/names.ts";

test.each(["ann", "Ann_B-9", "x".repeat(32)])("%s is a user name", (name) => {
  expect(nameProblem(name)).toBeUndefined();
});

test.each(["", "an", "x".repeat(33), "~ann", "ann b", "änn", "ann\n"])("%j is no user name", (name) => {
  expect(nameProblem(name)).toContain("3 to 32");
});

test("passwords are measured in bytes of UTF-8", () => {
  expect(passwordProblem("x".repeat(7))).toBeDefined();
  expect(passwordProblem("x".repeat(8))).toBeUndefined();
  expect(passwordProblem("ä".repeat(36))).toBeUndefined();
  expect(passwordProblem("ä".repeat(37))).toBeDefined();
});

test("a user has one colour, however the name is written, and all colours are in use", () => {
  expect(colourOf("Ann")).toBe(colourOf("ann"));
  const used = new Set(Array.from({ length: 200 }, (_, index) => colourOf(`user-${index}`)));
  expect([...used].toSorted()).toEqual(Array.from({ length: COLOURS }, (_, index) => index));
});

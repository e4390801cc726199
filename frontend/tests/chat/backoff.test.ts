import { expect, test } from "vitest";
import { backoffMs, LAST_CEILING_MS } from "../../src/chat/backoff.ts";

test("the wait doubles with every failure and stops growing", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, () => 0));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test("chance decides over half of the wait, and never makes it longer than the ceiling", () => {
  expect(backoffMs(2, () => 0)).toBe(2_000);
  expect(backoffMs(2, () => 0.5)).toBe(3_000);
  expect(backoffMs(50, () => 0.999_999)).toBeLessThanOrEqual(LAST_CEILING_MS);
});

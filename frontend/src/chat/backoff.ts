/**
 * How long to wait before trying to connect again.
 *
 * The ceiling doubles with each failed attempt; half of it is waited for certain, the other half at random, so that
 * clients that lost one server do not all come back at the same instant.
 */

export const FIRST_CEILING_MS = 1_000;
export const LAST_CEILING_MS = 30_000;

/**
 * @param attempt failures in a row so far, 0 for the first wait
 * @param random uniform in [0, 1)
 */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

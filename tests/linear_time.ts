/**
 * Whether time grows as the input does, told by two times that the same machine
 * takes at the same time, however fast it is and whatever else it does.
 *
 * @module
 */

import { assert } from "@std/assert";

/** The large input is so many times as large as the small one. */
export const TIMES = 4;
/** Of the two times; it would be 4 for linear time on a quiet machine, and 16 for quadratic. */
const MAX_RATIO = 8;
/** What the machine may do in between. */
const SLACK_MILLISECONDS = 200;
/** The least time of several runs counts; more are made only where the machine is busy. */
const MAX_ROUNDS = 30;

/** Asserts that something takes time in proportion to its input, the small one (0) and the large one (1). */
export async function assertLinear(run: (which: 0 | 1) => void | Promise<void>): Promise<void> {
  const least: [number, number] = [Infinity, Infinity];
  let round = 0;
  do {
    for (const which of [0, 1] as const) {
      const startedAt = performance.now();
      await run(which);
      least[which] = Math.min(least[which], performance.now() - startedAt);
    }
  } while (++round < MAX_ROUNDS && least[1] > MAX_RATIO * least[0]);
  const [small, large] = least;
  assert(
    large < MAX_RATIO * small + SLACK_MILLISECONDS,
    `${small.toFixed(1)} ms, and ${large.toFixed(1)} ms for ${TIMES} times as much`,
  );
}

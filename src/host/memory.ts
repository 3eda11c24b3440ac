/**
 * Keeps memory flat over a long batch.
 *
 * V8 lets a heap that makes garbage quickly grow to many times what is alive,
 * because memory is cheaper to it than time. A batch lives in few megabytes
 * for as long as it runs, so it tells V8 when to clean up.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Devices between two collections: often enough to keep the heap small, rarely enough to cost little. */
const DEVICES_BETWEEN_COLLECTIONS = 2500;

let collect: (() => void) | undefined;

/** Frees garbage now, where the runtime lets a program ask for it. */
export function collectGarbage(): void {
  collect ??= findCollector();
  collect();
}

/** Counts devices, and frees garbage from time to time. */
export class GarbagePacer {
  #devices = 0;

  step(): void {
    if (++this.#devices % DEVICES_BETWEEN_COLLECTIONS === 0) collectGarbage();
  }
}

/** Gives workers started from now on a small nursery: each would else take tens of megabytes. */
export function limitWorkerHeaps(): void {
  setFlagsFromString("--max-semi-space-size=1");
}

function findCollector(): () => void {
  try {
    setFlagsFromString("--expose-gc");
    const found: unknown = runInNewContext("globalThis.gc");
    if (typeof found === "function") return () => found();
  } catch {
    // Then V8 decides alone, and the batch takes more memory.
  }
  return () => {};
}

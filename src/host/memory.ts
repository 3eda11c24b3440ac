/**
 * Keeps memory flat over a long batch.
 *
 * V8 lets the heap of a program that makes garbage quickly grow to many times
 * what is alive, because memory is cheaper to it than time. A batch lives in
 * few megabytes for as long as it runs, so V8 is told to clean up, but only
 * when there is something to gain: that costs some hundredths of the time.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Garbage that is worth a collection. */
const MIN_GARBAGE_BYTES = 10 * 1024 * 1024;

let collect: (() => void) | undefined;
let aliveBytes = 0;

/** Frees garbage if there is much of it; to be called many times a second. */
export function tidyMemory(): void {
  const { heapTotal } = Deno.memoryUsage();
  aliveBytes ||= heapTotal;
  if (heapTotal - aliveBytes < MIN_GARBAGE_BYTES) return;
  collect ??= findCollector();
  collect();
  aliveBytes = Deno.memoryUsage().heapTotal;
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

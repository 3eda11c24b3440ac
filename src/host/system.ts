import { tidyMemory } from "./memory.ts";

/** Bytes from the system's cryptographic source. */
export function randomBytes(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes));
}

/** Long enough to cost little, as a turn takes a timer's milliseconds; short enough for Ctrl-C. */
const MILLISECONDS_BETWEEN_TURNS = 100;

let turnedAt = -Infinity;

/** Resolves when memory is tidy and the event loop has had a turn not long ago. */
export async function pause(): Promise<void> {
  tidyMemory();
  if (performance.now() - turnedAt < MILLISECONDS_BETWEEN_TURNS) return;
  await new Promise((resolve) => setTimeout(resolve, 0));
  turnedAt = performance.now();
}

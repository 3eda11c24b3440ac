import { tidyMemory } from "./memory.ts";

/** Bytes from the system's cryptographic source. */
export function randomBytes(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes));
}

/** Resolves when the event loop has had its turn. */
export async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  tidyMemory();
}

/**
 * Key files for tests.
 *
 * @module
 */

import { encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";

/** Bytes that go up from `first`, so that each key is recognised in any output. */
export function ramp(sizeBytes: number, first: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (first + index * 7) & 0xFF);
}

export const KEYS: XtsKeys = { encryptionKey: ramp(32, 0x31), tweakKey: ramp(32, 0xC5) };
export const KEY_PARTITION = encodeKeyPartition(KEYS);
export const HMAC_KEY = ramp(32, 0x5B);

/** A copy with one byte changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[at]! ^= 0xFF;
  return copy;
}

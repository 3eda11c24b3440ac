import { crc32 } from "node:zlib";
import { ENTRY_AT, ENTRY_SIZE, PAGE_CRC_RANGE } from "./constants.ts";

/** The CRC "so far" before the first byte, in the words of zlib. */
const SEED = 0xFFFFFFFF;

/**
 * The CRC-32 that NVS uses: polynomial 0xEDB88320 reflected, seeded with
 * 0xFFFFFFFF on top of the usual inversion, so that no bytes give 0xFFFFFFFF.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nvsCrc32(new Uint8Array()), 0xFFFFFFFF);
 * ```
 */
export function nvsCrc32(bytes: Uint8Array, seed: number = SEED): number {
  return crc32(bytes, seed) >>> 0;
}

/**
 * The checksum of the page header that begins at `start`: its sequence number,
 * version and unused bytes, not its state.
 */
export function pageHeaderCrc32(bytes: Uint8Array, start = 0): number {
  const { start: from, end } = PAGE_CRC_RANGE;
  return nvsCrc32OfRange(bytes, start + from, start + end);
}

/** The checksum of the entry header that begins at `start`: all 32 bytes but the checksum itself. */
export function entryHeaderCrc32(bytes: Uint8Array, start = 0): number {
  const beforeCrc = nvsCrc32OfRange(bytes, start, start + ENTRY_AT.crc32);
  return nvsCrc32OfRange(bytes, start + ENTRY_AT.key, start + ENTRY_SIZE, beforeCrc);
}

/** Below so many bytes a loop is faster than a call into the runtime and the view that it takes. */
const MIN_NATIVE_BYTES = 128;

/** {@linkcode nvsCrc32} of the bytes from `start` to `end`, without a view for a few of them. */
export function nvsCrc32OfRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number = SEED,
): number {
  if (end - start >= MIN_NATIVE_BYTES) return nvsCrc32(bytes.subarray(start, end), seed);
  let register = ~seed;
  for (let at = start; at < end; at++) {
    register = (register >>> 8) ^ BYTE_TABLE[(register ^ bytes[at]!) & 0xFF]!;
  }
  return ~register >>> 0;
}

const POLYNOMIAL = 0xEDB88320;
/** What each byte does to the register. */
const BYTE_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) {
    register = register & 1 ? (register >>> 1) ^ POLYNOMIAL : register >>> 1;
  }
  return register;
});

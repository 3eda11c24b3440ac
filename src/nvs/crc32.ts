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

/** The checksum of a page header: its sequence number, version and unused bytes, not its state. */
export function pageHeaderCrc32(header: Uint8Array): number {
  return nvsCrc32(header.subarray(PAGE_CRC_RANGE.start, PAGE_CRC_RANGE.end));
}

/** The checksum of an entry header: all 32 bytes but the checksum itself. */
export function entryHeaderCrc32(header: Uint8Array): number {
  const beforeCrc = nvsCrc32(header.subarray(0, ENTRY_AT.crc32));
  return nvsCrc32(header.subarray(ENTRY_AT.key, ENTRY_SIZE), beforeCrc);
}

/**
 * What a size that cannot be taken may have been meant for.
 *
 * @module
 */

import { MAX_IMAGE_BYTES, MIN_WRITABLE_SIZE, PAGE_SIZE } from "../nvs/constants.ts";
import { geometryOf } from "../nvs/placement.ts";

const LEAST = "the least that a device can write to";
const KIB = 1024;
/** Bytes of the units that people write; KB is taken for KiB, as partitions have whole KiB. */
const UNIT_BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  byte: 1,
  bytes: 1,
  k: KIB,
  kb: KIB,
  kib: KIB,
  m: KIB * KIB,
  mb: KIB * KIB,
  mib: KIB * KIB,
};

/** Whether a partition of NVS can have so many bytes. */
export function isUsableSize(sizeBytes: number): boolean {
  return sizeBytes >= PAGE_SIZE && sizeBytes <= MAX_IMAGE_BYTES && sizeBytes % PAGE_SIZE === 0;
}

/**
 * Says what would be right in the place of a size, for behind a semicolon.
 *
 * @param text The size as typed.
 * @param sizeBytes What it says, if it is a number at all.
 */
export function sizeHint(text: string, sizeBytes: number | undefined): string {
  const meant = hexMeant(text) ?? unitsMeant(text);
  if (meant !== undefined && isUsableSize(meant)) {
    const guess = `did you mean ${named(meant)}?`;
    // Where both readings are near, the user knows which one it is.
    const isNear = sizeBytes !== undefined && sizeBytes > 2 * PAGE_SIZE;
    if (isNear) return `${guess} near ${text} ${nearText(sizeBytes)}`;
    return meant < MIN_WRITABLE_SIZE ? `${guess} ${named(MIN_WRITABLE_SIZE)} is ${LEAST}` : guess;
  }
  if (sizeBytes !== undefined) return `near it ${nearText(sizeBytes)}`;
  if (meant !== undefined && meant <= MAX_IMAGE_BYTES) {
    return `it says ${meant} bytes, and the size is a multiple of 4096 (0x1000): near it ${
      nearText(meant)
    }`;
  }
  return "write bytes, like 0x3000 or 12288";
}

/** The usable sizes on both sides; below 0x2000 the least that is not read-only. */
function nearText(sizeBytes: number): string {
  if (sizeBytes < 2 * PAGE_SIZE) return `is ${named(MIN_WRITABLE_SIZE)}, ${LEAST}`;
  const below = Math.floor(sizeBytes / PAGE_SIZE) * PAGE_SIZE;
  return `are ${[below, below + PAGE_SIZE].filter(isUsableSize).map(named).join(" and ")}`;
}

/** "0x3000 (12288)", to take either from. */
function named(sizeBytes: number): string {
  const { readOnly } = geometryOf(sizeBytes);
  return `0x${sizeBytes.toString(16)} (${sizeBytes}${readOnly ? ", read-only" : ""})`;
}

/** The digits as hex, if that is a usable size: "3000", "A000", "3000h". */
function hexMeant(text: string): number | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,8})h?$/i.exec(text)?.[1];
  const meant = digits === undefined ? NaN : parseInt(digits, 16);
  return isUsableSize(meant) ? meant : undefined;
}

/** The bytes of "12K", "16 KiB", "12288.0" or "12,288". */
function unitsMeant(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d[\d_,' ]*?)(?:\.0*)? ?([a-z]*)$/i.exec(text) ?? [];
  const unitBytes = UNIT_BYTES[unit.toLowerCase()];
  if (digits === undefined || unitBytes === undefined) return undefined;
  return Number(digits.replace(/[^\d]/g, "")) * unitBytes;
}

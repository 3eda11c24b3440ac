/**
 * What goes where in a flash, and which of it flash encryption covers.
 *
 * @module
 */

import {
  endOf,
  type Partition,
  PARTITION_SUBTYPE,
  PARTITION_TYPE,
  TABLE_SECTOR_SIZE,
} from "./partition.ts";

/** A range of the flash. */
export interface FlashRange {
  /** Bytes from the beginning of the flash. */
  offset: number;
  sizeBytes: number;
}

/** Bytes that are erased at once: a write to any of them takes all. */
const SECTOR_SIZE = 0x1000;
const { data: DATA } = PARTITION_SUBTYPE;
const ENCRYPTED_DATA: readonly number[] = [DATA.ota, DATA.nvs_keys, DATA.tee_ota];

/** Whether two ranges share a sector, so that writing one erases of the other. */
export function shareSector(a: FlashRange, b: FlashRange): boolean {
  return sectorEnd(a) > sectorStart(b) && sectorEnd(b) > sectorStart(a);
}

function sectorStart({ offset }: FlashRange): number {
  return Math.floor(offset / SECTOR_SIZE) * SECTOR_SIZE;
}

function sectorEnd({ offset, sizeBytes }: FlashRange): number {
  return Math.ceil((offset + sizeBytes) / SECTOR_SIZE) * SECTOR_SIZE;
}

/**
 * Whether flash encryption covers a partition: apps, OTA data and NVS keys by
 * their type, others by their flag. Never one of NVS, which encrypts itself.
 */
export function isUnderFlashEncryption({ type, subtype, encrypted }: Partition): boolean {
  if (type !== PARTITION_TYPE.data) return encrypted || type in NAMED_TYPES;
  return subtype !== DATA.nvs && (encrypted || ENCRYPTED_DATA.includes(subtype));
}

/** Types other than data that ESP-IDF knows: the chip starts from all of them. */
const NAMED_TYPES: Readonly<Record<number, true>> = {
  [PARTITION_TYPE.app]: true,
  [PARTITION_TYPE.bootloader]: true,
  [PARTITION_TYPE.partition_table]: true,
};

/** Where something stands in the flash. */
export type FlashPlace =
  | { kind: "partition"; partition: Partition }
  | { kind: "bootloader" | "partition-table" }
  | { kind: "nowhere" };

/** What begins at an offset. A table may list its own place, and that of the bootloader. */
export function placeAt(
  offset: number,
  partitions: readonly Partition[],
  tableOffset: number,
): FlashPlace {
  const partition = partitions.find((one) => offset >= one.offset && offset < endOf(one));
  if (partition !== undefined) return { kind: "partition", partition };
  if (offset < tableOffset) return { kind: "bootloader" };
  if (offset < tableOffset + TABLE_SECTOR_SIZE) return { kind: "partition-table" };
  return { kind: "nowhere" };
}

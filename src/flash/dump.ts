/**
 * How the dump of a whole flash is told from the image of one NVS partition.
 *
 * An image is pages of 4096 bytes, each of which begins with its state: a word
 * whose second byte is 0xFF, with a checksum behind it. A dump has the
 * bootloader in front of the partition table, which partitions stand behind,
 * and a table begins with 0xAA 0x50. No page of NVS begins like that, and no
 * bootloader has a checksum of NVS in front of it. So
 *
 * - a file with a sound NVS page in front of the table's offset, or there, is an
 *   image, whatever its other pages hold (behind 0x8000 they are no proof: if
 *   the offset is wrong, partitions may be there);
 * - a file without one is a dump if a table begins at that offset, sound or
 *   damaged.
 *
 * A file with neither is a dump if only a dump explains it: its bootloader is
 * there, or the table's sector is ciphertext, as flash encryption leaves it.
 * In an image all pages up to there would be unreadable.
 *
 * @module
 */

import { PAGE_SIZE } from "../nvs/constants.ts";
import { isWrittenPage } from "../nvs/written_page.ts";
import { DEFAULT_TABLE_OFFSET, TABLE_SECTOR_SIZE } from "./partition.ts";
import { readPartitionTable, type TableReading } from "./table_binary.ts";

/** What a file says of itself. */
export interface FlashEvidence {
  /** What stands at the table's offset. */
  table: TableReading;
  /** Whether NVS wrote a page where no partition of a dump can be. */
  hasNvsPage: boolean;
  hasBootloader: boolean;
}

/** Looks at a file that is an image or a dump. */
export function flashEvidence(bytes: Uint8Array, tableOffset: number): FlashEvidence {
  return {
    table: readPartitionTable(bytes.subarray(tableOffset)),
    hasNvsPage: hasNvsPage(
      bytes.subarray(0, Math.min(tableOffset, DEFAULT_TABLE_OFFSET) + TABLE_SECTOR_SIZE),
    ),
    hasBootloader: BOOTLOADER_OFFSETS.some((offset) =>
      offset < tableOffset && beginsLikeFirmware(bytes.subarray(offset))
    ),
  };
}

/** Whether a file is a dump, by the rule above. */
export function isDump({ table, hasNvsPage, hasBootloader }: FlashEvidence): boolean {
  if (hasNvsPage) return false;
  return table.kind !== "absent" || table.instead === "noise" || hasBootloader;
}

/** Whether a file may be an image though a dump is asked for: it ends before a dump gets going. */
export function mayBeImage({ table, hasNvsPage, hasBootloader }: FlashEvidence): boolean {
  if (table.kind !== "absent") return false;
  return hasNvsPage || (table.instead === "nothing" && !hasBootloader);
}

function hasNvsPage(bytes: Uint8Array): boolean {
  for (let start = 0; start + PAGE_SIZE <= bytes.length; start += PAGE_SIZE) {
    if (isWrittenPage(bytes, start)) return true;
  }
  return false;
}

/** Where the bootloader begins, by chip. */
const BOOTLOADER_OFFSETS = [0x0, 0x1000, 0x2000];
/** Header of an image that the chip starts from. */
const BOOT_AT = { magic: 0, segmentCount: 1, spiMode: 2, chipIdHigh: 13 };
const BOOT_MAGIC = 0xE9;
const MAX_SEGMENTS = 16;
const MAX_SPI_MODE = 5;

/** Whether bytes begin as the image of an app or a bootloader does. */
export function beginsLikeFirmware(bytes: Uint8Array): boolean {
  const segmentCount = bytes[BOOT_AT.segmentCount] ?? 0;
  return bytes[BOOT_AT.magic] === BOOT_MAGIC && bytes[BOOT_AT.chipIdHigh] === 0 &&
    segmentCount >= 1 && segmentCount <= MAX_SEGMENTS && bytes[BOOT_AT.spiMode]! <= MAX_SPI_MODE;
}

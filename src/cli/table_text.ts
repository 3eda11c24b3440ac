/**
 * What is said about partition tables and their partitions.
 *
 * @module
 */

import { inHex, type Partition, TABLE_ENTRY_SIZE } from "../flash/partition.ts";
import type { TableFault } from "../flash/table_binary.ts";

/** What is wrong with a table, without what would be right. */
export function faultText(fault: TableFault): string {
  switch (fault.rule) {
    case "md5":
      return `its MD5 is ${fault.stored}, that of its entries ${fault.computed}`;
    case "entry":
      return `its entry ${fault.entryIndex + 1} is none (${fault.start}…)`;
    case "cut-short":
      return `it is cut short after ${fault.sizeBytes} bytes`;
    case "endless":
      return `it has no end (an entry of ${TABLE_ENTRY_SIZE} bytes 0xff)`;
    default:
      throw new TypeError(`Cannot tell of a fault "${fault satisfies never}"`);
  }
}

/** `"nvs" (0x9000, 0x6000 bytes), "fctry" (…)`. */
export function listText(partitions: readonly Partition[]): string {
  return partitions.map(({ label, offset, sizeBytes }) =>
    `"${label}" (${inHex(offset)}, ${inHex(sizeBytes)} bytes)`
  ).join(", ");
}

/**
 * Where the partitions of a CSV go, and the rules that ESP-IDF holds a table
 * to before it builds it.
 *
 * @module
 */

import {
  endOf,
  inHex,
  MAX_FLASH_BYTES,
  MAX_PARTITIONS,
  overlapping,
  type Partition,
  PARTITION_SUBTYPE,
  PARTITION_TYPE,
  TABLE_SECTOR_SIZE,
} from "./partition.ts";

/** What is wrong with a table, and what would be right. Lines and cells count from 1. */
export interface TableProblem {
  line?: number;
  column?: number;
  message: string;
}

/** A line of a CSV. */
export interface CsvPartition {
  line: number;
  /** Its place is given by where the table stands; it has no part in the order of the others. */
  isPlaced: boolean;
  /** Absent if the line leaves it to its neighbour above. */
  offset?: number;
  /** Negative for a partition that ends at that offset; absent for a partition table. */
  size?: number;
  /** Offset and size are right once it is placed. */
  partition: Partition;
}

const APP_ALIGNMENT = 0x10000;
/** Bytes of the smallest part of a flash that can be erased. */
const FLASH_SECTOR_SIZE = 0x1000;

/** Fills in offsets and sizes, in the order of the lines. */
export function placeRows(
  rows: readonly CsvPartition[],
  tableOffset: number,
  problems: TableProblem[],
): void {
  let end = tableOffset + TABLE_SECTOR_SIZE;
  let above = "the partition table";
  for (const { line, isPlaced, offset, size = TABLE_SECTOR_SIZE, partition } of rows) {
    partition.offset = offset ?? roundUp(end, alignmentOf(partition));
    partition.sizeBytes = size < 0 ? -size - partition.offset : size;
    if (isPlaced) continue;
    if (partition.offset < end) {
      problems.push({
        line,
        message: `"${partition.label}" begins at ${offsetText(partition.offset)}, but ` +
          `${above} ends at ${inHex(end)}; give it an offset from there on`,
      });
    }
    end = Math.max(end, endOf(partition));
    above = `"${partition.label}"`;
  }
}

function roundUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function alignmentOf({ type }: Partition): number {
  return type === PARTITION_TYPE.app ? APP_ALIGNMENT : FLASH_SECTOR_SIZE;
}

function offsetText(offset: number): string {
  return offset < 0 ? `${offset}` : inHex(offset);
}

/** What a build refuses of partitions that are placed. */
export function tableProblems(rows: readonly CsvPartition[]): TableProblem[] {
  const problems: TableProblem[] = [];
  const above: Partition[] = [];
  const labels = new Map<string, number>();
  const otaData = new Map<number, number>();
  for (const { line, partition } of rows) {
    const { label, subtype } = partition;
    const add = (message: string) => problems.push({ line, message: `"${label}" ${message}` });
    for (const message of partitionFaults(partition)) add(message);
    for (const other of overlapping(partition, above)) {
      add(`overlaps "${other.label}"; give it an offset of its own`);
    }
    above.push(partition);
    const sameLabel = labels.get(label);
    if (sameLabel === undefined) labels.set(label, line);
    else add(`is the name of line ${sameLabel} too; each partition needs its own`);
    if (!isOtaData(partition)) continue;
    const otherOtaData = otaData.get(subtype);
    if (otherOtaData === undefined) otaData.set(subtype, line);
    else add(`holds OTA data, as line ${otherOtaData} does; a table has one such partition`);
  }
  if (rows.length > MAX_PARTITIONS) {
    problems.push({ message: `has ${rows.length} partitions; a table holds ${MAX_PARTITIONS}` });
  }
  return problems;
}

const OTA_DATA_SIZE = 0x2000;
/** Bytes of the smallest partition that NVS writes to. */
const MIN_NVS_SIZE = 0x3000;
const { data: DATA } = PARTITION_SUBTYPE;
const OTA_DATA: readonly number[] = [DATA.ota, DATA.tee_ota];
const NEVER_READONLY: readonly number[] = [DATA.ota, DATA.coredump];

function isOtaData({ type, subtype }: Partition): boolean {
  return type === PARTITION_TYPE.data && OTA_DATA.includes(subtype);
}

function partitionFaults(partition: Partition): string[] {
  const { type, subtype, offset, sizeBytes, readonly } = partition;
  const isData = type === PARTITION_TYPE.data;
  const alignment = alignmentOf(partition);
  const faults: string[] = [];
  if (sizeBytes <= 0) return [`has ${sizeBytes} bytes; give it some`];
  if (endOf(partition) > MAX_FLASH_BYTES) faults.push("ends beyond 4 GiB; no flash is as large");
  if (offset % alignment !== 0) {
    const near = inHex(roundUp(offset, alignment));
    faults.push(
      `begins at ${inHex(offset)}, which is no multiple of ${inHex(alignment)}; next is ${near}`,
    );
  }
  if (type === PARTITION_TYPE.app && sizeBytes % FLASH_SECTOR_SIZE !== 0) {
    faults.push(`has ${inHex(sizeBytes)} bytes; an app has a multiple of 0x1000`);
  }
  if (isOtaData(partition) && sizeBytes !== OTA_DATA_SIZE) {
    faults.push(`has ${inHex(sizeBytes)} bytes; OTA data have 0x2000`);
  }
  if (isData && readonly && NEVER_READONLY.includes(subtype)) {
    faults.push("is written by the device; leave out its flag readonly");
  }
  if (isData && subtype === DATA.nvs && sizeBytes < MIN_NVS_SIZE && !readonly) {
    faults.push(`has ${inHex(sizeBytes)} bytes; NVS of less than 0x3000 needs the flag readonly`);
  }
  return faults;
}

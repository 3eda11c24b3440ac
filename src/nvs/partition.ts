/**
 * Layout to bytes: page headers, entry state bitmaps, entries and their
 * checksums. Pure: the caller brings the buffer.
 *
 * @module
 */

import {
  BLOB_INDEX_AT,
  CHUNK_START,
  ENTRY_AT,
  ENTRY_DATA_OFFSET,
  ENTRY_SIZE,
  ENTRY_STATE,
  ENTRY_TABLE_OFFSET,
  type FormatVersion,
  ITEM_TYPE,
  KEY_FIELD_SIZE,
  LITTLE_ENDIAN,
  PAGE_AT,
  PAGE_SIZE,
  PAGE_STATE,
  VAR_LENGTH_AT,
  VERSION_BYTE,
} from "./constants.ts";
import { entryHeaderCrc32, nvsCrc32OfRange, pageHeaderCrc32 } from "./crc32.ts";
import { floatingRangeFault, nearestOfNumber } from "./floating.ts";
import { type Item, nameFault } from "./item.ts";
import {
  type BlobIndex,
  type Geometry,
  geometryOf,
  type Layout,
  neededSize,
  placeItems,
  type Placement,
} from "./placement.ts";
import { putUtf8 } from "./utf8.ts";
import { INTEGER_RANGE, rangeFault, type Value, type ValueType } from "./value.ts";

/** What {@linkcode encodePartition} makes of its items. */
export interface PartitionOptions {
  /** Bytes of the partition: a multiple of 4096; 4096 and 8192 are read-only partitions. */
  sizeBytes: number;
  /** Blob format version (default 2). */
  formatVersion?: FormatVersion;
}

/** Thrown when items need more pages than the partition has. */
export class PartitionFullError extends RangeError {
  /** "PartitionFullError" */
  override name = "PartitionFullError";
  /** Bytes of the smallest partition that would do. */
  readonly neededBytes: number;
  /** Bytes that were given. */
  readonly sizeBytes: number;

  /** Makes the message of the two sizes. */
  constructor(neededBytes: number, sizeBytes: number) {
    super(`needs ${hex(neededBytes)}, has ${hex(sizeBytes)}`);
    this.neededBytes = neededBytes;
    this.sizeBytes = sizeBytes;
  }
}

function hex(sizeBytes: number): string {
  return `0x${sizeBytes.toString(16)}`;
}

/**
 * Makes an NVS partition image, the same bytes that Espressif's generator
 * 0.2.0 makes of the same items.
 *
 * The image has `sizeBytes` bytes; that of a read-only size (below 0x3000)
 * ends with the last page in use.
 *
 * @throws {TypeError} If a key or namespace is not 1 to 15 bytes, or a key
 * occurs twice in a namespace, or a value is none of its type.
 * @throws {RangeError} If the size is not a multiple of 4096, there is no such
 * format version, a number does not fit its type, or (as {@linkcode ItemSizeError}) a string or blob is too long.
 * @throws {PartitionFullError} If the items need a larger partition.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const image = encodePartition([
 *   { namespace: "device", key: "serial", type: "string", value: "SN-0001" },
 *   { namespace: "device", key: "channel", type: "u8", value: 11 },
 * ], { sizeBytes: 0x3000 });
 * assertEquals(image.length, 0x3000);
 * ```
 */
export function encodePartition(
  items: Iterable<Item>,
  options: PartitionOptions,
): Uint8Array<ArrayBuffer> {
  const { sizeBytes, formatVersion = 2 } = options;
  const geometry = geometryOf(sizeBytes);
  assertFormatVersion(formatVersion);
  const list = [...items];
  assertItems(list);
  const layout = placeItems(list, formatVersion);
  assertFits(layout, geometry);
  const image = new Uint8Array(imageSize(layout, geometry));
  writeImage(layout, formatVersion, image);
  return image;
}

/**
 * Makes sure that there is such a version: programs without types may ask for any.
 *
 * @throws {RangeError} If there is not.
 */
export function assertFormatVersion(formatVersion: FormatVersion): void {
  if (!Object.hasOwn(VERSION_BYTE, formatVersion) || typeof formatVersion !== "number") {
    throw new RangeError(`Cannot use format version "${formatVersion}": it must be 1 or 2`);
  }
}

function assertItems(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    const namespaceProblem = nameFault(item.namespace);
    if (namespaceProblem !== undefined) {
      throw new TypeError(`Cannot encode namespace "${item.namespace}": it ${namespaceProblem}`);
    }
    if (item.type === "namespace") continue;
    const at = `Cannot encode key "${item.key}" of namespace "${item.namespace}"`;
    const keyProblem = nameFault(item.key);
    if (keyProblem !== undefined) throw new TypeError(`${at}: it ${keyProblem}`);
    const name = `${item.namespace}\0${item.key}`;
    if (seen.has(name)) throw new TypeError(`${at}: it occurs twice`);
    seen.add(name);
    assertValue(item, at);
  }
}

function assertValue({ type, value }: Value, at: string): void {
  let rangeProblem: string | undefined;
  if (!isOfType(type, value)) throw new TypeError(`${at}: the value is none of type "${type}"`);
  switch (type) {
    case "blob":
      return;
    case "string":
      if (typeof value !== "string") return;
      if (value.includes("\0")) throw new TypeError(`${at}: the string holds a NUL`);
      if (!value.isWellFormed()) throw new TypeError(`${at}: the string holds half a character`);
      return;
    case "float":
    case "double":
      if (Number.isNaN(value)) throw new TypeError(`${at}: no device takes NaN`);
      if (Number.isFinite(value) && !Number.isFinite(nearestOfNumber(value, type))) {
        rangeProblem = floatingRangeFault(type, `${value}`);
      }
      break;
    default:
      if (typeof value === "number" && !Number.isSafeInteger(value)) {
        throw new TypeError(`${at}: ${value} is not a safe integer; use a bigint`);
      }
      rangeProblem = rangeFault(type, value);
  }
  if (rangeProblem !== undefined) throw new RangeError(`${at}: ${rangeProblem}`);
}

/** Whether it is what the type says: a program without types may give anything. */
function isOfType(type: ValueType, value: unknown): boolean {
  switch (type) {
    case "blob":
      return value instanceof Uint8Array;
    case "string":
      return typeof value === "string" || value instanceof Uint8Array;
    case "float":
    case "double":
      return typeof value === "number";
    default:
      return Object.hasOwn(INTEGER_RANGE, type) &&
        (typeof value === "number" || typeof value === "bigint");
  }
}

/**
 * Makes sure that a layout fits.
 *
 * @throws {PartitionFullError} If it does not.
 */
export function assertFits(layout: Layout, geometry: Geometry): void {
  const usedPages = layout.entriesPerPage.length;
  if (usedPages > geometry.usablePages) {
    throw new PartitionFullError(neededSize(usedPages, geometry.readOnly), geometry.sizeBytes);
  }
}

/** Bytes of the image that a layout becomes. */
export function imageSize(layout: Layout, geometry: Geometry): number {
  return geometry.readOnly ? layout.entriesPerPage.length * PAGE_SIZE : geometry.sizeBytes;
}

/**
 * Writes the image of a layout over all of `image`, which has
 * {@linkcode imageSize} bytes. What was in the buffer before does not matter.
 */
export function writeImage(layout: Layout, formatVersion: FormatVersion, image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  image.fill(0xFF);
  const lastPage = layout.entriesPerPage.length - 1;
  for (const [pageIndex, entryCount] of layout.entriesPerPage.entries()) {
    // The last page in use stays active, even when it is exactly full.
    const state = pageIndex === lastPage ? PAGE_STATE.active : PAGE_STATE.full;
    writePageHeader(image, view, pageIndex, state, formatVersion);
    markWritten(image, pageIndex * PAGE_SIZE + ENTRY_TABLE_OFFSET, entryCount);
  }
  for (const placement of layout.placements) writeEntry(image, view, placement);
}

function writePageHeader(
  image: Uint8Array,
  view: DataView,
  pageIndex: number,
  state: number,
  formatVersion: FormatVersion,
): void {
  const start = pageIndex * PAGE_SIZE;
  view.setUint32(start + PAGE_AT.state, state, LITTLE_ENDIAN);
  view.setUint32(start + PAGE_AT.sequence, pageIndex, LITTLE_ENDIAN);
  view.setUint8(start + PAGE_AT.version, VERSION_BYTE[formatVersion]);
  const crc = pageHeaderCrc32(image, start);
  view.setUint32(start + PAGE_AT.crc32, crc, LITTLE_ENDIAN);
}

/** Four entries that are all written, two bits each. */
const FOUR_WRITTEN = ENTRY_STATE.written * 0b01010101;

function markWritten(image: Uint8Array, tableOffset: number, entryCount: number): void {
  const wholeBytes = entryCount >> 2;
  image.fill(FOUR_WRITTEN, tableOffset, tableOffset + wholeBytes);
  const restBits = (entryCount & 3) * 2;
  if (restBits > 0) {
    const keepEmpty = 0xFF << restBits;
    image[tableOffset + wholeBytes] = (FOUR_WRITTEN & ~keepEmpty) | (0xFF & keepEmpty);
  }
}

function writeEntry(image: Uint8Array, view: DataView, placement: Placement): void {
  const start = entryOffset(placement.pageIndex, placement.entryIndex);
  view.setUint8(start + ENTRY_AT.namespaceIndex, placement.namespaceIndex);
  view.setUint8(start + ENTRY_AT.type, ITEM_TYPE[placement.type]);
  view.setUint8(start + ENTRY_AT.span, placement.span);
  view.setUint8(start + ENTRY_AT.chunkIndex, placement.chunkIndex);
  image.fill(0, start + ENTRY_AT.key, start + ENTRY_AT.key + KEY_FIELD_SIZE);
  putUtf8(placement.key, image, start + ENTRY_AT.key);

  const { content, dataSize } = placement;
  if (typeof content === "string" || content instanceof Uint8Array) {
    const data = start + ENTRY_SIZE;
    if (typeof content === "string") putUtf8(content, image, data);
    else image.set(content, data);
    if (placement.type === "string") image[data + dataSize - 1] = 0;
    writeDataSize(image, view, start, dataSize);
  } else if (typeof content === "object") {
    writeBlobIndex(view, start, content);
  } else {
    writeNumber(view, start + ENTRY_AT.data, placement.type, content);
  }

  const crc = entryHeaderCrc32(image, start);
  view.setUint32(start + ENTRY_AT.crc32, crc, LITTLE_ENDIAN);
}

/** Writes size and checksum of the data that stand behind the header at `start`. */
function writeDataSize(image: Uint8Array, view: DataView, start: number, dataSize: number): void {
  const data = start + ENTRY_SIZE;
  view.setUint16(start + VAR_LENGTH_AT.dataSize, dataSize, LITTLE_ENDIAN);
  const crc = nvsCrc32OfRange(image, data, data + dataSize);
  view.setUint32(start + VAR_LENGTH_AT.dataCrc32, crc, LITTLE_ENDIAN);
}

/** Byte offset in the image of an entry; page and entry count from 0. */
export function entryOffset(pageIndex: number, entryIndex: number): number {
  return pageIndex * PAGE_SIZE + ENTRY_DATA_OFFSET + entryIndex * ENTRY_SIZE;
}

function writeBlobIndex(view: DataView, start: number, index: BlobIndex): void {
  view.setUint32(start + BLOB_INDEX_AT.dataSize, index.dataSize, LITTLE_ENDIAN);
  view.setUint8(start + BLOB_INDEX_AT.chunkCount, index.chunkCount);
  view.setUint8(start + BLOB_INDEX_AT.chunkStart, CHUNK_START.version0);
}

function writeNumber(
  view: DataView,
  at: number,
  type: Placement["type"],
  value: number | bigint,
): void {
  switch (type) {
    case "u8":
      return view.setUint8(at, Number(value));
    case "i8":
      return view.setInt8(at, Number(value));
    case "u16":
      return view.setUint16(at, Number(value), LITTLE_ENDIAN);
    case "i16":
      return view.setInt16(at, Number(value), LITTLE_ENDIAN);
    case "u32":
      return view.setUint32(at, Number(value), LITTLE_ENDIAN);
    case "i32":
      return view.setInt32(at, Number(value), LITTLE_ENDIAN);
    case "u64":
      return view.setBigUint64(at, BigInt(value), LITTLE_ENDIAN);
    case "i64":
      return view.setBigInt64(at, BigInt(value), LITTLE_ENDIAN);
    case "float":
      return view.setFloat32(at, Number(value), LITTLE_ENDIAN);
    case "double":
      return view.setFloat64(at, Number(value), LITTLE_ENDIAN);
    case "string":
    case "blob":
    case "blobData":
    case "blobIdx":
      throw new TypeError(`Cannot encode a number as item type "${type}"`);
    default:
      throw new TypeError(`Cannot encode item type "${type satisfies never}"`);
  }
}

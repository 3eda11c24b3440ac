/**
 * Entry headers as they are stored, and which of them a device accepts. Reads
 * the bytes on its own: nothing here is shared with the encoder but constants
 * and the CRC polynomial.
 *
 * @module
 */

import {
  BLOB_INDEX_AT,
  CHUNK_ANY,
  ENTRY_AT,
  ENTRY_COUNT,
  ENTRY_DATA_OFFSET,
  ENTRY_SIZE,
  ITEM_TYPE,
  type ItemType,
  KEY_FIELD_SIZE,
  LITTLE_ENDIAN,
  MAX_BLOB_SIZE,
  MAX_KEY_BYTES,
  PAGE_SIZE,
  VAR_LENGTH_AT,
} from "./constants.ts";
import { entryHeaderCrc32, nvsCrc32 } from "./crc32.ts";
import { type FindingRule, hexadecimal } from "./findings.ts";
import type { Value } from "./value.ts";

const TYPE_NAMES: readonly (ItemType | undefined)[] = typeNames();

function typeNames(): (ItemType | undefined)[] {
  const names = new Array<ItemType | undefined>(0x100).fill(undefined);
  for (const name of Object.keys(ITEM_TYPE) as ItemType[]) names[ITEM_TYPE[name]] = name;
  return names;
}

/** An image with the view that its numbers are read through. */
export interface ImageBytes {
  bytes: Uint8Array;
  view: DataView;
  /** Of an encrypted image the ciphertext, as it stands on the flash. */
  onFlash?: DataView;
}

/** An entry header that a device accepts. Pages and entries count from 0. */
export interface StoredItem {
  pageIndex: number;
  entryIndex: number;
  /** Byte offset in the image of the header. */
  offset: number;
  namespaceIndex: number;
  type: ItemType;
  /** Entries taken, the header included. */
  span: number;
  chunkIndex: number;
  /** The key for people: text, or escapes if it is not UTF-8. */
  key: string;
  /** The key as the device compares it: bytes up to the NUL, one character each. */
  lookupKey: string;
  /** Whether a search for the key can find the item: nothing but NULs behind the key. */
  findable: boolean;
  /** Bytes of data behind the header; of a blob index: of the whole blob; 0 of a number. */
  dataSize: number;
}

/** What a blob index says besides its size. */
export interface StoredIndex {
  chunkCount: number;
  chunkStart: number;
}

/** What is wrong with an entry header. */
export interface HeaderFault {
  rule: FindingRule;
  message: string;
  stored?: string;
  computed?: string;
}

/** Byte offset in the image of an entry; page and entry count from 0. */
export function offsetOfEntry(pageIndex: number, entryIndex: number): number {
  return pageIndex * PAGE_SIZE + ENTRY_DATA_OFFSET + entryIndex * ENTRY_SIZE;
}

/** Whether data entries follow the header. */
export function hasData(type: ItemType): boolean {
  return type === "string" || type === "blob" || type === "blobData";
}

/** The CRC that the entry header at `offset` should have. */
export function computeHeaderCrc32({ bytes }: ImageBytes, offset: number): number {
  return entryHeaderCrc32(bytes, offset);
}

/** The CRC that the entry header at `offset` has. */
export function storedHeaderCrc32({ view }: ImageBytes, offset: number): number {
  return view.getUint32(offset + ENTRY_AT.crc32, LITTLE_ENDIAN);
}

/** Whether all of an entry is 0xFF. */
export function isBlankEntry({ bytes }: ImageBytes, offset: number): boolean {
  for (let at = offset; at < offset + ENTRY_SIZE; at++) if (bytes[at] !== 0xFF) return false;
  return true;
}

/** Why a device does not accept the header at an entry, or `undefined` if it does. */
export function headerFault(
  image: ImageBytes,
  pageIndex: number,
  entryIndex: number,
): HeaderFault | undefined {
  const offset = offsetOfEntry(pageIndex, entryIndex);
  const stored = storedHeaderCrc32(image, offset);
  const computed = computeHeaderCrc32(image, offset);
  if (stored !== computed) {
    return {
      rule: "entry-header-crc32",
      message: isBlankEntry(image, offset)
        ? "is marked written but blank; a device erases it"
        : "the header does not match its CRC; a device erases the entry",
      stored: hexadecimal(stored, 8),
      computed: hexadecimal(computed, 8),
    };
  }
  const type = storedType(image, offset);
  if (type === undefined) {
    return {
      rule: "entry-type",
      message: "there is no such item type; a device erases the entry",
      stored: hexadecimal(image.bytes[offset + ENTRY_AT.type]!, 2),
    };
  }
  return shapeFault(image, offset, entryIndex, type);
}

/** The type of the header at `offset`; `undefined` if no device knows it. */
export function storedType({ bytes }: ImageBytes, offset: number): ItemType | undefined {
  return TYPE_NAMES[bytes[offset + ENTRY_AT.type]!];
}

/** Why a device does not accept type, span, size and chunk index of a header together. */
export function shapeFault(
  { bytes, view }: ImageBytes,
  offset: number,
  entryIndex: number,
  type: ItemType,
): HeaderFault | undefined {
  const span = bytes[offset + ENTRY_AT.span]!;
  const chunkIndex = bytes[offset + ENTRY_AT.chunkIndex]!;
  const isIndex = type === "blobIdx";
  let expectedSpan = 1;
  let dataSize = 0;
  let limit = 0;
  if (hasData(type)) {
    dataSize = view.getUint16(offset + VAR_LENGTH_AT.dataSize, LITTLE_ENDIAN);
    limit = (ENTRY_COUNT - entryIndex - 1) * ENTRY_SIZE;
    expectedSpan = 1 + Math.ceil(dataSize / ENTRY_SIZE);
  } else if (isIndex) {
    dataSize = view.getUint32(offset + BLOB_INDEX_AT.dataSize, LITTLE_ENDIAN);
    limit = MAX_BLOB_SIZE;
  }
  if (dataSize > limit) {
    return {
      rule: "entry-size",
      message: isIndex
        ? `a blob has at most ${limit} bytes; a device erases the entry`
        : `only ${limit} bytes are left in the page; a device erases the entry`,
      stored: `${dataSize} bytes`,
    };
  }
  if (span !== expectedSpan) {
    return {
      rule: "entry-span",
      message: "the span does not fit the item; a device erases the entry",
      stored: `${span}`,
      computed: `${expectedSpan}`,
    };
  }
  if ((type === "blobData" && chunkIndex === CHUNK_ANY) || (isIndex && chunkIndex !== CHUNK_ANY)) {
    return {
      rule: "entry-chunk-index",
      message: isIndex
        ? `a blob index has chunk index ${CHUNK_ANY}; a device erases the entry`
        : `a blob chunk has an index below ${CHUNK_ANY}; a device erases the entry`,
      stored: `${chunkIndex}`,
    };
  }
  return undefined;
}

/** Reads the header at an entry; `undefined` if a device does not accept it. */
export function readItem(
  image: ImageBytes,
  pageIndex: number,
  entryIndex: number,
): StoredItem | undefined {
  const offset = offsetOfEntry(pageIndex, entryIndex);
  if (storedHeaderCrc32(image, offset) !== computeHeaderCrc32(image, offset)) return undefined;
  const { bytes, view } = image;
  const type = storedType(image, offset);
  if (type === undefined) return undefined;
  if (shapeFault(image, offset, entryIndex, type) !== undefined) return undefined;
  const key = readKey(bytes, offset + ENTRY_AT.key);
  return {
    pageIndex,
    entryIndex,
    offset,
    namespaceIndex: bytes[offset + ENTRY_AT.namespaceIndex]!,
    type,
    span: bytes[offset + ENTRY_AT.span]!,
    chunkIndex: bytes[offset + ENTRY_AT.chunkIndex]!,
    ...key,
    dataSize: hasData(type)
      ? view.getUint16(offset + VAR_LENGTH_AT.dataSize, LITTLE_ENDIAN)
      : type === "blobIdx"
      ? view.getUint32(offset + BLOB_INDEX_AT.dataSize, LITTLE_ENDIAN)
      : 0,
  };
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of these bytes, or `undefined` if they are not UTF-8. */
export function utf8OrUndefined(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The key field that begins at byte `start`. */
export function readKey(
  bytes: Uint8Array,
  start: number,
): Pick<StoredItem, "key" | "lookupKey" | "findable"> {
  let lookupKey = "";
  let isAscii = true;
  let at = 0;
  for (; at < MAX_KEY_BYTES; at++) {
    const byte = bytes[start + at]!;
    if (byte === 0) break;
    if (byte >= 0x80) isAscii = false;
    lookupKey += String.fromCharCode(byte);
  }
  const keyBytes = at;
  let findable = true;
  for (; at < KEY_FIELD_SIZE; at++) if (bytes[start + at] !== 0) findable = false;
  const key = isAscii
    ? lookupKey
    : utf8OrUndefined(bytes.subarray(start, start + keyBytes)) ?? escaped(lookupKey);
  return { key, lookupKey, findable };
}

/** How a byte of a name that is not UTF-8 is shown. */
export const ESCAPED_BYTE = /\\x[0-9a-f]{2}/;

function escaped(bytesAsText: string): string {
  return bytesAsText.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** The chunks that a blob index counts. */
export function readIndex({ bytes }: ImageBytes, item: StoredItem): StoredIndex {
  return {
    chunkCount: bytes[item.offset + BLOB_INDEX_AT.chunkCount]!,
    chunkStart: bytes[item.offset + BLOB_INDEX_AT.chunkStart]!,
  };
}

/** The data behind a header: a view, not a copy. */
export function dataOf({ bytes }: ImageBytes, item: StoredItem): Uint8Array {
  const start = item.offset + ENTRY_SIZE;
  return bytes.subarray(start, start + item.dataSize);
}

/** What the header of a string, blob or chunk says of its data's CRC. */
export function storedDataCrc32({ view }: ImageBytes, item: StoredItem): number {
  return view.getUint32(item.offset + VAR_LENGTH_AT.dataCrc32, LITTLE_ENDIAN);
}

/** Whether the data of a string, blob or chunk match their CRC. */
export function dataHolds(image: ImageBytes, item: StoredItem): boolean {
  return nvsCrc32(dataOf(image, item)) === storedDataCrc32(image, item);
}

/** Value of a number. */
export function numberOf({ view }: ImageBytes, item: StoredItem): Value | undefined {
  const at = item.offset + ENTRY_AT.data;
  const { type } = item;
  switch (type) {
    case "u8":
      return { type, value: BigInt(view.getUint8(at)) };
    case "i8":
      return { type, value: BigInt(view.getInt8(at)) };
    case "u16":
      return { type, value: BigInt(view.getUint16(at, LITTLE_ENDIAN)) };
    case "i16":
      return { type, value: BigInt(view.getInt16(at, LITTLE_ENDIAN)) };
    case "u32":
      return { type, value: BigInt(view.getUint32(at, LITTLE_ENDIAN)) };
    case "i32":
      return { type, value: BigInt(view.getInt32(at, LITTLE_ENDIAN)) };
    case "u64":
      return { type, value: view.getBigUint64(at, LITTLE_ENDIAN) };
    case "i64":
      return { type, value: view.getBigInt64(at, LITTLE_ENDIAN) };
    case "float":
      return { type, value: view.getFloat32(at, LITTLE_ENDIAN) };
    case "double":
      return { type, value: view.getFloat64(at, LITTLE_ENDIAN) };
    case "string":
    case "blob":
    case "blobData":
    case "blobIdx":
      return undefined;
    default:
      throw new TypeError(`Cannot read item type "${type satisfies never}"`);
  }
}

/**
 * Value of a number, a string, or a blob or chunk that one page holds;
 * `undefined` for a blob index, and if the data do not match their CRC.
 */
export function valueOf(image: ImageBytes, item: StoredItem): Value | undefined {
  if (!hasData(item.type)) return numberOf(image, item);
  if (!dataHolds(image, item)) return undefined;
  const data = dataOf(image, item);
  if (item.type !== "string") return { type: "blob", value: data.slice() };
  const text = data.at(-1) === 0 ? data.subarray(0, -1) : data;
  return { type: "string", value: textOrBytes(text) };
}

/** What the data of a string are, without the NUL at their end. */
function textOrBytes(data: Uint8Array): string | Uint8Array {
  const text = utf8OrUndefined(data);
  return text === undefined || text.includes("\0") ? data.slice() : text;
}

/** Bytes that the value of a number takes in the header's data field. */
export function numberSize(type: ItemType): number {
  return ITEM_TYPE[type] & 0x0F;
}

/** Bytes of a header, by their offset in it, that its type leaves 0xFF; `end` is behind the last. */
export function unusedBytes(type: ItemType): { start: number; end: number } {
  if (hasData(type)) return { start: VAR_LENGTH_AT.reserved, end: VAR_LENGTH_AT.dataCrc32 };
  if (type === "blobIdx") return { start: BLOB_INDEX_AT.reserved, end: ENTRY_SIZE };
  return { start: ENTRY_AT.data + numberSize(type), end: ENTRY_SIZE };
}

/**
 * Decides where each item goes: page, entry, span and chunks. All "does it
 * fit" logic is here; nothing is written yet, so the same answer serves the
 * check of a batch and the encoder.
 *
 * The packing is that of Espressif's generator 0.2.0, quirks included, so that
 * images are the same bytes. SPEC.md lists the quirks by the names used here.
 *
 * @module
 */

import {
  CHUNK_ANY,
  CHUNK_MAX_SIZE,
  CHUNK_START,
  ENTRY_COUNT,
  ENTRY_SIZE,
  type FormatVersion,
  type ItemType,
  MAX_BLOB_SIZE,
  MAX_NAMESPACES,
  MAX_SIZE_VERSION_1,
  MIN_WRITABLE_SIZE,
  NAMESPACE_TABLE_INDEX,
  PAGE_SIZE,
} from "./constants.ts";
import type { Item } from "./item.ts";
import { byteSize } from "./utf8.ts";

/** Where one entry header and the data behind it go. Page and entry count from 0. */
export interface Placement {
  pageIndex: number;
  entryIndex: number;
  /** Entries taken, the header included. */
  span: number;
  namespaceIndex: number;
  key: string;
  type: ItemType;
  chunkIndex: number;
  /** What the entry says: a number, a text or bytes that follow it, or how a blob is split. */
  content: number | bigint | string | Uint8Array | BlobIndex;
  /** Bytes that follow the entry, a string's NUL included; 0 for everything else. */
  dataSize: number;
}

/** The content of a blob index entry. */
export interface BlobIndex {
  dataSize: number;
  chunkCount: number;
}

/** The outcome of {@linkcode placeItems}. */
export interface Layout {
  placements: Placement[];
  /** Written entries of each page in use; its length is the number of pages. */
  entriesPerPage: number[];
  /** Entries in use, over all pages. */
  usedEntries: number;
}

/** Thrown when an item is larger than the format allows in any partition. */
export class ItemSizeError extends RangeError {
  /** "ItemSizeError" */
  override name = "ItemSizeError";
  /** The item that does not fit. */
  readonly item: Item;

  /** Makes the error of an item. */
  constructor(item: Item, message: string) {
    super(message);
    this.item = item;
  }
}

/** Where the next entry goes. Used again and again: a batch places millions of items. */
class PageCursor implements Layout {
  readonly entriesPerPage = [0];
  readonly placements: Placement[] = [];
  readonly namespaceIndexes = new Map<string, number>();
  usedEntries = 0;
  /** Placements of earlier layouts, to be filled anew. */
  readonly #pool: Placement[] = [];

  /** Begins another layout; the last one is not valid any more. */
  clear(): void {
    this.entriesPerPage.length = 1;
    this.entriesPerPage[0] = 0;
    this.placements.length = 0;
    this.namespaceIndexes.clear();
    this.usedEntries = 0;
  }

  get pageIndex(): number {
    return this.entriesPerPage.length - 1;
  }

  get entryIndex(): number {
    return this.entriesPerPage[this.pageIndex]!;
  }

  get freeEntries(): number {
    return ENTRY_COUNT - this.entryIndex;
  }

  openPage(): void {
    this.entriesPerPage.push(0);
  }

  put(
    namespaceIndex: number,
    key: string,
    type: ItemType,
    span: number,
    chunkIndex: number,
    content: Placement["content"],
    dataSize = 0,
  ): void {
    const { pageIndex, entryIndex } = this;
    const index = this.placements.length;
    const placement = this.#pool[index] ??= { ...UNPLACED };
    placement.pageIndex = pageIndex;
    placement.entryIndex = entryIndex;
    placement.span = span;
    placement.namespaceIndex = namespaceIndex;
    placement.key = key;
    placement.type = type;
    placement.chunkIndex = chunkIndex;
    placement.content = content;
    placement.dataSize = dataSize;
    this.placements.push(placement);
    this.entriesPerPage[pageIndex] = entryIndex + span;
    this.usedEntries += span;
  }
}

const UNPLACED: Placement = {
  pageIndex: 0,
  entryIndex: 0,
  span: 0,
  namespaceIndex: 0,
  key: "",
  type: "u8",
  chunkIndex: CHUNK_ANY,
  content: 0,
  dataSize: 0,
};

/**
 * Entries that `sizeBytes` of data behind an entry header occupy, the header
 * included.
 */
export function spanOf(sizeBytes: number): number {
  return 1 + Math.ceil(sizeBytes / ENTRY_SIZE);
}

/**
 * Lays out items in the order given. A namespace gets its entry where it is
 * first named.
 *
 * @throws {ItemSizeError} If a string, a blob or the number of namespaces is
 * beyond what a device reads. Keys and number ranges are not looked at.
 */
export function placeItems(items: Iterable<Item>, formatVersion: FormatVersion): Layout {
  return new Placer().place(items, formatVersion);
}

/** Lays out the items of one device after the other, in memory that is used again. */
export class Placer {
  readonly #cursor = new PageCursor();

  /** The same as {@linkcode placeItems}; the layout is valid until the next one. */
  place(items: Iterable<Item>, formatVersion: FormatVersion): Layout {
    const cursor = this.#cursor;
    cursor.clear();
    for (const item of items) {
      const namespaceIndex = cursor.namespaceIndexes.get(item.namespace) ??
        placeNamespace(cursor, item);
      switch (item.type) {
        case "namespace":
          break;
        case "string":
          placeString(cursor, namespaceIndex, item, formatVersion);
          break;
        case "blob":
          if (formatVersion === 1) placeBlobVersion1(cursor, namespaceIndex, item);
          else placeBlobVersion2(cursor, namespaceIndex, item);
          break;
        default:
          if (cursor.freeEntries === 0) cursor.openPage();
          cursor.put(namespaceIndex, item.key, item.type, 1, CHUNK_ANY, item.value);
      }
    }
    return cursor;
  }
}

function placeNamespace(cursor: PageCursor, item: Item): number {
  const { namespaceIndexes } = cursor;
  const namespaceIndex = namespaceIndexes.size + 1;
  if (namespaceIndex > MAX_NAMESPACES) {
    throw new ItemSizeError(
      item,
      `namespace "${item.namespace}" is number ${namespaceIndex}; a partition holds at most ${MAX_NAMESPACES}`,
    );
  }
  namespaceIndexes.set(item.namespace, namespaceIndex);
  if (cursor.freeEntries === 0) cursor.openPage();
  cursor.put(NAMESPACE_TABLE_INDEX, item.namespace, "u8", 1, CHUNK_ANY, namespaceIndex);
  return namespaceIndex;
}

/**
 * Quirk `exact-end-moves`: a string or a version 1 blob that would end exactly
 * at its page's end goes to the next page. On a fresh page it may end there:
 * the generator fails on those, a device reads them.
 */
function openPageForWhole(cursor: PageCursor, span: number): void {
  if (cursor.entryIndex > 0 && span >= cursor.freeEntries) cursor.openPage();
}

function placeString(
  cursor: PageCursor,
  namespaceIndex: number,
  item: Extract<Item, { type: "string" }>,
  formatVersion: FormatVersion,
): void {
  const sizeBytes = byteSize(item.value) + 1;
  const limit = formatVersion === 1 ? MAX_SIZE_VERSION_1 : CHUNK_MAX_SIZE;
  if (sizeBytes > limit) {
    const version1Hint = sizeBytes <= CHUNK_MAX_SIZE
      ? ` in version 1 (${CHUNK_MAX_SIZE} in 2)`
      : "";
    throw new ItemSizeError(
      item,
      `the string takes ${sizeBytes} bytes with its NUL; at most ${limit} fit${version1Hint}`,
    );
  }
  const span = spanOf(sizeBytes);
  openPageForWhole(cursor, span);
  cursor.put(namespaceIndex, item.key, "string", span, CHUNK_ANY, item.value, sizeBytes);
}

function placeBlobVersion1(
  cursor: PageCursor,
  namespaceIndex: number,
  item: Extract<Item, { type: "blob" }>,
): void {
  const sizeBytes = item.value.length;
  if (sizeBytes > MAX_SIZE_VERSION_1) {
    throw new ItemSizeError(
      item,
      `the blob has ${sizeBytes} bytes; at most ${MAX_SIZE_VERSION_1} fit in version 1 (${MAX_BLOB_SIZE} in 2)`,
    );
  }
  const span = spanOf(sizeBytes);
  openPageForWhole(cursor, span);
  cursor.put(namespaceIndex, item.key, "blob", span, CHUNK_ANY, item.value, sizeBytes);
}

/**
 * Quirk `split-anywhere`: the first chunk takes what is left of the page, even
 * nothing at entry 125. Quirk `early-page`: after a chunk that leaves less than
 * an entry of room for data, a page is opened at once, before the index.
 */
function placeBlobVersion2(
  cursor: PageCursor,
  namespaceIndex: number,
  item: Extract<Item, { type: "blob" }>,
): void {
  const dataSize = item.value.length;
  if (dataSize > MAX_BLOB_SIZE) {
    throw new ItemSizeError(
      item,
      `the blob has ${dataSize} bytes; a device keeps at most ${MAX_BLOB_SIZE}`,
    );
  }
  if (cursor.freeEntries === 0) cursor.openPage();
  let chunkCount = 0;
  let offset = 0;
  do {
    const tailroom = (cursor.freeEntries - 1) * ENTRY_SIZE;
    const chunkSize = Math.min(tailroom, dataSize - offset);
    cursor.put(
      namespaceIndex,
      item.key,
      "blobData",
      spanOf(chunkSize),
      CHUNK_START.version0 + chunkCount,
      item.value.subarray(offset, offset + chunkSize),
      chunkSize,
    );
    chunkCount++;
    offset += chunkSize;
    if (offset < dataSize || tailroom - chunkSize < ENTRY_SIZE) cursor.openPage();
  } while (offset < dataSize);
  cursor.put(namespaceIndex, item.key, "blobIdx", 1, CHUNK_ANY, { dataSize, chunkCount });
}

/** What a partition's size allows. */
export interface Geometry {
  sizeBytes: number;
  /** Too small for a device to write to: no reserved page, the image ends with the last used page. */
  readOnly: boolean;
  /** Pages that may hold entries. */
  usablePages: number;
}

/**
 * What fits a partition of `sizeBytes`.
 *
 * @throws {RangeError} If the size is not a positive multiple of 4096.
 */
export function geometryOf(sizeBytes: number): Geometry {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < PAGE_SIZE || sizeBytes % PAGE_SIZE !== 0) {
    throw new RangeError(
      `Cannot use a partition size of ${sizeBytes} bytes: it must be a multiple of ${PAGE_SIZE}`,
    );
  }
  const pages = sizeBytes / PAGE_SIZE;
  const readOnly = sizeBytes < MIN_WRITABLE_SIZE;
  return { sizeBytes, readOnly, usablePages: readOnly ? pages : pages - 1 };
}

/** Bytes of the smallest partition of the same kind (read-only or not) that holds `usedPages`. */
export function neededSize(usedPages: number, readOnly: boolean): number {
  const readOnlySize = usedPages * PAGE_SIZE;
  if (readOnly && readOnlySize < MIN_WRITABLE_SIZE) return readOnlySize;
  return Math.max(readOnlySize + PAGE_SIZE, MIN_WRITABLE_SIZE);
}

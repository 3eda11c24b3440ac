/**
 * What an image's entries say about whether they are plain: headers that
 * match their CRC, and bytes that resemble a header though they do not.
 *
 * @module
 */

import {
  CHUNK_ANY,
  ENTRY_AT,
  ENTRY_COUNT,
  ENTRY_DATA_OFFSET,
  ENTRY_SIZE,
  KEY_FIELD_SIZE,
  PAGE_SIZE,
} from "./constants.ts";
import {
  computeHeaderCrc32,
  type ImageBytes,
  isBlankEntry,
  offsetOfEntry,
  shapeFault,
  storedHeaderCrc32,
  storedType,
  unusedBytes,
  utf8OrUndefined,
} from "./decode_items.ts";
import { isInUse, pageStateAt } from "./decode_page.ts";

/**
 * Counts over the filled entries of the pages in use, written and erased ones
 * alike: a device leaves the bytes of an erased entry where they are.
 */
export interface HeaderEvidence {
  /** Entries that are not all 0xFF. */
  filled: number;
  /**
   * Headers that match their CRC, of a known type, with a span that fits the
   * page. Data behind such a header are not looked at: they may hold anything,
   * another NVS image too. Random bytes match once in 3.1e11 entries.
   */
  matching: number;
  /** Filled entries that belong to matching headers: the headers and what is in their spans. */
  explained: number;
  /**
   * Unexplained entries that may be ciphertext: no byte value fills half of
   * them. The others were never encrypted as a whole; flash has bits that
   * flip, and a write that lost its power ends in 0xFF.
   */
  opaque: number;
  /** Sum of {@linkcode resemblancesAt} over the unexplained entries. */
  resembling: number;
}

/**
 * Counts what speaks for an image being plain. An image that is not whole
 * pages is looked at up to its last whole page.
 *
 * @param stored The image before it was decrypted, if it was: it says which
 * entries are filled, as encrypted data may be 0xFF in clear.
 */
export function headerEvidence(bytes: Uint8Array, stored: Uint8Array = bytes): HeaderEvidence {
  const image = withView(bytes);
  const storedImage = stored === bytes ? image : withView(stored);
  const evidence = { filled: 0, opaque: 0, matching: 0, explained: 0, resembling: 0 };
  for (let page = 0; (page + 1) * PAGE_SIZE <= bytes.length; page++) {
    if (!isInUse(pageStateAt(image, page))) continue;
    let explainedEnd = 0;
    for (let entry = 0; entry < ENTRY_COUNT; entry++) {
      const offset = offsetOfEntry(page, entry);
      if (isBlankEntry(storedImage, offset)) continue;
      evidence.filled++;
      if (entry >= explainedEnd && matchesAt(image, offset, entry)) {
        evidence.matching++;
        explainedEnd = entry + bytes[offset + ENTRY_AT.span]!;
      }
      if (entry < explainedEnd) {
        evidence.explained++;
        continue;
      }
      if (isOpaque(bytes, offset)) evidence.opaque++;
      evidence.resembling += resemblancesAt(image, page, entry);
    }
  }
  return evidence;
}

/**
 * Byte offsets of the entries that {@linkcode HeaderEvidence.filled} counts,
 * those nearest to the beginning of their pages first: a page begins with a
 * header, and further in more entries are data.
 */
export function filledEntries(bytes: Uint8Array): number[] {
  const image = withView(bytes);
  const pages: number[] = [];
  for (let page = 0; (page + 1) * PAGE_SIZE <= bytes.length; page++) {
    if (isInUse(pageStateAt(image, page))) pages.push(page);
  }
  const offsets: number[] = [];
  for (let entry = 0; entry < ENTRY_COUNT; entry++) {
    for (const page of pages) {
      const offset = offsetOfEntry(page, entry);
      if (!isBlankEntry(image, offset)) offsets.push(offset);
    }
  }
  return offsets;
}

/**
 * Whether at least one entry is a header that {@linkcode HeaderEvidence.matching} counts.
 *
 * @param entries The entries, one behind the other.
 * @param offsets Byte offset of each in the image.
 */
export function hasMatchingHeader(entries: Uint8Array, offsets: readonly number[]): boolean {
  const image = withView(entries);
  return offsets.some((offset, index) => {
    const entryIndex = (offset % PAGE_SIZE - ENTRY_DATA_OFFSET) / ENTRY_SIZE;
    return matchesAt(image, index * ENTRY_SIZE, entryIndex);
  });
}

function withView(bytes: Uint8Array): ImageBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function matchesAt(image: ImageBytes, offset: number, entryIndex: number): boolean {
  if (storedType(image, offset) === undefined) return false;
  const span = image.bytes[offset + ENTRY_AT.span]!;
  return span >= 1 && span <= ENTRY_COUNT - entryIndex &&
    storedHeaderCrc32(image, offset) === computeHeaderCrc32(image, offset);
}

const counts = new Uint8Array(0x100);

function isOpaque(bytes: Uint8Array, offset: number): boolean {
  counts.fill(0);
  for (let at = offset; at < offset + ENTRY_SIZE; at++) {
    if (++counts[bytes[at]!]! >= ENTRY_SIZE / 2) return false;
  }
  return true;
}

/** NULs behind a key that are a resemblance of their own. */
const MIN_PADDING = 4;
/** Unused bytes that are one, where the chunk index is fixed too. */
const MIN_UNUSED = 2;

/**
 * In how many ways the bytes of an entry resemble a header, whatever their CRC
 * says: 0 to 4. The ways are independent of each other and of the value, so a
 * header with a damaged byte keeps half of them.
 *
 * 1. Type, span, data size, chunk index and unused bytes fit together and the
 *    page: random bytes do once in 5,600,000 entries (an i64, u64 or double,
 *    mostly, of which only type, span and chunk index are checked).
 * 2. At least two of those unused bytes are there, and no blob chunk's free
 *    choice of chunk index: once in 18,000,000,000,000.
 * 3. The key field holds UTF-8 without control characters, of 1 to 15 bytes,
 *    and NULs behind it: once in 41,000,000.
 * 4. At least four of those NULs are there: once in 66,000,000,000,000.
 */
export function resemblancesAt(image: ImageBytes, pageIndex: number, entryIndex: number): number {
  const offset = offsetOfEntry(pageIndex, entryIndex);
  return shapeResemblances(image, offset, entryIndex) + keyResemblances(image.bytes, offset);
}

function shapeResemblances(image: ImageBytes, offset: number, entryIndex: number): 0 | 1 | 2 {
  const type = storedType(image, offset);
  if (type === undefined) return 0;
  const isChunk = type === "blobData";
  if (!isChunk && image.bytes[offset + ENTRY_AT.chunkIndex] !== CHUNK_ANY) return 0;
  if (shapeFault(image, offset, entryIndex, type) !== undefined) return 0;
  const { start, end } = unusedBytes(type);
  for (let at = start; at < end; at++) if (image.bytes[offset + at] !== 0xFF) return 0;
  return end - start >= MIN_UNUSED && !isChunk ? 2 : 1;
}

function keyResemblances(bytes: Uint8Array, offset: number): 0 | 1 | 2 {
  const start = offset + ENTRY_AT.key;
  const end = start + KEY_FIELD_SIZE;
  let keyEnd = end;
  while (keyEnd > start && bytes[keyEnd - 1] === 0) keyEnd--;
  if (keyEnd === start || keyEnd === end) return 0;
  for (let at = start; at < keyEnd; at++) if (bytes[at]! < 0x20 || bytes[at] === 0x7F) return 0;
  if (utf8OrUndefined(bytes.subarray(start, keyEnd)) === undefined) return 0;
  return end - keyEnd >= MIN_PADDING ? 2 : 1;
}

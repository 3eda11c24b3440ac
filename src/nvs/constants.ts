/**
 * Every number of the NVS on-flash format, once, under the name that ESP-IDF's
 * NVS library and documentation use. SPEC.md has a heading for each.
 *
 * @module
 */

/** Bytes in a page, the unit that flash erases. */
export const PAGE_SIZE = 4096;
/** Bytes in an entry, the slot that pages are divided into. */
export const ENTRY_SIZE = 32;
/** Entries in a page, counted 0 to 125; the other 64 bytes are header and entry state bitmap. */
export const ENTRY_COUNT = 126;
/** Byte offset of the entry state bitmap in a page. */
export const ENTRY_TABLE_OFFSET = 32;
/** Byte offset of entry 0 in a page. */
export const ENTRY_DATA_OFFSET = 64;

/** States of a page, the first word of its header. Each next state only clears bits. */
export const PAGE_STATE = {
  uninitialized: 0xFFFFFFFF,
  active: 0xFFFFFFFE,
  full: 0xFFFFFFFC,
  freeing: 0xFFFFFFF8,
  corrupt: 0xFFFFFFF0,
} as const satisfies Record<PageState, number>;
/** Name of a page state, as Espressif's library has them. */
export type PageState = "uninitialized" | "active" | "full" | "freeing" | "corrupt";

/** States of an entry: two bits each in the entry state bitmap, lowest bits first. */
export const ENTRY_STATE = {
  empty: 0b11,
  written: 0b10,
  erased: 0b00,
  /** Writing never produces this one: flash can only clear the written bit first. */
  illegal: 0b01,
} as const;
/** Name of an entry state, as {@linkcode ENTRY_STATE} lists them. */
export type EntryState = keyof typeof ENTRY_STATE;

/** Byte offsets of the fields of a page header. */
export const PAGE_AT = { state: 0, sequence: 4, version: 8, crc32: 28 } as const;
/** Bytes of a page header under its checksum: the sequence number up to the CRC field. */
export const PAGE_CRC_RANGE = { start: 4, end: 28 } as const;

/** Byte offsets of the fields of an entry header. */
export const ENTRY_AT = {
  namespaceIndex: 0,
  type: 1,
  span: 2,
  chunkIndex: 3,
  crc32: 4,
  key: 8,
  data: 24,
} as const;
/** Byte offsets, in an entry header, of the fields of a string, version 1 blob or blob chunk. */
export const VAR_LENGTH_AT = { dataSize: 24, reserved: 26, dataCrc32: 28 } as const;
/** Byte offsets, in an entry header, of the fields of a blob index. */
export const BLOB_INDEX_AT = {
  dataSize: 24,
  chunkCount: 28,
  chunkStart: 29,
  reserved: 30,
} as const;

/**
 * Item types as stored. Of a number, the low nibble is the width in bytes; of
 * an integer, bit 4 is the sign.
 */
export const ITEM_TYPE = {
  u8: 0x01,
  i8: 0x11,
  u16: 0x02,
  i16: 0x12,
  u32: 0x04,
  i32: 0x14,
  u64: 0x08,
  i64: 0x18,
  float: 0x24,
  double: 0x28,
  /** A string with its NUL; `SZ` to the device's library, `str` to its calls. */
  string: 0x21,
  /** A blob of format version 1: one page holds all of it. */
  blob: 0x41,
  /** A chunk of a version 2 blob. */
  blobData: 0x42,
  /** The index of a version 2 blob: how many chunks, how many bytes. */
  blobIdx: 0x48,
} as const;
/** Name of an item type, as {@linkcode ITEM_TYPE} lists them. */
export type ItemType = keyof typeof ITEM_TYPE;

/** Chunk index of every item that is not a blob chunk. */
export const CHUNK_ANY = 0xFF;
/** First chunk index of a blob: an update writes its chunks from the other one. */
export const CHUNK_START = { version0: 0x00, version1: 0x80 } as const;

/** Namespace index of the entries that name the namespaces. */
export const NAMESPACE_TABLE_INDEX = 0;
/** Highest namespace index; 255 means "any" to the device. */
export const MAX_NAMESPACES = 254;
/** Bytes of the key field, its NUL included. */
export const KEY_FIELD_SIZE = 16;
/** Bytes that a key or a namespace's name may have. */
export const MAX_KEY_BYTES = KEY_FIELD_SIZE - 1;

/** Bytes of payload in one page: the most that a string (with its NUL) or a blob chunk may have. */
export const CHUNK_MAX_SIZE = ENTRY_SIZE * (ENTRY_COUNT - 1);
/** Bytes that a string (with its NUL) or a blob may have in format version 1. */
export const MAX_SIZE_VERSION_1 = 1984;
/** Chunks of which a device accepts one blob's total size. */
export const MAX_FULL_CHUNKS = 127;
/** Bytes that a version 2 blob may have; the device erases a larger one when it starts. */
export const MAX_BLOB_SIZE = MAX_FULL_CHUNKS * CHUNK_MAX_SIZE;

/** Version byte of a page header by blob format version. */
export const VERSION_BYTE: Readonly<Record<FormatVersion, number>> = { 1: 0xFF, 2: 0xFE };
/** Blob format version: 1 keeps a blob in one page, 2 splits it into chunks. */
export type FormatVersion = 1 | 2;

/** Bytes of the smallest partition that a device can write to: two pages and the reserved one. */
export const MIN_WRITABLE_SIZE = 3 * PAGE_SIZE;

/** Bytes of the largest image: the flash of no ESP32 is larger. */
export const MAX_IMAGE_BYTES = 128 * 1024 * 1024;

/** All numbers in an image are little-endian. */
export const LITTLE_ENDIAN = true;

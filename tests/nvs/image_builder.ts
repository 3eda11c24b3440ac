/**
 * Writes images by hand, entry by entry, so that they can be wrong in any way
 * that the encoder never is. Checksums are right unless a test spoils them.
 *
 * @module
 */

import {
  BLOB_INDEX_AT,
  CHUNK_ANY,
  ENTRY_AT,
  ENTRY_DATA_OFFSET,
  ENTRY_SIZE,
  ENTRY_STATE,
  ENTRY_TABLE_OFFSET,
  type EntryState,
  ITEM_TYPE,
  type ItemType,
  PAGE_AT,
  PAGE_SIZE,
  PAGE_STATE,
  type PageState,
  VAR_LENGTH_AT,
} from "../../src/nvs/constants.ts";
import { nvsCrc32 } from "../../src/nvs/crc32.ts";

/** Where an item begins, and whose it is. */
export interface ItemAt {
  page?: number;
  entry: number;
  namespaceIndex?: number;
  key: string;
  chunkIndex?: number;
}

const utf8 = new TextEncoder();

/** An image under construction; pages are blank until {@linkcode ImageBuilder.page} opens them. */
export class ImageBuilder {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(pageCount: number) {
    this.bytes = new Uint8Array(pageCount * PAGE_SIZE).fill(0xFF);
    this.view = new DataView(this.bytes.buffer);
  }

  page(page: number, state: PageState, sequence = page, versionByte = 0xFE): this {
    const start = page * PAGE_SIZE;
    this.view.setUint32(start + PAGE_AT.state, PAGE_STATE[state], true);
    this.view.setUint32(start + PAGE_AT.sequence, sequence, true);
    this.view.setUint8(start + PAGE_AT.version, versionByte);
    return this.sealPage(page);
  }

  /** Computes a page header's CRC anew. */
  sealPage(page: number): this {
    const start = page * PAGE_SIZE;
    const crc = nvsCrc32(this.bytes.subarray(start + PAGE_AT.sequence, start + PAGE_AT.crc32));
    this.view.setUint32(start + PAGE_AT.crc32, crc, true);
    return this;
  }

  namespace(at: Omit<ItemAt, "namespaceIndex">, index: number): this {
    return this.number({ ...at, namespaceIndex: 0 }, "u8", index);
  }

  number(at: ItemAt, type: ItemType, value: number): this {
    const width = ITEM_TYPE[type] & 0x0F;
    const data = new Uint8Array(8).fill(0xFF);
    for (let byte = 0; byte < width; byte++) data[byte] = Math.floor(value / 2 ** (8 * byte));
    return this.header(at, type, 1, data);
  }

  text(at: ItemAt, value: string): this {
    return this.data(at, "string", utf8.encode(`${value}\0`));
  }

  data(at: ItemAt, type: "string" | "blob" | "blobData", value: Uint8Array): this {
    const { page = 0, entry } = at;
    const span = 1 + Math.ceil(value.length / ENTRY_SIZE);
    const field = new Uint8Array(8).fill(0xFF);
    const view = new DataView(field.buffer);
    view.setUint16(VAR_LENGTH_AT.dataSize - ENTRY_AT.data, value.length, true);
    view.setUint32(VAR_LENGTH_AT.dataCrc32 - ENTRY_AT.data, nvsCrc32(value), true);
    this.bytes.set(value, this.offset(page, entry) + ENTRY_SIZE);
    for (let next = entry; next < entry + span; next++) this.state(page, next, "written");
    return this.header(at, type, span, field);
  }

  index(at: ItemAt, dataSize: number, chunkCount: number, chunkStart: number): this {
    const field = new Uint8Array(8).fill(0xFF);
    new DataView(field.buffer).setUint32(0, dataSize, true);
    field[BLOB_INDEX_AT.chunkCount - ENTRY_AT.data] = chunkCount;
    field[BLOB_INDEX_AT.chunkStart - ENTRY_AT.data] = chunkStart;
    return this.header(at, "blobIdx", 1, field);
  }

  header(at: ItemAt, type: ItemType, span: number, data: Uint8Array): this {
    const { page = 0, entry, namespaceIndex = 1, chunkIndex = CHUNK_ANY, key } = at;
    const offset = this.offset(page, entry);
    this.bytes.set([namespaceIndex, ITEM_TYPE[type], span, chunkIndex], offset);
    this.bytes.fill(0, offset + ENTRY_AT.key, offset + ENTRY_AT.data);
    this.bytes.set(utf8.encode(key), offset + ENTRY_AT.key);
    this.bytes.set(data, offset + ENTRY_AT.data);
    return this.state(page, entry, "written").sealEntry(page, entry);
  }

  /** Computes an entry header's CRC anew. */
  sealEntry(page: number, entry: number): this {
    const header = this.bytes.subarray(this.offset(page, entry));
    const beforeCrc = nvsCrc32(header.subarray(0, ENTRY_AT.crc32));
    const crc = nvsCrc32(header.subarray(ENTRY_AT.key, ENTRY_SIZE), beforeCrc);
    this.view.setUint32(this.offset(page, entry) + ENTRY_AT.crc32, crc, true);
    return this;
  }

  /** Sets a byte of an entry header, and its CRC to match. */
  patch(page: number, entry: number, at: number, byte: number): this {
    this.bytes[this.offset(page, entry) + at] = byte;
    return this.sealEntry(page, entry);
  }

  state(page: number, entry: number, state: EntryState): this {
    const at = page * PAGE_SIZE + ENTRY_TABLE_OFFSET + (entry >> 2);
    const shift = (entry & 3) * 2;
    this.bytes[at] = (this.bytes[at]! & ~(0b11 << shift)) | (ENTRY_STATE[state] << shift);
    return this;
  }

  /** Byte offset of an entry. */
  offset(page: number, entry: number): number {
    return page * PAGE_SIZE + ENTRY_DATA_OFFSET + entry * ENTRY_SIZE;
  }
}

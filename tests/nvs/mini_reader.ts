/**
 * A small reader of NVS images, written from the format's description and
 * sharing no code with `src/`: the second opinion on what the encoder wrote.
 * It throws at the first thing that the encoder should not have written.
 *
 * @module
 */

import { crc32 } from "node:zlib";

const PAGE = 4096;
const ENTRIES = 126;

/** What the image says under one key. */
export interface ReadItem {
  namespace: string;
  key: string;
  /** The type code of the header; a version 2 blob has that of its index, 0x48. */
  type: number;
  value: bigint | number | string | Uint8Array;
}

/** A page in use, with (entry, span, type) of each header. */
export interface ReadPage {
  state: number;
  version: number;
  headers: [entry: number, span: number, type: number][];
}

/** Reads a whole image, checking every checksum, span and unused byte on the way. */
export function readImage(image: Uint8Array) {
  const namespaces = new Map<number, string>();
  const items: (ReadItem & { index: number })[] = [];
  const chunks = new Map<string, Uint8Array>();
  const pages: ReadPage[] = [];
  check(image.length % PAGE === 0, "whole pages");

  for (let start = 0; start < image.length; start += PAGE) {
    const page = image.subarray(start, start + PAGE);
    const view = new DataView(page.buffer, page.byteOffset, PAGE);
    const state = view.getUint32(0, true);
    if (state === 0xFFFFFFFF) {
      check(isBlank(page), "an unused page is all 0xFF");
      continue;
    }
    check(view.getUint32(4, true) === pages.length, "sequence numbers count the pages");
    check(view.getUint32(28, true) === crc(page.subarray(4, 28)), "page header CRC");
    const headers: ReadPage["headers"] = [];
    pages.push({ state, version: page[8]!, headers });

    let entry = 0;
    for (let span = 0; entry < ENTRIES && entryState(page, entry) === 0b10; entry += span) {
      const at = 64 + entry * 32;
      const header = page.subarray(at, at + 32);
      const index = header[0]!, type = header[1]!, chunk = header[3]!;
      span = header[2]!;
      const headerCrc = crc(header.subarray(8), crc(header.subarray(0, 4)));
      check(view.getUint32(at + 4, true) === headerCrc, "entry header CRC");
      check(span >= 1 && entry + span <= ENTRIES, "an entry stays in its page");
      for (let i = entry; i < entry + span; i++) check(entryState(page, i) === 0b10, "written");
      check(type === 0x42 || chunk === 0xFF, "only blob chunks have a chunk index");
      headers.push([entry, span, type]);

      const key = text(header.subarray(8, 24));
      const data = () => {
        const size = view.getUint16(at + 24, true);
        const bytes = page.slice(at + 32, at + 32 + size);
        check(span === 1 + Math.ceil(size / 32), "span of the data");
        check(view.getUint32(at + 28, true) === crc(bytes), "data CRC");
        check(view.getUint16(at + 26, true) === 0xFFFF, "reserved bytes");
        check(isBlank(page.subarray(at + 32 + size, at + span * 32)), "filler");
        return bytes;
      };
      const blob = () => {
        const found: number[] = [];
        for (let i = 0; i < header[28]!; i++) {
          found.push(...chunks.get(`${index}/${key}/${i}`)!);
          chunks.delete(`${index}/${key}/${i}`);
        }
        check(found.length === view.getUint32(at + 24, true), "the index has the blob's size");
        check(header[29] === 0 && view.getUint16(at + 30, true) === 0xFFFF, "blob index");
        return Uint8Array.from(found);
      };
      const push = (value: ReadItem["value"]) =>
        items.push({ namespace: "", index, key, type, value });

      if (index === 0) namespaces.set(Number(integer(view, at + 24, type)), key);
      else if (type === 0x42) chunks.set(`${index}/${key}/${chunk}`, data());
      else if (type === 0x48) push(blob());
      else if (type === 0x41) push(data());
      else if (type === 0x21) push(text(data()));
      else if (type === 0x24 || type === 0x28) push(real(view, at + 24, type));
      else push(integer(view, at + 24, type));
    }
    check(isBlank(page.subarray(64 + entry * 32)), "behind the last entry all is empty");
    for (; entry < 128; entry++) check(entryState(page, entry) === 0b11, "and not written");
  }
  check(chunks.size === 0, "each chunk belongs to an index");
  return {
    namespaces: [...namespaces].sort(([a], [b]) => a - b).map(([, name]) => name),
    items: items.map(({ index, ...item }) => ({ ...item, namespace: namespaces.get(index)! })),
    pages,
  };
}

const isBlank = (bytes: Uint8Array) => bytes.every((byte) => byte === 0xFF);
const crc = (bytes: Uint8Array, seed = 0xFFFFFFFF) => crc32(bytes, seed) >>> 0;
const entryState = (page: Uint8Array, entry: number) =>
  page[32 + (entry >> 2)]! >> (entry & 3) * 2 & 3;

/** Text up to its NUL, which has to be there, with nothing but NULs behind it. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  check(end >= 0 && bytes.subarray(end).every((byte) => byte === 0), "a NUL ends a text");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
}

function integer(view: DataView, at: number, type: number): bigint {
  const width = type & 0x0F;
  let value = 0n;
  for (let i = 7; i >= 0; i--) {
    const byte = view.getUint8(at + i);
    if (i < width) value = value << 8n | BigInt(byte);
    else check(byte === 0xFF, "unused data bytes");
  }
  return type & 0x10 ? BigInt.asIntN(width * 8, value) : value;
}

function real(view: DataView, at: number, type: number): number {
  const unused = new Uint8Array(view.buffer, view.byteOffset + at, 8).subarray(type & 0x0F);
  check(isBlank(unused), "unused data bytes");
  return type === 0x24 ? view.getFloat32(at, true) : view.getFloat64(at, true);
}

function check(condition: boolean, rule: string): void {
  if (!condition) throw new Error(`Cannot read the image: it breaks the rule "${rule}"`);
}

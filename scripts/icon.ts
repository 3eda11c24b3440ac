/**
 * Draws the executable's icon: a chip, and on it a page of entries of which
 * some are written.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { crc32, deflateSync } from "node:zlib";

/** Pixels of a side: the largest that the format has. */
const SIDE = 256;

type Colour = readonly [red: number, green: number, blue: number, alpha: number];
const CLEAR: Colour = [0, 0, 0, 0];
const PIN: Colour = [0x8a, 0x93, 0x9c, 0xff];
const BODY: Colour = [0x22, 0x2b, 0x36, 0xff];
const WRITTEN: Colour = [0x2f, 0xb3, 0x7c, 0xff];
const EMPTY: Colour = [0x4a, 0x57, 0x66, 0xff];

/** The picture has this many cells a side. */
const CELLS = 16;
/** Cells of the pins along a side. */
const isPin = (along: number) => along % 3 === 0 && along >= 3 && along <= 12;
/** Entries are two cells wide, with a cell between. */
const ENTRY_STARTS = [4, 7, 10];
/** How many entries are written, from the first. */
const WRITTEN_ENTRIES = 5;

function colourAt(x: number, y: number): Colour {
  const isInside = (at: number) => at >= 2 && at <= 13;
  if (!isInside(x) || !isInside(y)) {
    const isAtEdge = (at: number) => at === 1 || at === 14;
    const hasPin = (isAtEdge(x) && isPin(y)) || (isAtEdge(y) && isPin(x));
    return hasPin ? PIN : CLEAR;
  }
  const column = ENTRY_STARTS.findIndex((start) => x === start || x === start + 1);
  const row = ENTRY_STARTS.findIndex((start) => y === start || y === start + 1);
  if (column < 0 || row < 0) return BODY;
  return row * ENTRY_STARTS.length + column < WRITTEN_ENTRIES ? WRITTEN : EMPTY;
}

const BIG_ENDIAN = false;
const LITTLE_ENDIAN = true;
const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const PNG_BITS_PER_CHANNEL = 8;
const PNG_RGBA = 6;

/** The picture as a PNG file. */
function iconPng(): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, SIDE, BIG_ENDIAN);
  view.setUint32(4, SIDE, BIG_ENDIAN);
  header.set([PNG_BITS_PER_CHANNEL, PNG_RGBA], 8);

  const cell = (pixel: number) => Math.floor(pixel * CELLS / SIDE);
  const rows: number[] = [];
  for (let y = 0; y < SIDE; y++) {
    rows.push(0); // the row is not filtered
    for (let x = 0; x < SIDE; x++) rows.push(...colourAt(cell(x), cell(y)));
  }
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Uint8Array.from(rows), { level: 9 })),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length, BIG_ENDIAN);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)), BIG_ENDIAN);
  return chunk;
}

const ICO_HEAD_BYTES = 22;
const ICO_TYPE_ICON = 1;

/** The icon as an `.ico` file of one picture, which the compiler makes smaller ones of. */
export function iconFile(): Uint8Array<ArrayBuffer> {
  const picture = iconPng();
  const head = new Uint8Array(ICO_HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint16(2, ICO_TYPE_ICON, LITTLE_ENDIAN);
  view.setUint16(4, 1, LITTLE_ENDIAN); // pictures
  head.set([SIDE % 256, SIDE % 256], 6); // 0 stands for 256
  view.setUint16(10, 1, LITTLE_ENDIAN); // colour planes
  view.setUint16(12, 32, LITTLE_ENDIAN); // bits of a pixel
  view.setUint32(14, picture.length, LITTLE_ENDIAN);
  view.setUint32(18, head.length, LITTLE_ENDIAN);
  return Buffer.concat([head, picture]);
}

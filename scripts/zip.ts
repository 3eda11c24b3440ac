/**
 * Writes zip archives that are the same bytes whenever their contents are.
 *
 * Every entry has the same time, entries are sorted by path, and nothing of the
 * machine gets in. Unix modes are kept, so executables stay executable.
 * Format: PKWARE's APPNOTE.TXT 6.3, without Zip64 and encryption.
 *
 * @module
 */

import { crc32, deflateRawSync } from "node:zlib";

/** A file for an archive. */
export interface ZipEntry {
  /** Path in the archive, with `/`; no folder above it. */
  path: string;
  data: Uint8Array;
  /** Whether it is a program: mode 0755 instead of 0644. */
  isExecutable?: boolean;
}

const SIGNATURE = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
/** Bytes of each record before its name. */
const SIZE = { local: 30, central: 46, end: 22 } as const;

/** Fields that the local and the central header share, from the version on. */
const SHARED = {
  version: 0,
  flags: 2,
  method: 4,
  time: 6,
  date: 8,
  crc32: 10,
  packedSize: 14,
  size: 18,
  nameSize: 22,
} as const;
const LOCAL_SHARED = 4;
const CENTRAL_SHARED = 6;
const CENTRAL = { madeBy: 4, externalAttributes: 38, localOffset: 42 } as const;
const END = { entriesHere: 8, entries: 10, centralSize: 12, centralOffset: 16 } as const;

const VERSION_DEFLATE = 20;
const MADE_ON_UNIX = 3 << 8;
const FLAG_UTF8_NAMES = 1 << 11;
const METHOD = { stored: 0, deflated: 8 } as const;
/** 1 January 1980, the earliest day that the format has. */
const DATE_1980_01_01 = (1 << 5) | 1;
const MODE_REGULAR_FILE = 0o100000;
const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffffffff;
const LITTLE_ENDIAN = true;

interface Packed {
  name: Uint8Array;
  mode: number;
  crc32: number;
  method: number;
  sizeBytes: number;
  data: Uint8Array;
}

/**
 * Makes a zip archive.
 *
 * @throws {RangeError} If a path is not relative, plain and unique, or the archive would need Zip64.
 */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  // Compared by UTF-16 units and not by locale: the order must not depend on the machine.
  const sorted = entries.toSorted((a, b) => a.path < b.path ? -1 : 1);
  checkPaths(sorted.map(({ path }) => path));
  if (sorted.length > MAX_UINT16) throw new RangeError(`Cannot zip ${sorted.length} files`);

  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const packed of sorted.map(pack)) {
    const central = centralHeader(packed, offset);
    const local = localHeader(packed);
    locals.push(local, packed.name, packed.data);
    centrals.push(central, packed.name);
    offset += local.length + packed.name.length + packed.data.length;
    if (offset > MAX_UINT32) throw new RangeError("Cannot zip more than 4 GiB");
  }
  const centralSize = sizeOf(centrals);
  return concat([...locals, ...centrals, endRecord(sorted.length, centralSize, offset)]);
}

function checkPaths(paths: readonly string[]): void {
  for (const [index, path] of paths.entries()) {
    const parts = path.split("/");
    if (/[\\:]/.test(path) || parts.some((part) => part === "" || part === "." || part === "..")) {
      throw new RangeError(`Cannot zip "${path}": not a plain relative path with "/"`);
    }
    if (path === paths[index - 1]) throw new RangeError(`Cannot zip "${path}" twice`);
  }
}

function pack({ path, data, isExecutable }: ZipEntry): Packed {
  const deflated = deflateRawSync(data, { level: 9 });
  const isSmaller = deflated.length < data.length;
  return {
    name: new TextEncoder().encode(path),
    mode: MODE_REGULAR_FILE | (isExecutable ? 0o755 : 0o644),
    crc32: crc32(data),
    method: isSmaller ? METHOD.deflated : METHOD.stored,
    sizeBytes: data.length,
    data: isSmaller ? deflated : data,
  };
}

function localHeader(packed: Packed): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE.local));
  view.setUint32(0, SIGNATURE.local, LITTLE_ENDIAN);
  setShared(view, LOCAL_SHARED, packed);
  return new Uint8Array(view.buffer);
}

function centralHeader(packed: Packed, localOffset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE.central));
  view.setUint32(0, SIGNATURE.central, LITTLE_ENDIAN);
  view.setUint16(CENTRAL.madeBy, MADE_ON_UNIX | VERSION_DEFLATE, LITTLE_ENDIAN);
  setShared(view, CENTRAL_SHARED, packed);
  view.setUint16(CENTRAL.externalAttributes + 2, packed.mode, LITTLE_ENDIAN);
  view.setUint32(CENTRAL.localOffset, localOffset, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

function setShared(view: DataView, at: number, packed: Packed): void {
  view.setUint16(at + SHARED.version, VERSION_DEFLATE, LITTLE_ENDIAN);
  view.setUint16(at + SHARED.flags, FLAG_UTF8_NAMES, LITTLE_ENDIAN);
  view.setUint16(at + SHARED.method, packed.method, LITTLE_ENDIAN);
  view.setUint16(at + SHARED.time, 0, LITTLE_ENDIAN);
  view.setUint16(at + SHARED.date, DATE_1980_01_01, LITTLE_ENDIAN);
  view.setUint32(at + SHARED.crc32, packed.crc32, LITTLE_ENDIAN);
  view.setUint32(at + SHARED.packedSize, packed.data.length, LITTLE_ENDIAN);
  view.setUint32(at + SHARED.size, packed.sizeBytes, LITTLE_ENDIAN);
  view.setUint16(at + SHARED.nameSize, packed.name.length, LITTLE_ENDIAN);
}

function endRecord(entryCount: number, centralSize: number, centralOffset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(SIZE.end));
  view.setUint32(0, SIGNATURE.end, LITTLE_ENDIAN);
  view.setUint16(END.entriesHere, entryCount, LITTLE_ENDIAN);
  view.setUint16(END.entries, entryCount, LITTLE_ENDIAN);
  view.setUint32(END.centralSize, centralSize, LITTLE_ENDIAN);
  view.setUint32(END.centralOffset, centralOffset, LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeOf(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Reads the code signature of a program for macOS, by Apple's published
 * structures: `mach-o/loader.h` and `kern/cs_blobs.h`.
 *
 * @module
 */

import { hash } from "node:crypto";

const LITTLE_ENDIAN = true;
const BIG_ENDIAN = false;
const HEADER_BYTES = 32;
const COMMAND_COUNT_AT = 16;
const LC_CODE_SIGNATURE = 0x1d;
const CSMAGIC_EMBEDDED_SIGNATURE = 0xfade0cc0;
const CSMAGIC_CODEDIRECTORY = 0xfade0c02;
const CS_ADHOC = 0x2;
/** Fields of a code directory. */
const AT = { flags: 12, hashes: 16, pageCount: 28, codeBytes: 32, hashBytes: 36, pageShift: 39 };

/** What a signature says. */
export interface Signature {
  /** Whether it is ad hoc: by nobody, so that it says only that the program is whole. */
  isAdHoc: boolean;
  pageCount: number;
  /** Pages whose bytes are not those that were signed. */
  wrongPages: number;
}

/** The signature of a 64-bit Mach-O file; `undefined` if it has none. */
export function signatureOf(file: Uint8Array): Signature | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let command = HEADER_BYTES;
  for (let left = view.getUint32(COMMAND_COUNT_AT, LITTLE_ENDIAN); left > 0; left--) {
    if (view.getUint32(command, LITTLE_ENDIAN) === LC_CODE_SIGNATURE) {
      return readSignature(file, view.getUint32(command + 8, LITTLE_ENDIAN));
    }
    command += view.getUint32(command + 4, LITTLE_ENDIAN);
  }
  return undefined;
}

function readSignature(file: Uint8Array, start: number): Signature | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const uint32 = (at: number) => view.getUint32(at, BIG_ENDIAN);
  if (uint32(start) !== CSMAGIC_EMBEDDED_SIGNATURE) return undefined;
  for (let left = uint32(start + 8), entry = start + 12; left > 0; left--, entry += 8) {
    const directory = start + uint32(entry + 4);
    if (uint32(directory) !== CSMAGIC_CODEDIRECTORY) continue;
    const pageCount = uint32(directory + AT.pageCount);
    const codeBytes = uint32(directory + AT.codeBytes);
    const hashBytes = view.getUint8(directory + AT.hashBytes);
    const pageBytes = 2 ** view.getUint8(directory + AT.pageShift);
    let wrongPages = 0;
    for (let page = 0; page < pageCount; page++) {
      const code = file.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, codeBytes));
      const at = directory + uint32(directory + AT.hashes) + page * hashBytes;
      const signed = file.subarray(at, at + hashBytes).toHex();
      if (hash("sha256", code, "hex") !== signed) wrongPages++;
    }
    return { isAdHoc: (uint32(directory + AT.flags) & CS_ADHOC) !== 0, pageCount, wrongPages };
  }
  return undefined;
}

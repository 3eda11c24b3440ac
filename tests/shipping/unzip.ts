/**
 * Reads zip archives: enough to check and unpack ours, and nothing shared with what writes them.
 *
 * @module
 */

import { crc32, inflateRawSync } from "node:zlib";
import { dirname, join } from "@std/path";
import { assertEquals } from "@std/assert";

/** A file in an archive. */
export interface Unzipped {
  mode: number;
  data: Uint8Array<ArrayBuffer>;
}

/** The files in an archive by path, checked against its sums and its local headers. */
export function unzip(archive: Uint8Array): Map<string, Unzipped> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = archive.length - 22;
  assertEquals(text(archive, end, 4), "PK\x05\x06");
  const files = new Map<string, Unzipped>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    assertEquals(text(archive, at, 4), "PK\x01\x02");
    const [method, sum, packedSize, size] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 16, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 24, true),
    ];
    const nameSize = view.getUint16(at + 28, true);
    const name = archive.subarray(at + 46, at + 46 + nameSize);
    const mode = view.getUint16(at + 40, true);

    const local = view.getUint32(at + 42, true);
    assertEquals(text(archive, local, 4), "PK\x03\x04");
    // From "version needed" to the length of the name the two headers say the same.
    assertEquals(archive.slice(local + 4, local + 28), archive.slice(at + 6, at + 30));
    assertEquals(archive.slice(local + 30, local + 30 + nameSize), name.slice());
    const packed = archive.subarray(local + 30 + nameSize, local + 30 + nameSize + packedSize);
    const data = Uint8Array.from(method === 0 ? packed : inflateRawSync(packed));
    assertEquals([data.length, crc32(data)], [size, sum]);

    files.set(new TextDecoder("utf-8", { fatal: true }).decode(name), { mode, data });
    at += 46 + nameSize;
  }
  assertEquals(at, end);
  return files;
}

/** Writes the files in an archive below a folder. */
export function unzipTo(folder: string, archive: Uint8Array): void {
  for (const [path, { mode, data }] of unzip(archive)) {
    Deno.mkdirSync(dirname(join(folder, path)), { recursive: true });
    Deno.writeFileSync(join(folder, path), data, { mode: mode & 0o777 });
  }
}

function text(bytes: Uint8Array, at: number, size: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + size));
}

import type { WritableFile } from "../ports/file_system.ts";

/** Writes all bytes, in as many pieces as the system likes. */
export function writeAll(file: WritableFile, bytes: Uint8Array): void {
  let at = file.write(bytes);
  while (at < bytes.length) at += file.write(bytes.subarray(at));
}

/**
 * The key files below a folder, whatever else is there.
 *
 * @module
 */

import { join } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import {
  decodeKeyPartition,
  KEY_PARTITION_SIZE,
  KeyPartitionError,
} from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import type { KeyFileKind } from "../keys/key_scheme.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";

/** A file that can be a key. */
export interface KeyFile {
  /** The folder as it was given, and the path below it. */
  path: string;
  kind: KeyFileKind;
  /** The keys that it holds, or that derive from it. */
  keys: XtsKeys;
}

/** What is below a folder. */
export interface FolderCounts {
  /** Files that can be keys. */
  keyFiles: number;
  /** Files that cannot, by their size or checksum; links, pipes and devices. */
  skipped: number;
  /** Files and folders that the system did not let be read. */
  unreadable: number;
  /** The first of those, and what the system said. */
  firstUnreadable?: { path: string; reason: string };
}

const KIND_OF_SIZE: ReadonlyMap<number, KeyFileKind> = new Map([
  [HMAC_KEY_SIZE, "hmacKey"],
  [KEY_PARTITION_SIZE, "keys"],
]);

/**
 * Yields the key files below a folder, at any depth, in the order of their
 * paths: key partitions that a device would accept, and all files of 32 bytes,
 * as an HMAC key has no mark. Symbolic links are not followed, so there are no
 * circles; the folder itself may be one. Others are told by their size, without
 * being opened.
 *
 * @param counts Is added to.
 * @throws {IoError} If the folder itself cannot be read.
 */
export async function* keyFilesBelow(
  files: FileReader,
  folder: string,
  counts: FolderCounts,
): AsyncGenerator<KeyFile> {
  const pending = pathsIn(files, folder);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    try {
      const info = files.linkStatOf(path);
      if (info === undefined) continue; // it was there a moment ago
      if (info.kind === "folder") {
        for (const below of pathsIn(files, path)) pending.push(below);
        continue;
      }
      const kind = info.kind === "file" ? KIND_OF_SIZE.get(info.sizeBytes) : undefined;
      const keys = kind && await keysIn(files.readFile(path), kind);
      if (kind === undefined || keys === undefined) {
        counts.skipped++;
        continue;
      }
      counts.keyFiles++;
      yield { path, kind, keys };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      counts.unreadable++;
      counts.firstUnreadable ??= { path, reason: error.reason };
    }
  }
}

/** What is in a folder, from the last to the first: they are taken from the end. */
function pathsIn(files: FileReader, folder: string): string[] {
  const names = files.namesIn(folder) ?? [];
  return names.sort().reverse().map((name) => join(folder, name));
}

async function keysIn(bytes: Uint8Array, kind: KeyFileKind): Promise<XtsKeys | undefined> {
  if (kind === "hmacKey") {
    return bytes.length === HMAC_KEY_SIZE ? await deriveXtsKeys(bytes) : undefined;
  }
  try {
    return decodeKeyPartition(bytes);
  } catch (error) {
    if (!(error instanceof KeyPartitionError)) throw error;
    return undefined;
  }
}

/**
 * Reads the files that a user names: one set of rules and words for all of
 * them. They are regular files, or links to such; a pipe or a device may never
 * end, and cannot be read twice.
 *
 * @module
 */

import type { ProblemCode } from "../problems/code.ts";
import { type FileReader, NoSuchFileError } from "../ports/file_system.ts";

/** Thrown when a path is not a file that can be read. The message says why, and what would be right. */
export class UserFileError extends Error {
  override name = "UserFileError";
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a user's file may be. */
export interface UserFileRules {
  /** Bytes that it has at most. */
  maxBytes: number;
  /** What it should be, for messages: "a CSV file". */
  wanted: string;
}

/** A key partition has 4096 bytes, an HMAC key 32: more is a wrong path. */
export const KEY_FILE: UserFileRules = { maxBytes: 1024 * 1024, wanted: "a key file" };
/** A binary table has 4096 bytes, and its CSV few more. */
export const PARTITION_TABLE_FILE: UserFileRules = {
  maxBytes: 1024 * 1024,
  wanted: "a partition table",
};
/** Larger than the largest blob in hex with line breaks. */
export const CELL_FILE: UserFileRules = { maxBytes: 4 * 1024 * 1024, wanted: "a file" };
/** A configuration has a line a key: this is more than all keys of the largest partition. */
export const CONFIGURATION_FILE: UserFileRules = {
  maxBytes: 64 * 1024 * 1024,
  wanted: "a CSV file",
};
/** The cells of the largest partition as text. */
export const NVS_CSV_FILE: UserFileRules = { maxBytes: 1024 * 1024 * 1024, wanted: "a CSV file" };
/** A manifest is read as a stream too. */
export const MANIFEST_FILE: UserFileRules = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  wanted: "a manifest",
};
/** Values are read as a stream, so their size does not matter. */
export const VALUES_FILE: UserFileRules = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  wanted: "a CSV file",
};

/**
 * Makes sure that a path is a file that can be read.
 *
 * @throws {UserFileError} If it is not.
 * @throws {IoError} If the system does not tell.
 */
export function assertUserFile(
  files: FileReader,
  path: string,
  { maxBytes, wanted }: UserFileRules,
): void {
  const info = files.statOf(path);
  if (info === undefined) throw new UserFileError("file-missing", "does not exist; check the path");
  if (info.kind === "folder") throw new UserFileError("not-a-file", `is a folder; name ${wanted}`);
  if (info.kind !== "file") {
    throw new UserFileError(
      "not-a-file",
      `is a pipe or device, not a regular file; save it to ${wanted}`,
    );
  }
  if (info.sizeBytes > maxBytes) {
    throw new UserFileError(
      "file-too-large",
      `has ${info.sizeBytes} bytes; this is not ${wanted}, which has at most ${maxBytes}`,
    );
  }
}

/**
 * Makes sure that a path is a folder, or a link to one.
 *
 * @param wanted What the folder should be, for messages: "a folder of key files".
 * @throws {UserFileError} If it is not.
 * @throws {IoError} If the system does not tell.
 */
export function assertUserFolder(files: FileReader, path: string, wanted: string): void {
  const info = files.statOf(path);
  if (info === undefined) throw new UserFileError("file-missing", "does not exist; check the path");
  if (info.kind !== "folder") {
    throw new UserFileError("not-a-folder", `is no folder; name ${wanted}`);
  }
}

/**
 * Reads a user's file.
 *
 * @throws {UserFileError} If it is not there, or is none.
 * @throws {IoError} If the system cannot read it.
 */
export function readUserFile(
  files: FileReader,
  path: string,
  rules: UserFileRules,
): Uint8Array<ArrayBuffer> {
  try {
    assertUserFile(files, path, rules);
    return files.readFile(path);
  } catch (error) {
    if (!(error instanceof NoSuchFileError)) throw error;
    throw new UserFileError("file-missing", `cannot be read: ${error.reason}; check the path`);
  }
}

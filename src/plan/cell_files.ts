/**
 * The files that cells name.
 *
 * @module
 */

import { hash } from "node:crypto";
import { dirname, isAbsolute, join } from "@std/path";
import { absolutePath } from "../files/absolute.ts";
import type { Problems } from "../problems/problems.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import { CELL_FILE, readUserFile, UserFileError } from "../files/user_file.ts";
import { looksLikePath } from "../input/open_cell.ts";
import { ValueError } from "../input/value_codec.ts";
import { HashTable, type HashTableSnapshot } from "./hash_table.ts";

const CACHE_BYTES = 16 * 1024 * 1024;

/** Thrown when an input is no longer what was checked; exit status 4. */
export class InputChangedError extends IoError {
  override name = "InputChangedError";

  constructor(path: string) {
    super("use", path, "it was changed while the program ran; start again");
  }
}

/**
 * Reads the files that cells name, relative to the current folder. A file that
 * many devices use is read once. Every later reading, in a later pass too, has
 * to give the same bytes.
 */
export class CellFiles {
  readonly #files: FileReader;
  /** By path, the least recently used first. */
  readonly #cache = new Map<string, Uint8Array>();
  #cachedBytes = 0;
  readonly #digests: HashTable;
  readonly #onNewFile: ((path: string, sha256: string) => void) | undefined;

  /** Whether a relative path led to something. */
  #hasFoundRelative = false;
  #firstMissing: string | undefined;

  private constructor(
    files: FileReader,
    digests: HashTable,
    onNewFile: ((path: string, sha256: string) => void) | undefined,
  ) {
    this.#files = files;
    this.#digests = digests;
    this.#onNewFile = onNewFile;
  }

  /** @param onNewFile Told of each file when it is read for the first time. */
  static firstPass(
    files: FileReader,
    onNewFile: (path: string, sha256: string) => void = () => {},
  ): CellFiles {
    return new CellFiles(files, new HashTable(), onNewFile);
  }

  /** @param digests Of all files, from the first pass. */
  static laterPass(files: FileReader, digests: HashTableSnapshot): CellFiles {
    return new CellFiles(files, new HashTable(digests), undefined);
  }

  /** The digests of all files read so far, to hold later readings against. */
  get digests(): HashTable {
    return this.#digests;
  }

  /**
   * @throws {ValueError} If there is no such file, or it is too large.
   * @throws {InputChangedError} If it was read before with other bytes.
   */
  read(path: string): Uint8Array {
    const cached = this.#cache.get(path);
    if (cached !== undefined) {
      this.#cache.delete(path);
      this.#cache.set(path, cached);
      return cached;
    }
    const known = this.#digests.get(path);
    const isKnown = known !== undefined || this.#onNewFile === undefined;
    const bytes = this.#readNow(path, isKnown);
    const sha256 = hash("sha256", bytes, "hex");
    const digest = parseInt(sha256.slice(0, 12), 16) + 1;
    if (isKnown && known !== digest) throw new InputChangedError(path);
    if (!isKnown) {
      this.#digests.set(path, digest);
      this.#onNewFile?.(path, sha256);
    }
    this.#keep(path, bytes);
    return bytes;
  }

  #readNow(path: string, isKnown: boolean): Uint8Array {
    if (path === "") throw new ValueError("value-missing", "names no file; write its path");
    try {
      const bytes = readUserFile(this.#files, path, CELL_FILE);
      this.#hasFoundRelative ||= !isAbsolute(path);
      return bytes;
    } catch (error) {
      if (!(error instanceof UserFileError || error instanceof IoError)) throw error;
      if (isKnown) throw error instanceof IoError ? error : new InputChangedError(path);
      this.#noteMissing(path);
      const code = error instanceof IoError ? "file-unreadable" : error.code;
      if (!looksLikePath(path)) {
        throw new ValueError(
          code,
          `its ${path.length} characters are a value and no path; write the path of a file that ` +
            'holds it, or "data" for "file" in the configuration',
        );
      }
      throw new ValueError(
        code,
        `file "${path}" ${
          error instanceof IoError ? `cannot be read: ${error.reason}` : error.message
        }`,
      );
    }
  }

  #noteMissing(path: string): void {
    if (isAbsolute(path)) return;
    if (this.#isThere(path)) this.#hasFoundRelative = true;
    else this.#firstMissing ??= path;
  }

  #isThere(path: string): boolean {
    try {
      return this.#files.statOf(path) !== undefined;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return false; // a path that the system does not take
    }
  }

  /**
   * Says where relative paths are taken from, if none of them led to anything.
   *
   * @param inputs Files that the paths may have been meant to be beside.
   */
  finish(inputs: readonly string[], problems: Problems): void {
    const missing = this.#firstMissing;
    if (missing === undefined || this.#hasFoundRelative) return;
    const folder = absolutePath(".");
    const named = isAbsolute(folder) ? `, ${folder}` : "";
    const right = inputs.map((path) => dirname(absolutePath(path)))
      .find((other) => other !== folder && this.#isThere(join(other, missing)));
    const mend = right === undefined
      ? "start the program in the folder that they are below, or write whole paths"
      : `they are in ${right}: start the program there`;
    problems.summarize(
      "file-missing",
      "no file that cells name was found: their paths are taken from the current folder" +
        `${named}; ${mend}`,
    );
  }

  #keep(path: string, bytes: Uint8Array): void {
    this.#cache.set(path, bytes);
    this.#cachedBytes += bytes.length;
    for (const [oldPath, oldBytes] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES || oldPath === path) break;
      this.#cache.delete(oldPath);
      this.#cachedBytes -= oldBytes.length;
    }
  }
}

/**
 * The files that cells name.
 *
 * @module
 */

import { hash } from "node:crypto";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import { ValueError } from "../input/value_codec.ts";
import { HashTable } from "./hash_table.ts";

/** Larger than the largest blob in hex with line breaks; anything above is a wrong path. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const CACHE_BYTES = 16 * 1024 * 1024;

/** Thrown when an input is no longer what was checked. */
export class InputChangedError extends Error {
  override name = "InputChangedError";
  readonly path: string;

  constructor(path: string) {
    super(`"${path}" was changed while the program ran`);
    this.path = path;
  }
}

/**
 * Reads the files that cells name, relative to the current folder. A file that
 * many devices use is read once. Every later reading, in the second pass too,
 * has to give the same bytes.
 */
export class CellFiles {
  readonly #files: FileSystem;
  /** By path, the least recently used first. */
  readonly #cache = new Map<string, Uint8Array>();
  #cachedBytes = 0;
  readonly #digests: HashTable;
  readonly #onNewFile: (path: string, sha256: string) => void;

  /**
   * @param onNewFile Told of each file when it is read for the first time.
   * @param digests The digests of files that were read before.
   */
  constructor(
    files: FileSystem,
    onNewFile: (path: string, sha256: string) => void = () => {},
    digests: HashTable = new HashTable(),
  ) {
    this.#files = files;
    this.#onNewFile = onNewFile;
    this.#digests = digests;
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
    const bytes = this.#readNow(path);
    const sha256 = hash("sha256", bytes, "hex");
    const digest = parseInt(sha256.slice(0, 12), 16) + 1;
    const known = this.#digests.get(path);
    if (known === undefined) {
      this.#digests.set(path, digest);
      this.#onNewFile(path, sha256);
    } else if (known !== digest) {
      throw new InputChangedError(path);
    }
    this.#keep(path, bytes);
    return bytes;
  }

  #readNow(path: string): Uint8Array {
    if (path === "") throw new ValueError("names no file; write its path");
    try {
      const stat = this.#files.statOf(path);
      if (stat === undefined) throw new ValueError(`file "${path}" does not exist`);
      if (stat.kind !== "file") throw new ValueError(`"${path}" is not a file`);
      if (stat.sizeBytes > MAX_FILE_BYTES) {
        throw new ValueError(
          `file "${path}" has ${stat.sizeBytes} bytes; no value takes more than ${MAX_FILE_BYTES}`,
        );
      }
      return this.#files.readFile(path);
    } catch (error) {
      if (error instanceof IoError) {
        throw new ValueError(`file "${path}" cannot be read: ${error.reason}`);
      }
      throw error;
    }
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

/**
 * The values file, read twice: the second time each chunk has to be the one
 * that was checked.
 *
 * @module
 */

import { createHash, hash } from "node:crypto";
import type { FileSystem } from "../ports/file_system.ts";
import { InputChangedError } from "./cell_files.ts";

/** A file that may be read several times, and must not change in between. */
export class StableFile {
  readonly path: string;
  readonly #files: FileSystem;
  /** Size and SHA-256 of each chunk of the first reading. */
  #chunks: string[] | undefined;
  #sha256: string | undefined;

  /** @param chunkDigests Those of an earlier reading, in this process or another. */
  constructor(files: FileSystem, path: string, chunkDigests?: string[]) {
    this.#files = files;
    this.path = path;
    this.#chunks = chunkDigests;
  }

  /** The digest of each chunk, once the file was read to its end. */
  get chunkDigests(): string[] | undefined {
    return this.#chunks;
  }

  /** SHA-256 of the whole file in hex, once it was read to its end. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  /** @throws {InputChangedError} If a chunk is not what it was in the first reading. */
  *chunks(): Generator<Uint8Array> {
    const known = this.#chunks;
    const seen: string[] = [];
    const whole = createHash("sha256");
    for (const chunk of this.#files.readChunks(this.path)) {
      const digest = `${chunk.length} ${hash("sha256", chunk, "hex")}`;
      if (known !== undefined && known[seen.length] !== digest) {
        throw new InputChangedError(this.path);
      }
      seen.push(digest);
      whole.update(chunk);
      yield chunk;
    }
    if (known !== undefined && known.length !== seen.length) throw new InputChangedError(this.path);
    this.#chunks = seen;
    this.#sha256 = whole.digest("hex");
  }
}

/**
 * What a manifest says of each image, in 16 bytes an image: where its last row
 * stands. The row itself is read again when it is asked for.
 *
 * @module
 */

import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { HashTable, type HashTableSnapshot } from "./hash_table.ts";
import { manifestLines, type ManifestRow, parseManifestLine } from "./manifest.ts";

/** A read manifest as plain data, which can be sent to a thread. */
export interface ManifestIndexSnapshot {
  path: string;
  lastRows: HashTableSnapshot;
}

/** Finds the last row of an image. */
export class ManifestIndex {
  readonly #files: FileReader;
  readonly #path: string;
  /** By image: byte offset of its last whole row. The header makes it positive. */
  readonly #lastRows: HashTable;
  /** What of the file was read last: rows mostly stand in the order of the devices. */
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #windowOffset = 0;
  #windowBytes = 0;
  readonly #decoder = new TextDecoder();

  constructor(files: FileReader, { path, lastRows }: ManifestIndexSnapshot) {
    this.#files = files;
    this.#path = path;
    this.#lastRows = new HashTable(lastRows);
  }

  get size(): number {
    return this.#lastRows.size;
  }

  /** The index as plain data. */
  snapshot(): ManifestIndexSnapshot {
    return { path: this.#path, lastRows: this.#lastRows.snapshot() };
  }

  /** The last whole row of an image, or `undefined`. */
  rowOf(image: string): ManifestRow | undefined {
    const offset = this.#lastRows.get(image);
    if (offset === undefined) return undefined;
    let line = this.#lineAt(offset);
    if (line === undefined) {
      this.#fillWindow(offset);
      line = this.#lineAt(offset);
    }
    const row = line === undefined ? undefined : parseManifestLine(line);
    return row?.image === image ? row : undefined;
  }

  /** The line that begins at an offset, if all of it is in the window. */
  #lineAt(offset: number): string | undefined {
    const start = offset - this.#windowOffset;
    if (start < 0 || start >= this.#windowBytes) return undefined;
    const end = this.#window.subarray(0, this.#windowBytes).indexOf(LF, start);
    if (end < 0) return undefined;
    return this.#decoder.decode(this.#window.subarray(start, end)).replace(/\r$/, "");
  }

  #fillWindow(offset: number): void {
    this.#windowOffset = offset;
    this.#windowBytes = 0;
    for (const chunk of this.#files.readChunks(this.#path, offset, this.#window.length)) {
      this.#window.set(chunk, this.#windowBytes);
      this.#windowBytes += chunk.length;
    }
  }
}

const LF = 0x0A;
/** No row is longer; many rows fit. */
const WINDOW_BYTES = 64 * 1024;

/** What reading a whole manifest tells. */
export interface ReadManifest {
  index: ManifestIndex;
  /** Ids of the batches that have a row, in the order of their first one. */
  batches: string[];
}

/**
 * Reads a manifest; one that does not exist has no rows.
 *
 * @throws {ManifestHeaderError} If the file is no manifest.
 */
export async function readManifest(
  files: FileReader,
  path: string,
  pace: Pace,
): Promise<ReadManifest> {
  const lastRows = new HashTable();
  const batches = new Set<string>();
  let lineCount = 0;
  if (files.statOf(path) !== undefined) {
    for (const { offset, row } of manifestLines(files.readChunks(path))) {
      if (row !== undefined) {
        lastRows.set(row.image, offset);
        batches.add(row.batch);
      }
      await pace.step(++lineCount);
      if (pace.isStopped) break;
    }
  }
  const index = new ManifestIndex(files, { path, lastRows: lastRows.snapshot() });
  return { index, batches: [...batches] };
}

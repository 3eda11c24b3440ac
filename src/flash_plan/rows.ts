/**
 * The rows of a manifest that hold, in the order of the devices.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { HashTable } from "../plan/hash_table.ts";
import { manifestLines, type ManifestRow, parseManifestLine } from "../plan/manifest.ts";
import { stagingFolders } from "../plan/staging_names.ts";
import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";

/** Where a row stands that holds. */
interface RowPlace {
  device: number;
  offset: number;
}

/** No row is longer; many rows fit. */
const WINDOW_BYTES = 64 * 1024;
const LF = 0x0A;

/** Rows that hold: the last ones of their images. Takes some numbers a device, not its row. */
export class HoldingRows {
  readonly #files: FileReader;
  readonly #path: string;
  readonly #places: readonly RowPlace[];
  /** Whether the last line has no end: a device was being recorded. */
  readonly isTorn: boolean;

  private constructor(files: FileReader, path: string, places: RowPlace[], isTorn: boolean) {
    this.#files = files;
    this.#path = path;
    this.#places = places;
    this.isTorn = isTorn;
  }

  /** @throws {ManifestHeaderError} If the file is no manifest. */
  static async read(files: FileReader, path: string, pace: Pace): Promise<HoldingRows> {
    const last = new HashTable();
    let lineCount = 0;
    for (const { offset, row } of manifestLines(files.readChunks(path))) {
      if (row !== undefined) last.set(row.image, offset);
      await pace.step(++lineCount);
    }
    const places: RowPlace[] = [];
    for (const { offset, row } of manifestLines(files.readChunks(path))) {
      if (row === undefined || last.get(row.image) !== offset) continue;
      places.push({ device: row.row, offset });
    }
    places.sort((a, b) => a.device - b.device || a.offset - b.offset);
    const sizeBytes = files.statOf(path)?.sizeBytes ?? 0;
    let end: number | undefined;
    for (const chunk of files.readChunks(path, Math.max(sizeBytes - 1, 0))) end = chunk.at(-1);
    return new HoldingRows(files, path, places, end !== LF);
  }

  get count(): number {
    return this.#places.length;
  }

  /** How many devices up to the last recorded one have no row. */
  get missingCount(): number {
    return (this.#places.at(-1)?.device ?? 0) -
      new Set(this.#places.map(({ device }) => device)).size;
  }

  /** The rows, read again. */
  *[Symbol.iterator](): Generator<ManifestRow> {
    const decoder = new TextDecoder();
    let window = new Uint8Array();
    let start = 0;
    for (const { offset } of this.#places) {
      let end = offset < start ? -1 : window.indexOf(LF, offset - start);
      if (end < 0) {
        const chunks = [...this.#files.readChunks(this.#path, offset, WINDOW_BYTES)]
          .map((chunk) => chunk.slice());
        window = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const chunk of chunks) {
          window.set(chunk, at);
          at += chunk.length;
        }
        start = offset;
        end = window.indexOf(LF);
      }
      const line = decoder.decode(window.subarray(offset - start, end)).replace(/\r$/, "");
      const row = parseManifestLine(line);
      if (row !== undefined) yield row;
    }
  }
}

/** Whether a run of the manifest's prefix is under way beside it, or was interrupted. */
export function hasRunUnderWay(files: FileReader, manifest: string): boolean {
  const [, prefix] = /^manifest-(.+)\.csv$/.exec(basename(manifest)) ?? [];
  return prefix !== undefined &&
    stagingFolders(files, { outdir: dirname(manifest), prefix }).length > 0;
}

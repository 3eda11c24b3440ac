/**
 * `<values>_created.csv`: the values file with its REPEAT columns filled in
 * and its blank lines gone, as Espressif's utility leaves it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { extname } from "@std/path";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import type { Problems } from "../input/problems.ts";
import type { Schema } from "../input/schema.ts";
import type { BatchSpec } from "./batch_check.ts";
import { csvLine } from "./csv_line.ts";
import { type DeviceSource, readRows } from "./devices.ts";

const utf8 = new TextEncoder();
const LINE_END = "\r\n";
const CHUNK_CHARACTERS = 64 * 1024;

/** Where the file of a values file goes: beside it. */
export function createdCsvPath(values: string): string {
  // Cut, not joined again: the folder of a path like "C:values.csv" is none that can be named.
  const extension = extname(values);
  return `${values.slice(0, values.length - extension.length)}_created${extension}`;
}

/** Finds out, along the first pass, whether the file is there already. */
export class CreatedCsvCheck {
  readonly #path: string | undefined;
  readonly #hash = createHash("sha256");

  constructor(spec: BatchSpec, schema: Schema, isThere: boolean) {
    const isWanted = !isThere && spec.writeCsv && schema.keys.some((row) => row.repeated);
    this.#path = isWanted ? createdCsvPath(spec.values) : undefined;
  }

  add(cells: readonly string[]): void {
    if (this.#path !== undefined) this.#hash.update(csvLine(cells) + LINE_END);
  }

  /**
   * The path to write, or `undefined` if there is nothing to write. A file with
   * the same contents may stay, from a run with another output folder; with
   * others it is a problem.
   */
  finish(files: FileSystem, problems: Problems): string | undefined {
    if (this.#path === undefined || !files.exists(this.#path)) return this.#path;
    let existing: string;
    try {
      existing = sha256Of(files.readChunks(this.#path));
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      problems.add({ file: this.#path }, `exists already: ${error.reason}; move it away`);
      return undefined;
    }
    if (existing !== this.#hash.digest("hex")) {
      problems.add(
        { file: this.#path },
        "exists already, with other contents; move it away, or use --no-csv",
      );
    }
    return undefined;
  }
}

function sha256Of(chunks: Iterable<Uint8Array>): string {
  const digest = createHash("sha256");
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest("hex");
}

/** Whether the file is there with the right contents. */
export function hasCreatedCsv(files: FileSystem, path: string, source: DeviceSource): boolean {
  return sha256Of(files.readChunks(path)) === sha256Of(createdCsvChunks(source));
}

/**
 * The bytes of the file, in pieces of many rows.
 *
 * @param onRow Told of each row, so that memory can be kept flat.
 */
export function* createdCsvChunks(
  source: DeviceSource,
  onRow: () => void = () => {},
): Generator<Uint8Array> {
  let text = "";
  let isFirst = true;
  for (const { header, row } of readRows(source)) {
    if (isFirst) text = csvLine(header.names) + LINE_END;
    isFirst = false;
    text += csvLine(row.cells) + LINE_END;
    onRow();
    if (text.length < CHUNK_CHARACTERS) continue;
    yield utf8.encode(text);
    text = "";
  }
  yield utf8.encode(text);
}

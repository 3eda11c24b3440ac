/**
 * `<values>_created.csv`: the values file with its REPEAT columns filled in
 * and its blank lines gone, as Espressif's utility leaves it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { extname } from "@std/path";
import { type FileReader, IoError } from "../ports/file_system.ts";
import { Problems } from "../problems/problems.ts";
import type { Schema } from "../input/schema.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { csvLine } from "./csv_line.ts";
import { type CheckedValues, rowsOfPart } from "./values.ts";

const utf8 = new TextEncoder();
const LINE_END = "\r\n";
const CHUNK_CHARACTERS = 64 * 1024;

/** Where the file of a values file goes: beside it. */
export function createdCsvPath(values: string): string {
  // Cut, not joined again: the folder of a path like "C:values.csv" is none that can be named.
  const extension = extname(values);
  return `${values.slice(0, values.length - extension.length)}_created${extension}`;
}

/** Whether a batch has the file: its configuration says REPEAT, and CSVs are wanted. */
export function wantsCreatedCsv({ writeCsv }: BatchSpec, { keys }: Schema): boolean {
  return writeCsv && keys.some((row) => row.repeated);
}

/** Finds out, along the first pass, whether the file is there already. */
export class CreatedCsvCheck {
  readonly #path: string | undefined;
  readonly #isResumed: boolean;
  readonly #hash = createHash("sha256");

  constructor(spec: BatchSpec, schema: Schema, isThere: boolean) {
    const isWanted = !isThere && wantsCreatedCsv(spec, schema);
    this.#path = isWanted ? createdCsvPath(spec.values) : undefined;
    this.#isResumed = spec.resume;
  }

  add(cells: readonly string[]): void {
    if (this.#path !== undefined) this.#hash.update(csvLine(cells) + LINE_END);
  }

  /**
   * The path to write, or `undefined` if there is nothing to write. A file with
   * the same contents may stay, from a run with another output folder; with
   * others it is a problem. An empty one is what a killed run leaves where there
   * are no hard links.
   */
  finish(files: FileReader, problems: Problems): string | undefined {
    const path = this.#path;
    if (path === undefined || files.linkStatOf(path) === undefined) return path;
    let existing: string;
    try {
      const info = files.statOf(path);
      if (info?.kind !== "file") {
        problems.add(
          { file: path },
          "created-csv-exists",
          "exists already, and is no regular file; move it away",
        );
        return undefined;
      }
      if (this.#isResumed && info.sizeBytes === 0) return path;
      existing = sha256Of(files.readChunks(path));
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      problems.add(
        { file: path },
        "created-csv-exists",
        `exists already: ${error.reason}; move it away`,
      );
      return undefined;
    }
    if (existing !== this.#hash.digest("hex")) {
      problems.add(
        { file: path },
        "created-csv-exists",
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
export function hasCreatedCsv(files: FileReader, path: string, values: CheckedValues): boolean {
  return sha256Of(files.readChunks(path)) === sha256Of(createdCsvChunks(files, values));
}

/**
 * The bytes of the file, in pieces of many rows.
 *
 * @throws {InputChangedError} If the values are not what was checked.
 */
export function* createdCsvChunks(
  files: FileReader,
  values: CheckedValues,
): Generator<Uint8Array> {
  let text = csvLine(values.header.names) + LINE_END;
  const problems = new Problems(); // a change of the input shows in its digests
  for (const part of values.parts) {
    for (const { cells } of rowsOfPart(files, values, part, problems)) {
      text += csvLine(cells) + LINE_END;
      if (text.length < CHUNK_CHARACTERS) continue;
      yield utf8.encode(text);
      text = "";
    }
  }
  yield utf8.encode(text);
}

/**
 * `<values>_created.csv`: the values file with its REPEAT columns filled in
 * and its blank lines gone, as Espressif's utility leaves it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { extname } from "@std/path";
import { type FileReader, IoError } from "../ports/file_system.ts";
import type { ProblemCode } from "../problems/code.ts";
import { Problems } from "../problems/problems.ts";
import type { Schema } from "../input/schema.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { csvLine } from "./csv_line.ts";
import { freeFault, takenFault } from "./named_file.ts";
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

/** What a user can do about a place that the file cannot have. */
export const CREATED_CSV_HINT =
  "name another place with --created-csv PATH, or leave it out with --created-csv none";

/** The path of a batch's file, if it has one: its configuration says REPEAT, and it is wanted. */
export function wantedCreatedCsv({ createdCsv }: BatchSpec, { keys }: Schema): string | undefined {
  return keys.some((row) => row.repeated) ? createdCsv : undefined;
}

/** Finds out, along the first pass, whether the file is there already. */
export class CreatedCsvCheck {
  readonly #path: string | undefined;
  readonly #spec: BatchSpec;
  readonly #hash = createHash("sha256");
  /** What the user should know, a sentence each. */
  readonly notes: string[] = [];

  /** @param isRead Whether the batch is there already, to be read. */
  constructor(spec: BatchSpec, schema: Schema, isRead: boolean) {
    this.#spec = spec;
    if (isRead || spec.createdCsv === undefined) return;
    this.#path = wantedCreatedCsv(spec, schema);
    if (this.#path === undefined && spec.createdCsv !== createdCsvPath(spec.values)) {
      this.notes.push("--created-csv has no effect: the configuration has no REPEAT");
    }
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
    if (path === undefined) return undefined;
    const report = (code: ProblemCode, fault: string, hint = CREATED_CSV_HINT) => {
      problems.add({ file: path }, code, `${fault}; ${hint}`);
      return undefined;
    };
    // Beside the values it may be, wherever they are.
    const isNamed = path !== createdCsvPath(this.#spec.values);
    const taken = isNamed ? takenFault(this.#spec, path) : undefined;
    if (taken !== undefined) return report("output-clash", taken);
    const fault = freeFault(files, this.#spec, path);
    if (fault === undefined) return path;
    if (!fault.isThere) return report("output-folder", fault.message);
    const refuse = (fault: string) =>
      report("created-csv-exists", fault, `move it away, ${CREATED_CSV_HINT}`);
    try {
      const info = files.statOf(path);
      if (info?.kind !== "file") return refuse(`${fault.message}, and is no regular file`);
      if (this.#spec.resume && info.sizeBytes === 0) return path;
      const isSame = sha256Of(files.readChunks(path)) === this.#hash.digest("hex");
      return isSame ? undefined : refuse(`${fault.message}, with other contents`);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return refuse(`${fault.message}: ${error.reason}`);
    }
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

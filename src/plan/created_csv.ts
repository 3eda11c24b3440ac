/**
 * `<values>_created.csv`: the values file with its REPEAT columns filled in
 * and its blank lines gone, as Espressif's utility leaves it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, extname, join } from "@std/path";
import { stringify } from "@std/csv/stringify";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import type { Problems } from "../input/problems.ts";
import type { Schema } from "../input/schema.ts";
import type { BatchSpec } from "./batch_check.ts";
import { type DeviceSource, readRows } from "./devices.ts";

/** Where the file of a values file goes: beside it. */
export function createdCsvPath(values: string): string {
  const extension = extname(values);
  return join(dirname(values), `${basename(values, extension)}_created${extension}`);
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
    if (this.#path !== undefined) this.#hash.update(stringify([cells]));
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

const utf8 = new TextEncoder();

function sha256Of(chunks: Iterable<Uint8Array>): string {
  const digest = createHash("sha256");
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest("hex");
}

/** Whether the file is there with the right contents. */
export function hasCreatedCsv(files: FileSystem, path: string, source: DeviceSource): boolean {
  return sha256Of(files.readChunks(path)) === sha256Of(createdCsvChunks(source));
}

/** The bytes of the file, a row at a time. */
export function* createdCsvChunks(source: DeviceSource): Generator<Uint8Array> {
  let isFirst = true;
  for (const { header, row } of readRows(source)) {
    yield utf8.encode(stringify(isFirst ? [header.names, row.cells] : [row.cells]));
    isFirst = false;
  }
}

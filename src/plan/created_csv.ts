/**
 * `<values>_created.csv`: the values file with its REPEAT columns filled in
 * and its blank lines gone, as Espressif's utility leaves it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, extname, join } from "@std/path";
import { stringify } from "@std/csv/stringify";
import { type FileSystem, IoError } from "../host/file_system.ts";
import type { Problems } from "../input/problems.ts";
import type { Schema } from "../input/schema.ts";
import type { BatchSpec } from "./batch_check.ts";
import { type DeviceSource, readDevices } from "./devices.ts";

/** Where the file of a values file goes: beside it. */
export function createdCsvPath(values: string): string {
  const extension = extname(values);
  return join(dirname(values), `${basename(values, extension)}_created${extension}`);
}

/** Finds out, along the first pass, whether the file is there already. */
export class CreatedCsvCheck {
  readonly #path: string | undefined;
  readonly #hash = createHash("sha256");

  constructor(spec: BatchSpec, schema: Schema) {
    const isWanted = spec.writeCsv && schema.keys.some((row) => row.repeated);
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
    const existing = createHash("sha256");
    try {
      for (const chunk of files.readChunks(this.#path)) existing.update(chunk);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      problems.add({ file: this.#path }, `exists already: ${error.reason}; move it away`);
      return undefined;
    }
    if (existing.digest("hex") !== this.#hash.digest("hex")) {
      problems.add(
        { file: this.#path },
        "exists already, with other contents; move it away, or use --no-csv",
      );
    }
    return undefined;
  }
}

const utf8 = new TextEncoder();

/** The bytes of the file, a row at a time. */
export function* createdCsvChunks(source: DeviceSource): Generator<Uint8Array> {
  const pending: string[] = [];
  const rows = readDevices(source, {
    onHeader: (header) => pending.push(stringify([header.names])),
    onRow: (row) => pending.push(stringify([row.cells])),
  });
  let isDone = false;
  while (!isDone) {
    isDone = rows.next().done === true;
    yield utf8.encode(pending.join(""));
    pending.length = 0;
  }
}

/**
 * Files that a user names for a run to write, besides those that the batch
 * names itself: `--created-csv`, `--report`.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { type FileReader, IoError } from "../ports/file_system.ts";
import { KEYS_FOLDER } from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { manifestPath } from "./manifest.ts";
import { CSV_FOLDER, IMAGE_FOLDER, pathBelow } from "./names.ts";
import { isBelow, isSamePath } from "./same_path.ts";
import { isRunName } from "./staging_names.ts";

/** Says what of a batch a path is already; `undefined` if it is nothing. */
export function takenFault(spec: BatchSpec, path: string): string | undefined {
  const { configuration, values, outdir, prefix, keySource } = spec;
  const isHere = (other: string) => isSamePath(path, other, ".");
  const below = (name: string) => pathBelow(outdir, name);
  if (isHere(configuration)) return "is the configuration";
  if (isHere(values)) return "is the values file";
  if (isHere(outdir)) return "is the output folder";
  if (isBelow(outdir, path, ".")) return "is a folder above the output folder";
  if (isHere(manifestPath(outdir, prefix))) return "is the manifest";
  for (const folder of [IMAGE_FOLDER, CSV_FOLDER, KEYS_FOLDER].map(below)) {
    if (isHere(folder) || isBelow(path, folder, ".")) return `is in "${folder}", for the devices`;
  }
  if (isHere(below(basename(path))) && isRunName(basename(path))) return "is a name of the run";
  // A key that the user named is the same for every device.
  const [one, other] = ["a", "b"].map((name) => keySchemeOf(keySource).filesOf(name).hmacKey);
  return one !== undefined && one === other && isHere(below(one)) ? "is the HMAC key" : undefined;
}

/** Why a path cannot have a new file. */
export interface PathFault {
  /** Whether something has the name. */
  isThere: boolean;
  message: string;
}

/**
 * Says why a path cannot have a new file, as far as the system tells before a
 * write; `undefined` if it does not. The output folder need not be there: the
 * run makes it.
 */
export function freeFault(
  files: FileReader,
  { outdir }: BatchSpec,
  path: string,
): PathFault | undefined {
  const refuse = (message: string, isThere = false) => ({ isThere, message });
  const folder = dirname(path);
  try {
    if (files.linkStatOf(path) !== undefined) return refuse("exists already", true);
    const kind = files.statOf(folder)?.kind;
    if (kind === undefined) {
      const isMade = isSamePath(folder, outdir, ".") || isBelow(outdir, folder, ".");
      return isMade
        ? undefined
        : refuse(`cannot be written: its folder "${folder}" does not exist`);
    }
    if (kind !== "folder") return refuse(`cannot be written: "${folder}" is no folder`);
    const fault = files.writeFault(folder);
    return fault === undefined ? undefined : refuse(`cannot be written: ${fault}`);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    return refuse(`cannot be looked at: ${error.reason}`);
  }
}

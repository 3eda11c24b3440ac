/**
 * Names of what a run keeps in the output folder while it is under way. Each
 * begins with a dot and a hash of the prefix, since prefixes may begin alike. On
 * many systems those that differ in case alone have one manifest, so they have
 * one lock too.
 *
 * @module
 */

import { hash } from "node:crypto";
import { join } from "@std/path";
import { type FileReader, NoSuchFileError } from "../ports/file_system.ts";
import { foldedName } from "./names.ts";
import type { Shard } from "./shard.ts";

/** File in a staging folder whose lock its process holds. */
export const STAGING_LOCK = "lock";
/** File in a staging folder that says which batch is under way. */
export const STAGING_BATCH = "batch";
/** File in a staging folder that lists temporary files elsewhere, a path a line. */
export const STAGING_ELSEWHERE = "elsewhere";

/** What a run is about, for its names. */
export interface RunPlace {
  outdir: string;
  prefix: string;
}

/** Path of the lock that is held for moments: to begin, to end, to add to the manifest. */
export function gatePath({ outdir, prefix }: RunPlace): string {
  return join(outdir, `${nameStart(prefix)}.lock`);
}

/**
 * Name of a process's staging folder.
 *
 * @param mark Random hex digits.
 */
export function stagingName(prefix: string, shard: Shard, mark: string): string {
  return `${nameStart(prefix)}-${shard.index}-of-${shard.count}-${mark}`;
}

/** A staging folder, as its name tells. */
export interface StagingFolder {
  path: string;
  shard: Shard;
  mark: string;
}

/** The staging folders of a prefix that are in an output folder, dead or alive. */
export function stagingFolders(files: FileReader, { outdir, prefix }: RunPlace): StagingFolder[] {
  const start = `${nameStart(prefix)}-`;
  return (files.namesIn(outdir) ?? []).filter((name) => name.startsWith(start)).flatMap((name) => {
    const [, index, count, mark] = /^(\d+)-of-(\d+)-([0-9a-f]+)$/.exec(name.slice(start.length)) ??
      [];
    if (mark === undefined) return [];
    const path = join(outdir, name);
    if (files.linkStatOf(path)?.kind !== "folder") return []; // none of ours
    return [{ path, shard: { index: Number(index), count: Number(count) }, mark }];
  });
}

/** The id of the batch that a staging folder was made for, or `undefined`. */
export function batchOfStaging(files: FileReader, folder: StagingFolder): string | undefined {
  const path = join(folder.path, STAGING_BATCH);
  const info = files.linkStatOf(path);
  if (info?.kind !== "file" || info.sizeBytes > MAX_BATCH_BYTES) return undefined;
  try {
    const text = new TextDecoder().decode(files.readFile(path));
    // Without its end it was torn: half an id would look like another batch.
    return text.endsWith("\n") ? text.trim() || undefined : undefined;
  } catch (error) {
    if (error instanceof NoSuchFileError) return undefined; // cleared by another shard meanwhile
    throw error;
  }
}

const MAX_BATCH_BYTES = 4096;

/** What all names begin with, of any prefix. */
const RUN_NAME_START = ".mfg_gen-";

/** Whether a name is one that runs take for themselves in their output folder. */
export function isRunName(name: string): boolean {
  return name.startsWith(RUN_NAME_START);
}

function nameStart(prefix: string): string {
  return `${RUN_NAME_START}${hash("sha256", foldedName(prefix), "hex").slice(0, 16)}`;
}

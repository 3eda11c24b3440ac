/**
 * What an interrupted run left: which devices are done, and which files are in
 * the way. `--resume` trusts only what it can check.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname, isAbsolute, join } from "@std/path";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import { Problems } from "../input/problems.ts";
import { isLeftover, isLeftoverLock, unfinishedBatch } from "./batch_lock.ts";
import type { BatchSpec } from "./batch_check.ts";
import { fingerprintDifference } from "./fingerprint.ts";
import { HashTable } from "./hash_table.ts";
import {
  MANIFEST_HEADER,
  type ManifestLine,
  manifestLines,
  manifestPath,
  type ManifestRow,
} from "./manifest.ts";
import { CSV_FOLDER, IMAGE_FOLDER, KEYS_FOLDER } from "./names.ts";

/** Looks, along the first pass, whether existing files belong to the batch that is resumed. */
export class ResumeCheck {
  readonly #files: FileSystem;
  readonly #spec: BatchSpec;
  /** Ids of all batches in the manifest. */
  readonly #batches: string[] = [];
  /** By image: number of its batch in {@linkcode ResumeCheck.#batches}, from 1. */
  readonly #batchOfImage = new HashTable();
  readonly #unfinished: string | undefined;
  /** Existing files by the number of the batch that recorded them; 0 for none. */
  readonly #existing = new Map<number, Problems>();

  constructor(files: FileSystem, spec: BatchSpec) {
    this.#files = files;
    this.#spec = spec;
    this.#unfinished = unfinishedBatch(files, spec);
    for (const { row } of readManifest(files, spec)) {
      if (row === undefined) continue;
      let number = this.#batches.indexOf(row.batch) + 1;
      if (number === 0) number = this.#batches.push(row.batch);
      this.#batchOfImage.set(row.image, number);
    }
  }

  /** Takes note of a file that exists under a name that the batch wants. */
  addExisting(path: string, image: string): void {
    const number = this.#batchOfImage.get(image) ?? 0;
    let problems = this.#existing.get(number);
    if (problems === undefined) this.#existing.set(number, problems = new Problems());
    problems.add({ file: path }, "exists already, and does not belong to the batch to resume");
  }

  /**
   * Decides whether there is something to resume. Files of other batches, and
   * changed inputs, go to `problems`.
   */
  finish(batchId: string, problems: Problems): { hasWork: boolean } {
    const own = this.#batches.indexOf(batchId) + 1;
    const hasWork = own > 0 || this.#unfinished === batchId;
    if (!hasWork) {
      const other = this.#unfinished ??
        (this.#existing.size > 0 ? this.#batches.at(-1) : undefined);
      if (other !== undefined) {
        const changed = fingerprintDifference(other, batchId).join(" and ");
        problems.add(
          { file: manifestPath(this.#spec.outdir, this.#spec.prefix) },
          `the run to resume had other inputs or options: ${changed} changed; ` +
            "give the same again, or start anew in another --outdir",
        );
        return { hasWork }; // every file of that run would only say the same again
      }
    }
    for (const [number, existing] of this.#existing) {
      const isLeftOver = hasWork && (number === 0 || number === own);
      if (!isLeftOver) problems.addAll(existing);
    }
    return { hasWork };
  }
}

function* readManifest(
  files: FileSystem,
  spec: { outdir: string; prefix: string },
): Generator<ManifestLine> {
  const path = manifestPath(spec.outdir, spec.prefix);
  if (files.exists(path)) yield* manifestLines(files.readChunks(path));
}

/** What {@linkcode findDone} found. */
export interface Done {
  /** Has the image path of each device that is done. */
  images: HashTable;
  /** Whether the manifest has lines that are damaged, or of devices that are not done any more. */
  hasStaleLines: boolean;
}

/**
 * Finds the devices that are done: recorded for this batch, with files that
 * hash to what the record says.
 *
 * @param onRow Called for each row looked at; a promise is awaited.
 * @param isStopped Ends the search early: what it found is worth nothing then.
 */
export async function findDone(
  files: FileSystem,
  spec: BatchSpec,
  batchId: string,
  onRow: (count: number) => Promise<void> | undefined,
  isStopped: () => boolean,
): Promise<Done> {
  const images = new HashTable();
  let hasStaleLines = false;
  let count = 0;
  for (const { row } of readManifest(files, spec)) {
    if (row === undefined) hasStaleLines = true;
    else if (row.batch === batchId) {
      if (isWhole(files, spec.outdir, row)) {
        if (images.get(row.image) !== undefined) hasStaleLines = true;
        images.set(row.image, 1);
      } else hasStaleLines = true;
      await onRow(++count);
      if (isStopped()) break;
    }
  }
  return { images, hasStaleLines };
}

function isWhole(files: FileSystem, outdir: string, row: ManifestRow): boolean {
  return isSame(files, outdir, row.image, row.imageSha256, row.imageBytes) &&
    (row.keys === "" || isSame(files, outdir, row.keys, row.keysSha256)) &&
    (row.hmacKey === "" || isSame(files, outdir, row.hmacKey, row.hmacKeySha256));
}

/** Whether a file still has the hash that was recorded. */
export function isSame(
  files: FileSystem,
  outdir: string,
  path: string,
  sha256: string,
  sizeBytes?: number,
): boolean {
  const fullPath = isAbsolute(path) ? path : join(outdir, path);
  try {
    const stat = files.statOf(fullPath);
    if (stat?.kind !== "file" || stat.sizeBytes !== (sizeBytes ?? stat.sizeBytes)) return false;
    const hash = createHash("sha256");
    for (const chunk of files.readChunks(fullPath)) hash.update(chunk);
    return hash.digest("hex") === sha256;
  } catch (error) {
    if (error instanceof IoError) return false; // unreadable: to be done again, or to fail there
    throw error;
  }
}

/**
 * Rewrites the manifest without damaged lines and without rows of this batch
 * whose device is not done; for a process that has it alone.
 */
export function repairManifest(
  files: FileSystem,
  spec: BatchSpec,
  batchId: string,
): void {
  files.replace(manifestPath(spec.outdir, spec.prefix), wholeLines(files, spec, batchId));
}

const utf8 = new TextEncoder();

function* wholeLines(
  files: FileSystem,
  spec: BatchSpec,
  batchId: string,
): Generator<Uint8Array> {
  yield utf8.encode(MANIFEST_HEADER);
  const kept = new HashTable();
  for (const { text, row } of readManifest(files, spec)) {
    if (row === undefined) continue;
    if (row.batch === batchId) {
      if (kept.get(row.image) !== undefined || !isWhole(files, spec.outdir, row)) continue;
      kept.set(row.image, 1);
    }
    yield utf8.encode(`${text}\n`);
  }
}

/**
 * Removes what dead processes of the batch left: temporary files, and locks of
 * shards.
 *
 * @param createdCsv Path of `<values>_created.csv`, if the batch has one.
 */
export function removeLeftovers(
  files: FileSystem,
  spec: BatchSpec,
  createdCsv: string | undefined,
): void {
  const { outdir, prefix, shard } = spec;
  const folders = [IMAGE_FOLDER, CSV_FOLDER, KEYS_FOLDER].map((folder) => join(outdir, folder));
  if (createdCsv !== undefined) folders.push(dirname(createdCsv));
  for (const folder of new Set([outdir, ...folders])) {
    for (const name of files.namesIn(folder) ?? []) {
      const tag = files.temporaryTagOf(name);
      const isDead = tag === undefined
        ? folder === outdir && isLeftoverLock(name, prefix, shard)
        : isLeftover(tag, prefix, shard);
      if (isDead) files.remove(join(folder, name));
    }
  }
}

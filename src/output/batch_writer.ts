/**
 * The second pass: folders, lock, what is left of an earlier run, then the
 * lanes that write the devices.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "@std/path";
import { FileExistsError, type FileSystem, IoError } from "../ports/file_system.ts";
import { Problems } from "../input/problems.ts";
import { type BatchPlan, type BatchSpec, manifestSize } from "../plan/batch_check.ts";
import { lockBatch, temporaryTag } from "../plan/batch_lock.ts";
import { createdCsvChunks, createdCsvPath, hasCreatedCsv } from "../plan/created_csv.ts";
import { HashTable } from "../plan/hash_table.ts";
import { MANIFEST_HEADER, manifestPath } from "../plan/manifest.ts";
import { CSV_FOLDER, deviceFiles, IMAGE_FOLDER, KEYS_FOLDER } from "../plan/names.ts";
import { type Done, findDone, removeLeftovers, repairManifest } from "../plan/resume.ts";
import { laneOf, shardSize } from "../plan/shard.ts";
import type { LaneJob } from "./lane.ts";

/** What the writer needs from outside, and whom it tells. */
export interface WriteOptions {
  /** Runs all lanes to their ends. */
  runLanes(jobs: readonly LaneJob[]): Promise<void>;
  /** Waits that many milliseconds. */
  wait(milliseconds: number): Promise<void>;
  /** Told of each recorded device whose files are looked at. */
  onRecorded(count: number): Promise<void> | undefined;
  /** Told of each row copied to `<values>_created.csv`. */
  onRow(): void;
  /** Told when the devices themselves are begun. */
  onBegin(shardDevices: number): void;
  /** Whether the user wants to stop. */
  isStopped(): boolean;
}

/**
 * Writes the devices of a plan's shard.
 *
 * @throws {IoError} If a file cannot be written; finished devices are whole.
 * @throws {InputChangedError} If an input is no longer what was checked.
 */
export async function writeBatch(
  files: FileSystem,
  plan: BatchPlan,
  laneCount: number,
  options: WriteOptions,
): Promise<void> {
  const { spec, batchId, hasWorkToResume } = plan;
  makeFolders(files, spec);
  files.setTemporaryTag(temporaryTag(spec.prefix, spec.shard));
  const lock = await lockBatch(files, { ...spec, batchId }, options.wait);
  // Until a device is begun, a lock that is given up is no trace of an unfinished batch.
  let isFinished = !hasWorkToResume;
  try {
    if (lock.isExclusive && !hasWorkToResume && manifestSize(files, spec) !== plan.manifestBytes) {
      const path = manifestPath(spec.outdir, spec.prefix);
      throw new IoError("write", path, "another run wrote to it while this one checked its input");
    }
    let done: Done = { images: new HashTable(), hasStaleLines: false };
    if (hasWorkToResume) {
      done = await findDone(files, spec, batchId, options.onRecorded, options.isStopped);
      if (options.isStopped()) return;
      if (done.hasStaleLines && lock.isExclusive) repairManifest(files, spec, batchId);
      const hasCreated = spec.writeCsv && plan.source.schema.keys.some((row) => row.repeated);
      removeLeftovers(files, spec, hasCreated ? createdCsvPath(spec.values) : undefined);
    }
    isFinished = false;
    startManifest(files, spec);
    writeCreatedCsv(files, plan, options.onRow);

    options.onBegin(shardSize(spec.shard, plan.deviceCount));
    await options.runLanes(laneJobs(plan, done.images, laneCount));
    isFinished = !options.isStopped();
  } finally {
    lock.release(isFinished);
  }
}

function makeFolders(files: FileSystem, spec: BatchSpec): void {
  const { csv, keys, hmacKey } = deviceFiles("any", spec.writeCsv, spec.keySource);
  files.makeFolder(join(spec.outdir, IMAGE_FOLDER));
  if (csv !== undefined) files.makeFolder(join(spec.outdir, CSV_FOLDER));
  if (keys !== undefined) files.makeFolder(join(spec.outdir, KEYS_FOLDER));
  if (hmacKey !== undefined) {
    files.makeFolder(dirname(isAbsolute(hmacKey) ? hmacKey : join(spec.outdir, hmacKey)));
  }
}

/** Makes the manifest unless it is there, and ends a line that was torn. */
function startManifest(files: FileSystem, spec: BatchSpec): void {
  const path = manifestPath(spec.outdir, spec.prefix);
  try {
    files.putNew(path, new TextEncoder().encode(MANIFEST_HEADER));
  } catch (error) {
    if (!(error instanceof FileExistsError)) throw error;
    const lastByte = lastByteOf(files, path);
    if (lastByte === 0x0A) return;
    const file = files.openAppend(path);
    file.append(lastByte === undefined ? MANIFEST_HEADER : "\n");
    file.close();
  }
}

function lastByteOf(files: FileSystem, path: string): number | undefined {
  let lastByte: number | undefined;
  for (const chunk of files.readChunks(path)) lastByte = chunk.at(-1) ?? lastByte;
  return lastByte;
}

function writeCreatedCsv(files: FileSystem, plan: BatchPlan, onRow: () => void): void {
  if (plan.createdCsv === undefined) return;
  // The plan's problems stay as they are: a change of the input shows in its digests.
  const source = { ...plan.source, problems: new Problems() };
  try {
    files.putNewChunks(plan.createdCsv, createdCsvChunks(source, onRow));
  } catch (error) {
    // Another shard may have been faster.
    if (!(error instanceof FileExistsError)) throw error;
    if (!hasCreatedCsv(files, plan.createdCsv, source)) throw error;
  }
}

function laneJobs(plan: BatchPlan, done: HashTable, laneCount: number): LaneJob[] {
  const { spec, batchId, source } = plan;
  return Array.from({ length: laneCount }, (_, laneIndex) => ({
    spec,
    batchId,
    lane: laneOf(spec.shard, laneIndex, laneCount),
    schema: source.schema,
    valuesDigests: source.values.chunkDigests!,
    cellFileDigests: source.cellFiles.digests.snapshot(),
    done: done.snapshot(),
    replacesLeftovers: plan.hasWorkToResume,
  }));
}

/**
 * The second pass: folders, claim, what is left of an earlier run, then the
 * lanes that write the devices.
 *
 * @module
 */

import { isAbsolute, join } from "@std/path";
import type { RandomBytes } from "../crypto/key_partition.ts";
import { FileExistsError, type FileSystem, IoError } from "../ports/file_system.ts";
import type { Thread } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";
import { Disk, syncNotes } from "../files/disk.ts";
import { putNewFile } from "../files/new_file.ts";
import type { Problems } from "../problems/problems.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import { runLanes } from "../lanes/run_lanes.ts";
import { type BatchPlan, manifestSize } from "../plan/batch_check.ts";
import {
  CREATED_CSV_HINT,
  createdCsvChunks,
  hasCreatedCsv,
  wantedCreatedCsv,
} from "../plan/created_csv.ts";
import { manifestPath } from "../plan/manifest.ts";
import { outputFolders, pathBelow } from "../plan/names.ts";
import { type Actions, judge } from "../plan/resume.ts";
import { type Claim, claimBatch } from "./claim.ts";
import type { Wait } from "./gate.ts";
import { ManifestWriter } from "./manifest_writer.ts";
import { noteElsewhere } from "./staging.ts";
import { openWriteLane, type WriteJob, type WrittenPart } from "./write_lane.ts";

/** Files that all lanes together have open at once. */
const MAX_OPEN_FILES = 128;
const MARK_BYTES = 8;

/** What the writer needs of the machine, besides its files. */
export interface WriterHost {
  randomBytes: RandomBytes;
  wait: Wait;
  startThread(): Thread;
}

/** What was done; right also when it ended early. */
export interface WriteCount {
  /** Devices written and recorded. */
  written: number;
  /** Devices found done. */
  found: number;
  imageBytes: number;
}

/** How it ended. */
export type WriteEnd =
  /** All devices that are chosen are done, or the user wanted to stop. */
  | { kind: "ended"; notes: string[] }
  /** The batch cannot be resumed; nothing was written, and the problems say why. */
  | { kind: "rejected" };

/**
 * Writes the chosen devices of a plan.
 *
 * @param count Counted up while devices are recorded.
 * @throws {IoError} If a file cannot be read or written; recorded devices are whole.
 */
export async function writeBatch(
  files: FileSystem,
  plan: BatchPlan,
  laneCount: number,
  host: WriterHost,
  pace: Pace,
  problems: Problems,
  count: WriteCount,
): Promise<WriteEnd> {
  const run = new BatchRun(files, plan, laneCount, host, pace, count);
  return await run.run(problems);
}

class BatchRun {
  readonly #files: FileSystem;
  readonly #disk: Disk;
  readonly #plan: BatchPlan;
  readonly #laneCount: number;
  readonly #host: WriterHost;
  readonly #pace: Pace;
  readonly #count: WriteCount;
  readonly #notes: string[] = [];
  readonly #unsynced = new Set<string>();
  readonly #folders: readonly string[];

  constructor(
    files: FileSystem,
    plan: BatchPlan,
    laneCount: number,
    host: WriterHost,
    pace: Pace,
    count: WriteCount,
  ) {
    this.#files = files;
    this.#disk = new Disk(files);
    this.#plan = plan;
    this.#laneCount = laneCount;
    this.#host = host;
    this.#pace = pace;
    this.#count = count;
    const { writeCsv, keySource } = plan.spec;
    this.#folders = outputFolders(writeCsv, keySchemeOf(keySource));
  }

  async run(problems: Problems): Promise<WriteEnd> {
    const { outdir } = this.#plan.spec;
    const ownFolders = this.#folders
      .filter((path) => !isAbsolute(path))
      .map((path) => join(outdir, path));
    const mark = this.#host.randomBytes(MARK_BYTES).toHex();
    const { wait } = this.#host;
    const claim = await claimBatch(this.#files, this.#disk, this.#plan, ownFolders, mark, wait);
    let end: WriteEnd;
    try {
      end = await this.#runClaimed(claim, problems);
    } catch (error) {
      await releaseAfter(claim, error);
      throw error;
    }
    await claim.release();
    return end;
  }

  async #runClaimed(claim: Claim, problems: Problems): Promise<WriteEnd> {
    const { spec } = this.#plan;
    let actions: Actions | undefined;
    if (spec.resume) {
      const judgement = await judge(
        this.#files,
        this.#plan,
        problems,
        this.#pace,
        claim.staging.path,
      );
      if (problems.total > 0) return { kind: "rejected" };
      if (judgement === undefined) return this.#end(claim); // the user wants to stop
      actions = judgement.actions;
      this.#notes.push(...judgement.notes);
    } else this.#assertNobodyWasFaster();
    await claim.clearDead();
    for (const folder of this.#folders) {
      const path = pathBelow(spec.outdir, folder);
      await (isAbsolute(folder) ? this.#disk.make(path) : this.#disk.makeOwn(path));
      // What a killed run put in place is used as it is; its name may not be on the disk yet.
      if (spec.resume) await this.#disk.syncFolder(path);
    }
    const manifest = await ManifestWriter.open(
      this.#files,
      this.#disk,
      manifestPath(spec.outdir, spec.prefix),
      claim.gate,
      spec.outdir,
    );
    try {
      const elsewhere = this.#filesElsewhere();
      if (elsewhere.length > 0) {
        await noteElsewhere(this.#files, this.#disk, claim.staging, elsewhere);
      }
      await this.#writeCreatedCsv(claim);
      if (!this.#pace.isStopped) await this.#runLanes(claim, manifest, actions);
    } finally {
      manifest.close();
    }
    return this.#end(claim);
  }

  /** Another whole run may have written the names that were free when they were checked. */
  #assertNobodyWasFaster(): void {
    const { spec, manifestBytes } = this.#plan;
    if (spec.shard.count > 1 || manifestSize(this.#files, spec) === manifestBytes) return;
    const path = manifestPath(spec.outdir, spec.prefix);
    throw new IoError("write", path, "another run wrote to it while this one checked its input");
  }

  /** Files of the batch that cannot be staged in its folder. */
  #filesElsewhere(): string[] {
    const { createdCsv, spec } = this.#plan;
    const keyFiles = Object.values(keySchemeOf(spec.keySource).filesOf(""));
    return [...(createdCsv === undefined ? [] : [createdCsv]), ...keyFiles.filter(isAbsolute)];
  }

  async #writeCreatedCsv(claim: Claim): Promise<void> {
    const { createdCsv: path, spec, schema, values } = this.#plan;
    if (path === undefined) {
      // A run that failed, or was killed, may have given it its name and not come to the disk.
      const earlier = spec.resume ? wantedCreatedCsv(spec, schema) : undefined;
      if (earlier !== undefined) await this.#disk.syncThere(earlier);
      return;
    }
    const there = spec.resume ? this.#files.linkStatOf(path) : undefined;
    // Where there are no hard links, an empty file is what a killed run left.
    if (there?.kind === "file" && there.sizeBytes === 0) this.#files.remove(path);
    this.#pace.begin("filling in repeated values");
    const content = this.#paced(createdCsvChunks(this.#files, values));
    try {
      await putNewFile(this.#files, { path, content }, claim.staging.mark, this.#disk);
    } catch (error) {
      if (error instanceof Stopped) return;
      // Another shard may have been faster.
      const isThere = error instanceof FileExistsError && error.path === path;
      if (isThere && hasCreatedCsv(this.#files, path, values)) return;
      throw error instanceof IoError && error.path !== values.path
        ? new IoError(error.action, error.path, `${error.reason}; ${CREATED_CSV_HINT}`)
        : error;
    }
  }

  async *#paced(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) {
      yield chunk;
      await this.#pace.step(0);
      if (this.#pace.isStopped) throw new Stopped();
    }
  }

  async #runLanes(claim: Claim, manifest: ManifestWriter, actions?: Actions): Promise<void> {
    const { chosenCount, values } = this.#plan;
    this.#pace.begin("writing", chosenCount);
    const jobOf = (laneIndex: number): WriteJob => ({
      batch: checkedBatch(this.#plan),
      laneIndex,
      maxOpenFiles: Math.max(1, Math.floor(MAX_OPEN_FILES / this.#laneCount)),
      staging: { path: claim.staging.path, mark: claim.staging.mark },
      ...(actions === undefined ? {} : { actions }),
    });
    await runLanes<WrittenPart>({
      partCount: values.parts.length,
      task: "write",
      jobOf,
      own: openWriteLane(this.#files, jobOf(0), this.#host.randomBytes),
      threads: Array.from({ length: this.#laneCount - 1 }, () => () => this.#host.startThread()),
      onResult: async ({ rows, written, found, imageBytes, unsynced }) => {
        if (rows !== "") await manifest.append(rows);
        this.#count.written += written;
        this.#count.found += found;
        this.#count.imageBytes += imageBytes;
        for (const path of unsynced) this.#unsynced.add(path);
      },
    }, this.#pace);
  }

  #end(claim: Claim): WriteEnd {
    for (const path of this.#disk.unsynced) this.#unsynced.add(path);
    this.#notes.push(...syncNotes(this.#files, [...this.#unsynced]));
    for (const { path } of claim.unknown) {
      this.#notes.push(
        `"${path}" may be what a killed run left; remove it when no run is under way`,
      );
    }
    return { kind: "ended", notes: this.#notes };
  }
}

/** Thrown when the user wants to stop in the middle of a file. */
class Stopped extends Error {
  override name = "Stopped";
}

/** Gives a claim up after an error, which says more than any that follows but for a left-over. */
async function releaseAfter(claim: Claim, cause: unknown): Promise<void> {
  try {
    await claim.release();
  } catch (error) {
    if (!(error instanceof IoError) || error.action !== "remove") return;
    const first = cause instanceof Error ? cause.message : String(cause);
    throw new IoError(
      "remove",
      error.path,
      `${error.reason}; it may hold keys, so remove it by hand (before that: ${first})`,
    );
  }
}

/** What of a plan a lane needs: plain data. */
function checkedBatch(plan: BatchPlan) {
  const { spec, schema, values, cellFiles, batchId, deviceCount } = plan;
  return { spec, schema, values, cellFiles, batchId, deviceCount };
}

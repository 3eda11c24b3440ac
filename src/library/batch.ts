/**
 * Batches for other programs: check one, write it, go on with it. What
 * `mfg_gen generate` does, with its promises: the whole batch is checked before
 * the first file is written, nothing is overwritten, keys survive, and a row of
 * the manifest means that its files are on the disk.
 *
 * Files are reached through a {@linkcode FileSystem} alone: {@linkcode denoFiles}
 * is this machine's, which takes `--allow-read --allow-write`; another one may
 * keep everything in memory.
 *
 * ```ts
 * import { checkBatch, denoFiles, writeBatch } from "@mfg-gen/mfg-gen/batch";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.writeTextFileSync(`${folder}/conf.csv`, "device,namespace,\nserial,data,string\n");
 * Deno.writeTextFileSync(`${folder}/values.csv`, "serial\nSN-0001\nSN-0002\n");
 *
 * const files = denoFiles();
 * const checked = await checkBatch(files, {
 *   configuration: `${folder}/conf.csv`,
 *   values: `${folder}/values.csv`,
 *   prefix: "Dev",
 *   sizeBytes: 0x3000,
 *   outdir: `${folder}/out`,
 *   fileIdColumn: "serial",
 *   keys: { kind: "fresh" },
 * });
 * if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join("\n"));
 * const { written } = await writeBatch(files, checked.batch);
 *
 * assertEquals([checked.batch.deviceCount, written], [2, 2]);
 * assertEquals(Deno.statSync(`${folder}/out/bin/Dev-SN-0001.bin`).size, 0x3000);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 *
 * @module
 */

import { hash } from "node:crypto";
import { deriveXtsKeys } from "../crypto/hmac_scheme.ts";
import { decodeKeyPartition } from "../crypto/key_partition.ts";
import { DenoFiles } from "../host/deno_files.ts";
import { type Problem, Problems } from "../problems/problems.ts";
import { type Warning, Warnings } from "../problems/warnings.ts";
import type { KeySource } from "../keys/key_source.ts";
import type { FormatVersion } from "../nvs/constants.ts";
import { assertFormatVersion } from "../nvs/partition.ts";
import { geometryOf } from "../nvs/placement.ts";
import { writeBatch as writePlan } from "../output/batch_writer.ts";
import { type BatchPlan, checkBatch as checkPlan } from "../plan/batch_check.ts";
import { createdCsvPath } from "../plan/created_csv.ts";
import { MAX_PREFIX_DIGITS, namePartFault, type PrefixNumber } from "../plan/names.ts";
import { type Shard, WHOLE } from "../plan/shard.ts";
import type { FileReader, FileSystem } from "../ports/file_system.ts";
import type { Thread } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";

export type { Code, ProblemCode, WarningCode } from "../problems/code.ts";
export { EXPLANATIONS } from "../problems/explanations.ts";
export type { Explanation } from "../problems/explanation.ts";
export type { Place, Problem } from "../problems/problems.ts";
export type { Warning } from "../problems/warnings.ts";
export type { FormatVersion } from "../nvs/constants.ts";
export type { PrefixNumber } from "../plan/names.ts";
export type { Shard } from "../plan/shard.ts";
export {
  FileExistsError,
  type FileLock,
  type FileReader,
  type FileSystem,
  IoError,
  NoSuchFileError,
  type PathInfo,
  type PathKind,
  TooManyOpenFilesError,
  UnsupportedError,
  type WritableFile,
} from "../ports/file_system.ts";

/** Where the keys of a batch come from; without any, images are in clear. */
export type BatchKeys =
  /** A fresh key partition for each device, below `keys/`. */
  | { kind: "fresh" }
  /** A fresh HMAC key for each device, and the key partition that it gives. */
  | { kind: "fresh-hmac" }
  /** One key partition of 4096 bytes for all devices; no key file is written. */
  | { kind: "given"; keyPartition: Uint8Array }
  /** One HMAC key of 32 bytes for all devices; the key partitions that it gives are written. */
  | { kind: "given-hmac"; hmacKey: Uint8Array };

/** A batch as it is asked for. Paths are those of the file system that is given along. */
export interface BatchOptions {
  /** Path of the configuration CSV. */
  configuration: string;
  /** Path of the values CSV. */
  values: string;
  /** What each file name begins with. */
  prefix: string;
  /** Bytes of the partition, a multiple of 4096. */
  sizeBytes: number;
  /** Folder of `bin/`, `csv/`, `keys/` and the manifest. */
  outdir: string;
  /** Column whose value ends each name; the device's number does by default. */
  fileIdColumn?: string;
  /** Puts a counter into each name. */
  prefixNumber?: PrefixNumber;
  /** Blob format; 2 by default. */
  formatVersion?: FormatVersion;
  /** Where the keys come from; without any, images are in clear. */
  keys?: BatchKeys;
  /** Whether intermediate CSVs are written, which hold the secrets in clear; not by default. */
  writesCsv?: boolean;
  /** Names of columns in which no value may occur twice. */
  uniqueColumns?: readonly string[];
  /** The part of the batch to write; all of it is checked. */
  shard?: Shard;
  /**
   * Just these devices of the part, by file id or, as `#N`, by number; all of
   * the batch is checked.
   */
  only?: readonly string[];
  /** Goes on with what an interrupted run left. */
  resumes?: boolean;
}

/** A batch that passed the check. */
export interface CheckedBatch {
  /** Devices in the values file. */
  readonly deviceCount: number;
  /** Bytes of all images to be written together. */
  readonly imageBytes: number;
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[];
  /** What may be wrong with the values, though they can be written as they are. */
  readonly warnings: readonly Warning[];
}

/** What the check of a batch comes to. */
export type BatchCheck =
  | { ok: true; batch: CheckedBatch }
  /** Nothing was written. Of `problemCount` problems, `problems` has the first thousand of each code. */
  | { ok: false; problems: readonly Problem[]; problemCount: number };

/** What was written. */
export interface BatchResult {
  /** Devices written and recorded. */
  written: number;
  /** Devices that an earlier run had finished. */
  found: number;
  /** Bytes of the images written. */
  imageBytes: number;
  /** What the user should know, a sentence each. */
  notes: readonly string[];
}

/** Thrown when a batch cannot be gone on with; nothing was written. */
export class BatchRejectedError extends Error {
  /** "BatchRejectedError" */
  override name = "BatchRejectedError";
  /** Why: the first thousand of each code. */
  readonly problems: readonly Problem[];
  /** How many there are. */
  readonly problemCount: number;

  /** Takes the problems over. */
  constructor(problems: readonly Problem[], problemCount: number) {
    super(`Cannot resume the batch: ${problems[0]?.message ?? "unknown"}`);
    this.problems = problems;
    this.problemCount = problemCount;
  }
}

/** The files of this machine. */
export function denoFiles(): FileSystem {
  return new DenoFiles();
}

/** What of a checked batch only this module knows. */
const plans = new WeakMap<CheckedBatch, BatchPlan>();

/**
 * Checks a whole batch: every cell is converted, every file read, every image
 * laid out, every name formed. Writes nothing. What becomes of the options
 * later does not change the batch.
 *
 * @throws {RangeError} If an option is wrong: size, prefix, number, format version, shard.
 * @throws {TypeError} If keys are of no kind that there is.
 * @throws {KeyPartitionError} If the given key partition is none.
 * @throws {IoError} If a file that exists cannot be read.
 */
export async function checkBatch(files: FileReader, given: BatchOptions): Promise<BatchCheck> {
  const options = structuredClone(given); // what becomes of it later is no part of the batch
  const { configuration, values, prefix, outdir, shard = WHOLE, only } = options;
  assertOptions(files, prefix, shard, options);
  const problems = new Problems();
  const warnings = new Warnings();
  const plan = await checkPlan(
    files,
    {
      configuration,
      values,
      prefix,
      outdir,
      shard,
      ...(only === undefined ? {} : { only: new Set(only) }),
      uniqueColumns: options.uniqueColumns ?? [],
      ...(options.prefixNumber && { prefixNumber: options.prefixNumber }),
      ...(options.fileIdColumn === undefined ? {} : { fileIdColumn: options.fileIdColumn }),
      geometry: geometryOf(options.sizeBytes),
      formatVersion: options.formatVersion ?? 2,
      keySource: await keySourceOf(options.keys),
      writeCsv: options.writesCsv ?? false,
      ...(options.writesCsv ? { createdCsv: createdCsvPath(values) } : {}),
      resume: options.resumes ?? false,
      rekey: false,
    },
    problems,
    warnings,
    UNHURRIED,
    "write",
  );
  if (plan === undefined) {
    return { ok: false, problems: problems.kept, problemCount: problems.total };
  }
  const { deviceCount, imageBytes, notes } = plan;
  const batch = Object.freeze({ deviceCount, imageBytes, notes, warnings: warnings.all });
  plans.set(batch, plan);
  return { ok: true, batch };
}

function assertOptions(
  { isWindows }: FileReader,
  prefix: string,
  { index, count }: Shard,
  { prefixNumber, formatVersion = 2 }: BatchOptions,
): void {
  const fault = namePartFault(prefix, isWindows);
  if (fault !== undefined) throw new RangeError(`Cannot use prefix "${prefix}": it ${fault}`);
  const isShard = Number.isSafeInteger(count) && isFrom(1, index, count);
  if (!isShard) throw new RangeError(`Cannot write shard ${index}/${count}: there is none`);
  assertFormatVersion(formatVersion);
  if (prefixNumber === undefined) return;
  const { start, length } = prefixNumber;
  if (!isFrom(0, start, Number.MAX_SAFE_INTEGER) || !isFrom(0, length, MAX_PREFIX_DIGITS)) {
    throw new RangeError(
      `Cannot use prefix number ${start} of ${length} digits: ` +
        `both are whole numbers from 0 up, the digits to ${MAX_PREFIX_DIGITS}`,
    );
  }
}

function isFrom(least: number, value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

/**
 * Writes a checked batch: images, keys and manifest.
 *
 * @param batch What {@linkcode checkBatch} returned, in this program.
 * @throws {BatchRejectedError} If it cannot be gone on with.
 * @throws {IoError} If a file cannot be read or written, another process works
 * on the batch, or an input changed since the check. What the manifest has is
 * whole; `resumes` goes on.
 */
export async function writeBatch(files: FileSystem, batch: CheckedBatch): Promise<BatchResult> {
  const plan = plans.get(batch);
  if (plan === undefined) throw new TypeError("Cannot write a batch that checkBatch did not make");
  const problems = new Problems();
  const count = { written: 0, found: 0, imageBytes: 0 };
  const machine = { randomBytes, wait, startThread: noThread };
  const end = await writePlan(files, plan, ONE_LANE, machine, UNHURRIED, problems, count);
  if (end.kind === "rejected") throw new BatchRejectedError(problems.kept, problems.total);
  return { ...count, notes: end.notes };
}

/** Threads would need the script of the program, which another program does not have. */
const ONE_LANE = 1;

function noThread(): Thread {
  throw new TypeError("Cannot start a thread: the library works in one");
}

/** Nobody watches, and nobody stops it. */
const UNHURRIED: Pace = { begin: () => {}, step: () => undefined, isStopped: false };

function randomBytes(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes));
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function keySourceOf(keys: BatchKeys | undefined): Promise<KeySource> {
  if (keys === undefined) return { kind: "none" };
  switch (keys.kind) {
    case "fresh":
      return { kind: "fresh" };
    case "fresh-hmac":
      return { kind: "freshHmac" };
    case "given": {
      const { keyPartition } = keys;
      const sha256 = hash("sha256", keyPartition, "hex");
      return { kind: "given", keys: decodeKeyPartition(keyPartition), sha256 };
    }
    case "given-hmac": {
      const { hmacKey } = keys;
      const sha256 = hash("sha256", hmacKey, "hex");
      return { kind: "derived", keys: await deriveXtsKeys(hmacKey), sha256 };
    }
    default:
      // Not the keys themselves: a program without types may give them as they are.
      keys satisfies never;
      throw new TypeError("Cannot take keys: their kind is none that there is");
  }
}

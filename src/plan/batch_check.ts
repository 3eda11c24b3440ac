/**
 * The first pass: every cell converted, every file read, every image laid out,
 * every name formed. Nothing is written.
 *
 * @module
 */

import type { FileSystem } from "../ports/file_system.ts";
import { csvRecords } from "../input/csv_records.ts";
import type { Problems } from "../input/problems.ts";
import { parseSchema, type Schema } from "../input/schema.ts";
import { TextError, textLines } from "../input/text_lines.ts";
import { companionNote } from "../input/wifi_companions.ts";
import { ENTRY_COUNT } from "../nvs/constants.ts";
import { imageSize } from "../nvs/partition.ts";
import type { Geometry } from "../nvs/placement.ts";
import { CellFiles } from "./cell_files.ts";
import { CreatedCsvCheck } from "./created_csv.ts";
import { type DeviceSource, type DeviceSpec, layOut, readRows } from "./devices.ts";
import { FilesDigest, fingerprint } from "./fingerprint.ts";
import type { KeySource } from "./keys.ts";
import { isInputFile } from "./input_file.ts";
import { manifestPath } from "./manifest.ts";
import { NameCheck } from "./name_check.ts";
import { ResumeCheck } from "./resume.ts";
import { isInShard, type Shard } from "./shard.ts";
import { StableFile } from "./values_file.ts";

/** A batch as the user asked for it, options resolved and key files read. */
export interface BatchSpec extends DeviceSpec {
  /** Path of the configuration CSV. */
  configuration: string;
  /** Path of the values CSV. */
  values: string;
  outdir: string;
  keySource: KeySource;
  /** What tells this key source from another in the batch id: no key bytes, at most their hash. */
  keyId: string;
  /** Whether intermediate CSVs, and `<values>_created.csv`, are written. */
  writeCsv: boolean;
  /** The part of the batch that this process writes; it checks all of it. */
  shard: Shard;
  /** Go on with what an interrupted run left. */
  resume: boolean;
}

/** How full an image is. */
export interface Fullness {
  /** Name of the device. */
  name: string;
  usedEntries: number;
  /** Entries that the partition's usable pages have. */
  totalEntries: number;
}

/** A batch that passed the check, ready to be written. */
export interface BatchPlan {
  spec: BatchSpec;
  /** Reads the same devices again. */
  source: DeviceSource;
  batchId: string;
  /** Devices in the values file. */
  deviceCount: number;
  /** Bytes of all images of the shard together. */
  imageBytes: number;
  /** Bytes of the manifest when the check began: more of them mean that another run was faster. */
  manifestBytes: number;
  /** Whether an interrupted run of this batch left something to go on with. */
  hasWorkToResume: boolean;
  fullest: Fullness;
  /** `<values>_created.csv`, when it is to be written and is not there yet. */
  createdCsv?: string;
  /** What the user should know, a sentence each. */
  notes: string[];
}

/** What happens while the first pass runs. */
export interface CheckOptions {
  /** Told of each device checked; resolves when the event loop has had its turn. */
  onDevice?(count: number): Promise<void> | undefined;
  /** Whether the files are there already, to be read: their names need not be free. */
  expectsFiles?: boolean;
  /** Whether the user wants to stop; the plan is `undefined` then. */
  isStopped?(): boolean;
}

/**
 * Checks a whole batch. Every problem goes to `problems`; with any, the plan
 * is `undefined`.
 *
 * @throws {IoError} If a file that exists cannot be read.
 */
export async function checkBatch(
  files: FileSystem,
  spec: BatchSpec,
  problems: Problems,
  options: CheckOptions = {},
): Promise<BatchPlan | undefined> {
  const configuration = new StableFile(files, spec.configuration);
  const values = new StableFile(files, spec.values);
  const schema = readSchema(files, configuration, problems);
  if (!isInputFile(files, spec.values, problems, "a CSV file") || schema === undefined) {
    return undefined;
  }
  if (schema.keys.length === 0) return undefined;

  const filesDigest = new FilesDigest();
  const cellFiles = new CellFiles(files, (path, sha256) => filesDigest.add(path, sha256));
  const source: DeviceSource = { spec, schema, values, cellFiles, problems };
  const manifestBytes = manifestSize(files, spec);
  const resume = spec.resume ? new ResumeCheck(files, spec) : undefined;
  const names = new NameCheck(files, spec, problems, options.expectsFiles ? "expected" : resume);
  const created = new CreatedCsvCheck(spec, schema, options.expectsFiles ?? false);
  const fullest: Fullness = {
    name: "",
    usedEntries: 0,
    totalEntries: spec.geometry.usablePages * ENTRY_COUNT,
  };
  let deviceCount = 0;
  let imageBytes = 0;

  for (const named of readRows(source)) {
    if (deviceCount++ === 0) {
      created.add(named.header.names);
      names.checkHeader(named.header);
    }
    created.add(named.row.cells);
    names.check(named);
    const device = layOut(source, named);
    if (device !== undefined) {
      const { name, layout, row } = device;
      if (isInShard(spec.shard, row.number)) imageBytes += imageSize(layout, spec.geometry);
      if (layout.usedEntries > fullest.usedEntries) {
        fullest.name = name;
        fullest.usedEntries = layout.usedEntries;
      }
    }
    await options.onDevice?.(deviceCount);
    if (options.isStopped?.()) return undefined;
  }
  names.finish(deviceCount);
  const createdCsv = created.finish(files, problems);
  if (values.sha256 === undefined) return undefined; // not read to its end: its header has a problem

  const batchId = fingerprint({
    configuration: configuration.sha256!,
    values: values.sha256,
    cellFiles: filesDigest.digest(),
    size: String(spec.geometry.sizeBytes),
    version: String(spec.formatVersion),
    names: JSON.stringify([spec.prefix, spec.prefixNumber, spec.fileIdColumn]),
    keys: spec.keyId,
    csv: String(spec.writeCsv),
  });
  const hasWorkToResume = resume?.finish(batchId, problems).hasWork ?? false;
  if (problems.total > 0) return undefined;
  return {
    spec,
    source,
    batchId,
    deviceCount,
    imageBytes,
    manifestBytes,
    hasWorkToResume,
    fullest,
    ...(createdCsv === undefined ? {} : { createdCsv }),
    notes: [
      ...(spec.resume && !hasWorkToResume ? ["nothing to resume: the whole batch was done"] : []),
      ...companionNote(schema.keys),
      ...readOnlyNote(spec.geometry),
      ...names.notes,
    ],
  };
}

/** Bytes of the batch's manifest; 0 if there is none. */
export function manifestSize(files: FileSystem, spec: { outdir: string; prefix: string }): number {
  return files.statOf(manifestPath(spec.outdir, spec.prefix))?.sizeBytes ?? 0;
}

function readSchema(
  files: FileSystem,
  configuration: StableFile,
  problems: Problems,
): Schema | undefined {
  const file = configuration.path;
  if (!isInputFile(files, file, problems, "a CSV file")) return undefined;
  try {
    const records = csvRecords(
      textLines(configuration.chunks()),
      { comments: true },
      ({ line, column, message }) => problems.add({ file, line, column }, message),
    );
    return parseSchema(records, file, problems);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    problems.add({ file, line: error.line }, error.message);
    return undefined;
  }
}

/** What to tell a user about a read-only size; nothing for the others. */
export function readOnlyNote({ readOnly, sizeBytes }: Geometry): string[] {
  if (!readOnly) return [];
  return [
    `a partition of 0x${sizeBytes.toString(16)} bytes is read-only: ` +
    'mark it "readonly" in the partition table',
  ];
}

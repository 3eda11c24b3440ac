/**
 * The first pass: every cell converted, every file read, every image laid out,
 * every name formed. Nothing is written.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isAbsolute, join } from "@std/path";
import type { FileReader } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import {
  assertUserFile,
  CONFIGURATION_FILE,
  UserFileError,
  type UserFileRules,
  VALUES_FILE,
} from "../files/user_file.ts";
import { folderObstacle } from "../files/obstacle.ts";
import { csvRecords } from "../input/csv_records.ts";
import { csvFaultsTo, reportTextError } from "../input/faults.ts";
import { Problems } from "../problems/problems.ts";
import { isSchemaStart, parseSchema, type Schema } from "../input/schema.ts";
import { SeparatorFinder } from "../input/separator.ts";
import { encodingNote } from "../input/text_encoding.ts";
import { TextReader } from "../input/text_lines.ts";
import { SpreadsheetDamage } from "../input/spreadsheet_damage.ts";
import type { Warnings } from "../problems/warnings.ts";
import { companionNote } from "../input/wifi_companions.ts";
import type { KeyScheme } from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import { ENTRY_COUNT } from "../nvs/constants.ts";
import { imageSize } from "../nvs/partition.ts";
import type { Geometry } from "../nvs/placement.ts";
import { CellFiles } from "./cell_files.ts";
import type { BatchSpec, CheckedBatch } from "./checked_batch.ts";
import { isChosen, OnlyCheck } from "./choice.ts";
import { CreatedCsvCheck } from "./created_csv.ts";
import { DeviceNames, DeviceSource } from "./devices.ts";
import { FilesDigest, fingerprint } from "./fingerprint.ts";
import { ManifestHeaderError, manifestLines, manifestPath } from "./manifest.ts";
import { sameFileFault, swappedFault } from "./mixed_up_files.ts";
import { NameCheck } from "./name_check.ts";
import { outputFolders } from "./names.ts";
import { UniqueColumns } from "./unique_columns.ts";
import { openValues } from "./values.ts";

/** How full an image is. */
export interface Fullness {
  /** Name of the device. */
  name: string;
  usedEntries: number;
  /** Entries that the partition's usable pages have. */
  totalEntries: number;
}

/** What a batch is made of besides the values, as it was read. */
export interface BatchInputs {
  configuration: { sizeBytes: number; sha256: string };
  /** The files that cells name; the hash is over the path and the hash of each. */
  cellFiles: { count: number; sha256: string };
}

/** A batch that passed the check, ready to be written. */
export interface BatchPlan extends CheckedBatch {
  inputs: BatchInputs;
  /** Devices that are chosen, and the names of the first and the last one. */
  chosenCount: number;
  chosenNames: [first: string, last: string];
  /** Bytes of all their images together. */
  imageBytes: number;
  /** Bytes of the manifest when the check began: more of them mean that another run was faster. */
  manifestBytes: number;
  fullest: Fullness;
  /** `<values>_created.csv`, when it is to be written and is not there yet. */
  createdCsv?: string;
  /** What the user should know, a sentence each. */
  notes: string[];
}

/** Devices that a process stages before it puts them in place. */
const GROUP_DEVICES = 256;
/** Bytes of images after which a group ends early, so that large ones do not pile up. */
const GROUP_IMAGE_BYTES = 16 * 1024 * 1024;
/** Bytes of values after which it does, about. */
const GROUP_VALUES_BYTES = 4 * 1024 * 1024;

/**
 * Checks a whole batch. Every problem goes to `problems`; with any, or when the
 * user wants to stop, the plan is `undefined`. Only a batch that is to be written
 * is looked at for warnings, and for values that occur twice.
 *
 * @param use Whether the batch is to be written or, with its files in place, to be read.
 * @param groupDevices Devices of a part, which are put in place together, at most.
 * @throws {IoError} If a file that exists cannot be read.
 */
export async function checkBatch(
  files: FileReader,
  spec: BatchSpec,
  problems: Problems,
  warnings: Warnings,
  pace: Pace,
  use: "write" | "read",
  groupDevices = GROUP_DEVICES,
): Promise<BatchPlan | undefined> {
  pace.begin("checking");
  const configuration = openConfiguration(files, spec, problems);
  if (configuration === "mixed-up") return undefined;
  const hasValues = isUserFile(files, spec.values, VALUES_FILE, problems);
  if (!hasValues || configuration === undefined || configuration.schema.rows.length === 0) {
    return undefined;
  }
  const { schema } = configuration;
  const values = openValues(files, spec.values, schema, problems, spec.fileIdColumn);
  if (values === undefined) return undefined;

  const filesDigest = new FilesDigest();
  const cellFiles = CellFiles.firstPass(files, (path, sha256) => filesDigest.add(path, sha256));
  const { header } = values;
  const source = new DeviceSource(
    spec,
    schema,
    header,
    spec.values,
    cellFiles,
    problems,
  );
  const manifestBytes = manifestSize(files, spec);
  const keys = keySchemeOf(spec.keySource);
  const deviceNames = new DeviceNames(spec, header);
  if (use === "write") checkFolders(files, spec, keys, problems);
  const names = new NameCheck(files, spec, keys, problems, use === "write" && !spec.resume);
  if (!names.checkHeader(header)) return undefined;
  const damage = use === "read"
    ? undefined
    : new SpreadsheetDamage(header, spec.values, spec.fileIdColumn, warnings);
  const unique = use === "read" ? undefined : new UniqueColumns(spec, header, problems, warnings);
  const created = new CreatedCsvCheck(spec, schema, use === "read");
  created.add(header.names);
  const only = new OnlyCheck(spec.only);
  const group = new GroupSize(groupDevices);
  const fullest: Fullness = {
    name: "",
    usedEntries: 0,
    totalEntries: spec.geometry.usablePages * ENTRY_COUNT,
  };
  let deviceCount = 0;
  let chosenCount = 0;
  const chosenNames: [string, string] = ["", ""];
  let imageBytes = 0;

  for (const row of values.rows) {
    deviceCount++;
    created.add(row.cells);
    damage?.check(row);
    unique?.check(row);
    const device = deviceNames.nameOf(row);
    names.check(row, device);
    only.add(row.number, device.fileId);
    const isOwn = isChosen(spec, row.number, device.fileId);
    if (isOwn) {
      if (chosenCount++ === 0) chosenNames[0] = device.name;
      chosenNames[1] = device.name;
    }
    const content = source.layOut(row, device.name);
    if (content !== undefined) {
      const { layout } = content;
      if (isOwn) {
        const sizeBytes = imageSize(layout, spec.geometry);
        imageBytes += sizeBytes;
        group.add(sizeBytes);
      }
      if (layout.usedEntries > fullest.usedEntries) {
        fullest.name = device.name;
        fullest.usedEntries = layout.usedEntries;
      }
    }
    if (group.isFull(values.partBytes())) {
      values.endPart();
      group.clear();
    }
    const pause = pace.step(deviceCount);
    if (pause !== undefined) await pause;
    if (pace.isStopped) return undefined;
  }
  values.endPart();
  names.finish(deviceCount);
  source.finish();
  cellFiles.finish([spec.values, spec.configuration], problems);
  damage?.finish();
  // A row that could not be read may be the one that is meant.
  if (!values.hasFaultyRows()) only.finish(spec, deviceCount, problems);
  if (use === "write") checkManifest(files, spec, problems);
  const createdCsv = created.finish(files, problems);
  if (problems.total > 0) return undefined;

  const checked = values.checked();
  const { sha256, sizeBytes } = configuration;
  const inputs: BatchInputs = {
    configuration: { sha256, sizeBytes },
    cellFiles: { count: cellFiles.digests.size, sha256: filesDigest.digest() },
  };
  const batchId = fingerprint({
    configuration: sha256,
    values: checked.sha256,
    cellFiles: inputs.cellFiles.sha256,
    size: String(spec.geometry.sizeBytes),
    version: String(spec.formatVersion),
    names: JSON.stringify([spec.prefix, spec.prefixNumber, spec.fileIdColumn]),
    keys: keys.id,
    csv: String(spec.writeCsv),
  });
  return {
    spec,
    schema,
    values: checked,
    cellFiles: cellFiles.digests.snapshot(),
    batchId,
    inputs,
    deviceCount,
    chosenCount,
    chosenNames,
    imageBytes,
    manifestBytes,
    fullest,
    ...(createdCsv === undefined ? {} : { createdCsv }),
    notes: [
      ...configuration.notes,
      ...values.notes(),
      ...companionNote(schema.keys),
      ...(spec.isMarkedReadOnly ? [] : readOnlyNote(spec.geometry)),
      ...names.notes,
      ...created.notes,
    ],
  };
}

/** How much there is in a group so far. */
class GroupSize {
  readonly #maxDevices: number;
  #devices = 0;
  #imageBytes = 0;

  constructor(maxDevices: number) {
    this.#maxDevices = maxDevices;
  }

  add(imageBytes: number): void {
    this.#devices++;
    this.#imageBytes += imageBytes;
  }

  isFull(valuesBytes: number): boolean {
    return this.#devices >= this.#maxDevices || this.#imageBytes >= GROUP_IMAGE_BYTES ||
      valuesBytes >= GROUP_VALUES_BYTES;
  }

  clear(): void {
    this.#devices = 0;
    this.#imageBytes = 0;
  }
}

/** Reports the files that are where folders of the batch have to be. */
function checkFolders(
  files: FileReader,
  { outdir, writeCsv }: BatchSpec,
  keys: KeyScheme,
  problems: Problems,
): void {
  const reported = new Set<string>();
  for (const folder of outputFolders(writeCsv, keys)) {
    const obstacle = isAbsolute(folder)
      ? folderObstacle(files, folder)
      : folderObstacle(files, join(outdir, folder), "choose another --outdir, or move it away");
    if (obstacle === undefined || reported.has(obstacle.path)) continue;
    // Links and pipes may have been planted: the claim ends the run for those.
    if (files.linkStatOf(obstacle.path)?.kind !== "file") continue;
    reported.add(obstacle.path);
    problems.add({ file: obstacle.path }, "output-folder", obstacle.message);
  }
}

/** A file that has the manifest's name and is none would be spoiled by rows. */
function checkManifest(files: FileReader, spec: BatchSpec, problems: Problems): void {
  const path = manifestPath(spec.outdir, spec.prefix);
  if (files.linkStatOf(path)?.kind !== "file") return; // what else it may be, the writer refuses
  try {
    for (const _ of manifestLines(files.readChunks(path))) break; // its file is closed then
  } catch (error) {
    if (!(error instanceof ManifestHeaderError)) throw error;
    problems.add({ file: path }, "not-a-manifest", error.message);
  }
}

/** Bytes of the batch's manifest; 0 if there is none. */
export function manifestSize(files: FileReader, spec: { outdir: string; prefix: string }): number {
  return files.statOf(manifestPath(spec.outdir, spec.prefix))?.sizeBytes ?? 0;
}

/** Reads the configuration, unless the two inputs are mixed up, which is one problem. */
function openConfiguration(
  files: FileReader,
  spec: BatchSpec,
  problems: Problems,
): ReturnType<typeof readConfiguration> | "mixed-up" {
  const found = new Problems();
  const same = sameFileFault(files, spec);
  const configuration = same === undefined
    ? readConfiguration(files, spec.configuration, found)
    : undefined;
  const mixedUp = same ?? (found.total > 0 ? swappedFault(files, spec) : undefined);
  if (mixedUp === undefined) {
    problems.addAll(found);
    return configuration;
  }
  problems.add({ file: spec.configuration }, "swapped-files", mixedUp);
  return "mixed-up";
}

function readConfiguration(
  files: FileReader,
  file: string,
  problems: Problems,
): { schema: Schema; sha256: string; sizeBytes: number; notes: string[] } | undefined {
  if (!isUserFile(files, file, CONFIGURATION_FILE, problems)) return undefined;
  try {
    const bytes = files.readFile(file);
    const separator = new SeparatorFinder(isSchemaStart);
    const text = new TextReader([bytes]);
    const records = csvRecords(
      text,
      { comments: true, separator },
      csvFaultsTo(problems, file),
    );
    const schema = parseSchema(records, file, problems);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const notes = [...encodingNote(file, text.encoding), ...separator.notes(file)];
    return { schema, sha256, sizeBytes: bytes.length, notes };
  } catch (error) {
    reportTextError(error, file, problems);
    return undefined;
  }
}

/** Whether a path is a file that can be read; a problem says why not. */
export function isUserFile(
  files: FileReader,
  path: string,
  rules: UserFileRules,
  problems: Problems,
): boolean {
  try {
    assertUserFile(files, path, rules);
    return true;
  } catch (error) {
    if (!(error instanceof UserFileError)) throw error;
    problems.add({ file: path }, error.code, error.message);
    return false;
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

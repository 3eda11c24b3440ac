/**
 * What `--resume` makes of each device: done, to be written, or to be refused.
 * Keys outlive everything, since a board may carry them already. Only what can
 * be checked is trusted, and nothing is written here.
 *
 * @module
 */

import { hash } from "node:crypto";
import { type FileReader, IoError } from "../ports/file_system.ts";
import type { Pace } from "../ports/pace.ts";
import { KEY_PARTITION_SIZE } from "../crypto/key_partition.ts";
import { isSameBytes } from "../crypto/same_bytes.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { DeviceRow } from "../input/device_rows.ts";
import { Problems } from "../problems/problems.ts";
import {
  type DeviceKeys,
  KEY_FILE_KINDS,
  type KeyFileKind,
  type KeyScheme,
} from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import type { BatchPlan } from "./batch_check.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { InputChangedError } from "./cell_files.ts";
import { isChosen, isWholeBatch } from "./choice.ts";
import { ImageMaker } from "./device_image.ts";
import { DeviceNames, DeviceSource } from "./devices.ts";
import { fingerprintDifference } from "./fingerprint.ts";
import { ManifestHeaderError, manifestPath, type ManifestRow } from "./manifest.ts";
import { type ManifestIndex, type ReadManifest, readManifest } from "./manifest_index.ts";
import { type DeviceFiles, deviceFiles, pathBelow } from "./names.ts";
import { batchOfStaging, stagingFolders } from "./staging_names.ts";
import { rowsOfPart } from "./values.ts";

/** What is to be done about a device. */
export const ACTION = {
  /** Nothing of it is there: everything is written. */
  write: 0,
  /** Recorded and whole. */
  none: 1,
  /** Recorded with whole keys, but its image is damaged or gone: made again, the same bytes. */
  restore: 2,
  /** All there but for its row, and perhaps for keys that derive from others. */
  record: 3,
  /** Its keys are there, its image is not: written with those keys. */
  keepKeys: 4,
  /** Its recorded keys are gone: new keys and a new image, the old ones are kept aside. */
  rekey: 5,
} as const;
export type Action = (typeof ACTION)[keyof typeof ACTION];

/** An {@linkcode Action} for each device, by its number in the values file. */
export type Actions = Uint8Array<SharedArrayBuffer>;

/** What {@linkcode judge} found. */
export interface Judgement {
  actions: Actions;
  /** What the user should know, a sentence each. */
  notes: string[];
}

/** Of devices that are refused for the same reason, only so many are named. */
const MAX_NAMED_DEVICES = 10;

/**
 * Looks at every device that is chosen. What cannot be resumed goes to
 * `problems`; with any, or when the user wants to stop, there is no judgement.
 *
 * @param ownStaging Path of the staging folder of this run, if it has one already.
 * @throws {InputChangedError} If an input is not what was checked.
 */
export async function judge(
  files: FileReader,
  plan: BatchPlan,
  problems: Problems,
  pace: Pace,
  ownStaging?: string,
): Promise<Judgement | undefined> {
  const { spec, batchId } = plan;
  const path = manifestPath(spec.outdir, spec.prefix);
  let manifest: ReadManifest;
  try {
    pace.begin("reading the manifest, lines of");
    manifest = await readManifest(files, path, pace);
  } catch (error) {
    if (!(error instanceof ManifestHeaderError)) throw error;
    problems.add({ file: path }, "not-a-manifest", error.message);
    return undefined;
  }
  const own = new Problems();
  const judge = new DeviceJudge(files, plan, manifest.index, own);
  const names = new DeviceNames(spec, plan.values.header);
  const actions: Actions = new Uint8Array(new SharedArrayBuffer(plan.deviceCount + 1));
  pace.begin("looking at", plan.chosenCount);
  let hasAny = false;
  let count = 0;
  for (const part of plan.values.parts) {
    for (const row of rowsOfPart(files, plan.values, part, own)) {
      const device = names.nameOf(row);
      if (isChosen(spec, row.number, device.fileId)) {
        const action = await judge.judge(row, device.name);
        if (action !== undefined) {
          actions[row.number] = action;
          hasAny ||= action !== ACTION.write;
        }
        count++;
      }
      await pace.step(count);
      if (pace.isStopped) return undefined;
    }
  }
  judge.finish();
  const unfinished = unfinishedBatches(files, spec, ownStaging);
  const isOwn = hasAny || manifest.batches.includes(batchId);
  if (!isOwn) {
    // What a killed run was about, or else the run whose files are in the way.
    const other = (unfinished.includes(batchId) ? undefined : unfinished[0]) ??
      (own.total > 0 ? manifest.batches.at(-1) : undefined);
    if (other !== undefined) {
      const changed = fingerprintDifference(other, batchId).join(" and ");
      problems.add(
        { file: path },
        "other-batch",
        `the run to resume had other inputs or options: ${changed} changed; ` +
          "give the same again, or start anew in another --outdir",
      );
      return undefined; // every file of that run would only say the same again
    }
  }
  problems.addAll(own);
  if (problems.total > 0) return undefined;
  return {
    actions,
    notes: isOwn || unfinished.includes(batchId) ? [] : [
      `nothing to resume: ${
        isWholeBatch(spec) ? "the whole batch" : "all that is chosen"
      } is made from the beginning`,
    ],
  };
}

/** The batches of runs that were killed, or are under way besides this one. */
function unfinishedBatches(files: FileReader, spec: BatchSpec, ownStaging?: string): string[] {
  return stagingFolders(files, spec)
    .filter(({ path }) => path !== ownStaging)
    .flatMap((folder) => batchOfStaging(files, folder) ?? []);
}

/** A file of a device as it was found. */
interface Found {
  bytes?: Uint8Array;
  sha256?: string;
  /** Why a file that is there cannot be read. */
  fault?: string;
  /** What the system said then. The file may be whole. */
  error?: IoError;
}

class DeviceJudge {
  readonly #files: FileReader;
  readonly #plan: BatchPlan;
  readonly #keys: KeyScheme;
  readonly #index: ManifestIndex;
  readonly #problems: Problems;
  readonly #source: DeviceSource;
  readonly #images: ImageMaker;
  /** Bytes that a file of the batch has at most. */
  readonly #maxBytes: number;
  #lostCount = 0;

  constructor(
    files: FileReader,
    plan: BatchPlan,
    index: ManifestIndex,
    problems: Problems,
  ) {
    const { spec } = plan;
    this.#files = files;
    this.#plan = plan;
    this.#keys = keySchemeOf(spec.keySource);
    this.#index = index;
    this.#problems = problems;
    this.#images = new ImageMaker(spec, this.#keys);
    this.#maxBytes = Math.max(spec.geometry.sizeBytes, KEY_PARTITION_SIZE);
    this.#source = DeviceSource.laterPass(files, plan);
  }

  /** What to do about a device; `undefined` after a problem. */
  async judge(row: DeviceRow, name: string): Promise<Action | undefined> {
    const { spec, batchId } = this.#plan;
    const paths = deviceFiles(name, spec.writeCsv, this.#keys);
    const recorded = this.#index.size > 0 ? this.#index.rowOf(paths.image) : undefined;
    const imageOf = (keys: DeviceKeys): Uint8Array => {
      const content = this.#source.layOut(row, name);
      if (content === undefined) throw new InputChangedError(spec.values);
      return this.#images.make(content.layout, keys);
    };
    return recorded?.batch === batchId
      ? await this.#judgeRecorded(name, paths, recorded, imageOf)
      : await this.#judgeUnrecorded(paths, imageOf, recorded !== undefined);
  }

  /** Tells how many devices with lost keys were not named. */
  finish(): void {
    const unnamed = this.#lostCount - MAX_NAMED_DEVICES;
    if (unnamed > 0) {
      this.#problems.add(
        { file: manifestPath(this.#plan.spec.outdir, this.#plan.spec.prefix) },
        "keys-lost",
        `the recorded keys of ${unnamed} more devices are damaged or gone`,
      );
    }
  }

  async #judgeRecorded(
    name: string,
    paths: DeviceFiles,
    row: ManifestRow,
    imageOf: (keys: DeviceKeys) => Uint8Array,
  ): Promise<Action | undefined> {
    const recordedSha256: Record<KeyFileKind, string> = {
      hmacKey: row.hmacKeySha256,
      keys: row.keysSha256,
    };
    const found: { [kind in KeyFileKind]?: Uint8Array } = {};
    let isWhole = true;
    let fault = "";
    for (const kind of KEY_FILE_KINDS) {
      const path = paths.keyFiles[kind];
      if (path === undefined) continue;
      const file = this.#read(path);
      // What cannot be read just now is not gone: it must not be given up for new keys.
      if (file.error !== undefined) throw file.error;
      if (file.sha256 === recordedSha256[kind]) found[kind] = file.bytes!;
      else if (file.sha256 === undefined && file.fault === undefined) isWhole = false;
      else fault ||= `${path} ${file.fault ?? "is not the recorded file"}`;
    }
    const reading = fault === "" ? await this.#keys.read(found) : undefined;
    const keys = reading?.state === "whole" ? reading.keys : undefined;
    if (keys === undefined) {
      if (this.#plan.spec.rekey) return ACTION.rekey;
      const lost = KEY_FILE_KINDS.find((kind) =>
        paths.keyFiles[kind] !== undefined && found[kind] === undefined
      );
      this.#reportLost(name, paths.keyFiles[lost ?? "keys"] ?? "", fault);
      return undefined;
    }
    const image = this.#read(paths.image);
    const isImageWhole = image.sha256 === row.imageSha256;
    if (isImageWhole && isWhole) return ACTION.none;
    const isSame = hash("sha256", imageOf(keys), "hex") === row.imageSha256;
    if (isSame) return ACTION.restore;
    this.#problem(
      paths.image,
      "image-lost",
      "is damaged or gone, and cannot be made again with the bytes that the manifest recorded; " +
        "put it back, or start anew in another --outdir",
    );
    return undefined;
  }

  async #judgeUnrecorded(
    paths: DeviceFiles,
    imageOf: (keys: DeviceKeys) => Uint8Array,
    isOfOther: boolean,
  ): Promise<Action | undefined> {
    const found: { [kind in KeyFileKind]?: Uint8Array } = {};
    for (const kind of KEY_FILE_KINDS) {
      const path = paths.keyFiles[kind];
      const file = path === undefined ? {} : this.#read(path);
      if (file.error !== undefined) throw file.error;
      if (file.fault !== undefined) return this.#problem(path!, "unrecorded-file", file.fault);
      if (file.bytes !== undefined && !isLeftover(file)) found[kind] = file.bytes;
    }
    const image = this.#read(paths.image);
    if (image.error !== undefined) throw image.error;
    if (image.fault !== undefined) {
      return this.#problem(paths.image, "unrecorded-file", image.fault);
    }
    const hasImage = image.bytes !== undefined && !isLeftover(image);
    const path = hasImage
      ? paths.image
      : KEY_FILE_KINDS.map((kind) => found[kind] && paths.keyFiles[kind]).find(Boolean);
    if (isOfOther && path !== undefined) {
      return this.#problem(
        path,
        "unrecorded-file",
        "belongs to another batch of the manifest; move it away",
      );
    }
    const reading = await this.#keys.read(found);
    if (reading.state === "broken") {
      return this.#problem(
        paths.keyFiles[reading.kind]!,
        "unrecorded-file",
        `${reading.message}; no row of the manifest tells what it was, so move it away`,
      );
    }
    if (!hasImage) {
      const hasKeys = Object.keys(found).length > 0;
      return hasKeys ? ACTION.keepKeys : ACTION.write;
    }
    const isOwn = reading.state === "whole" && isSameBytes(image.bytes!, imageOf(reading.keys));
    if (isOwn) return ACTION.record;
    return this.#problem(
      paths.image,
      "unrecorded-file",
      "exists already, and is not what this batch would write; move it away",
    );
  }

  #reportLost(name: string, path: string, fault: string): void {
    if (++this.#lostCount > MAX_NAMED_DEVICES) return;
    this.#problem(
      path,
      "keys-lost",
      `the recorded keys of "${name}" are damaged or gone${fault === "" ? "" : ` (${fault})`}; ` +
        "put them back, or give the device new ones with --resume --rekey",
    );
  }

  #problem(path: string, code: ProblemCode, message: string): undefined {
    this.#problems.add({ file: this.#fullPath(path) }, code, message);
  }

  #fullPath(path: string): string {
    return pathBelow(this.#plan.spec.outdir, path);
  }

  #read(path: string): Found {
    const fullPath = this.#fullPath(path);
    try {
      const info = this.#files.statOf(fullPath);
      if (info === undefined) {
        return this.#files.linkStatOf(fullPath) === undefined
          ? {}
          : { fault: "is a link that leads nowhere; move it away" };
      }
      if (info.kind !== "file") return { fault: "is no regular file; move it away" };
      if (info.sizeBytes > this.#maxBytes) return { fault: "is too large to be of this batch" };
      const bytes = this.#files.readFile(fullPath);
      return { bytes, sha256: hash("sha256", bytes, "hex") };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return { fault: `cannot be read: ${error.reason}`, error };
    }
  }
}

/** Where there are no hard links, a name is reserved by an empty file first. */
function isLeftover({ bytes }: Found): boolean {
  return bytes?.length === 0;
}

/**
 * Turns one device into staged files and its row of the manifest.
 *
 * @module
 */

import { hash } from "node:crypto";
import { isAbsolute, join, SEPARATOR } from "@std/path";
import type { RandomBytes } from "../crypto/key_partition.ts";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import type { DeviceRow } from "../input/device_rows.ts";
import {
  type DeviceKeys,
  KEY_FILE_KINDS,
  type KeyFileKind,
  type KeyScheme,
  type PerKeyFile,
} from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import type { Layout } from "../nvs/placement.ts";
import type { CheckedBatch } from "../plan/checked_batch.ts";
import { ImageMaker } from "../plan/device_image.ts";
import type { DeviceName } from "../plan/devices.ts";
import { manifestLine } from "../plan/manifest.ts";
import { type DeviceFiles, deviceFiles } from "../plan/names.ts";
import { ACTION, type Action } from "../plan/resume.ts";
import type { Group, Placing } from "./group.ts";
import { IntermediateCsv } from "./intermediate_csv.ts";

const NO_FILES: PerKeyFile<Uint8Array> = {};

/** Keys of a device, and the contents of those of its key files that are in place. */
export interface UsableKeys {
  keys: DeviceKeys;
  found: PerKeyFile<Uint8Array>;
}

/** Writes the devices of a batch, one after the other, into groups. */
export class DeviceWriter {
  readonly #files: FileSystem;
  readonly #batch: CheckedBatch;
  readonly #keys: KeyScheme;
  readonly #randomBytes: RandomBytes;
  readonly #images: ImageMaker;
  readonly #csv: IntermediateCsv;
  /** With a separator at its end: joining paths properly costs more than encoding an image. */
  readonly #outdir: string;
  /** Temporary name for a file outside the output folder. */
  readonly #elsewhere: (target: string) => string;
  /** Keys of the next device that needs new ones, derived while this one is written. */
  #nextKeys: Promise<DeviceKeys> | DeviceKeys | undefined;

  constructor(
    files: FileSystem,
    batch: CheckedBatch,
    randomBytes: RandomBytes,
    elsewhere: (target: string) => string,
  ) {
    const { spec, schema } = batch;
    this.#files = files;
    this.#batch = batch;
    this.#keys = keySchemeOf(spec.keySource);
    this.#randomBytes = randomBytes;
    this.#images = new ImageMaker(spec, this.#keys);
    this.#csv = new IntermediateCsv(schema);
    this.#outdir = join(spec.outdir, SEPARATOR);
    this.#elsewhere = elsewhere;
  }

  /** The keys of a device, and the key files that hold some of them already. */
  keysOf(name: string, action: Action): UsableKeys | Promise<UsableKeys> {
    if (action !== ACTION.write && action !== ACTION.rekey) return this.#foundKeys(name);
    const next = this.#nextKeys ?? this.#keys.make(this.#randomBytes);
    if (!(next instanceof Promise)) return { keys: next, found: NO_FILES };
    this.#nextKeys = this.#keys.make(this.#randomBytes);
    return next.then((keys) => ({ keys, found: NO_FILES }));
  }

  /**
   * Stages what an action wants of a device.
   *
   * @returns Its row of the manifest with its end; empty when it is recorded already.
   */
  stage(
    group: Group,
    row: DeviceRow,
    { name, fileId }: DeviceName,
    layout: Layout,
    { keys, found }: UsableKeys,
    action: Action,
    isResumed: boolean,
  ): string {
    const { spec, batchId } = this.#batch;
    const paths = deviceFiles(name, spec.writeCsv, this.#keys);
    const placing: Placing = action === ACTION.rekey ? "keepOld" : isResumed ? "overEmpty" : "new";
    const { givenSha256 } = this.#keys;
    const keySha256 = { keys: givenSha256.keys ?? "", hmacKey: givenSha256.hmacKey ?? "" };
    const encoded = this.#keys.encode(keys);
    for (const kind of KEY_FILE_KINDS) {
      const path = paths.keyFiles[kind], bytes = found[kind] ?? encoded[kind];
      if (path === undefined || bytes === undefined) continue;
      keySha256[kind] = hash("sha256", bytes, "hex");
      const target = this.#fullPath(path);
      if (found[kind] !== undefined) group.addFoundKey(target);
      else {
        const temporary = isAbsolute(path) ? { temporary: this.#elsewhere(target) } : undefined;
        group.addKey({ target, bytes, secret: true, placing, ...temporary });
      }
    }
    this.#stageCsv(group, row, paths, isResumed);

    const image = this.#images.make(layout, keys);
    const target = this.#fullPath(paths.image);
    if (action === ACTION.record) group.addFound(target);
    else {
      const imagePlacing = action === ACTION.restore ? "replace" : placing;
      group.add({ target, bytes: image, secret: false, placing: imagePlacing });
    }
    if (action === ACTION.restore) return "";
    return manifestLine({
      batch: batchId,
      row: row.number,
      fileId,
      image: paths.image,
      imageBytes: image.length,
      imageSha256: hash("sha256", image, "hex"),
      keys: paths.keyFiles.keys ?? "",
      keysSha256: keySha256.keys,
      hmacKey: paths.keyFiles.hmacKey ?? "",
      hmacKeySha256: keySha256.hmacKey,
      encryption: this.#keys.encryption,
    });
  }

  /** Stages the intermediate CSV of a device that is done, if it is not what it should be. */
  restoreCsv(group: Group, row: DeviceRow, { name }: DeviceName): void {
    const { spec } = this.#batch;
    this.#stageCsv(group, row, deviceFiles(name, spec.writeCsv, this.#keys), true);
  }

  #stageCsv(group: Group, row: DeviceRow, { csv }: DeviceFiles, isResumed: boolean): void {
    if (csv === undefined) return;
    const target = this.#fullPath(csv);
    const bytes = this.#csv.bytes(this.#batch.values.header.columns, row.cells);
    if (isResumed && group.withRoom(() => this.#hasBytes(target, bytes))) return;
    group.add({ target, bytes, secret: false, placing: isResumed ? "replace" : "new" });
  }

  #hasBytes(path: string, bytes: Uint8Array): boolean {
    const info = this.#files.linkStatOf(path);
    if (info?.kind !== "file" || info.sizeBytes !== bytes.length) return false;
    return this.#files.readFile(path).every((byte, at) => byte === bytes[at]);
  }

  /** Reads the keys that `--resume` found whole. */
  async #foundKeys(name: string): Promise<UsableKeys> {
    const { keyFiles } = deviceFiles(name, false, this.#keys);
    const found: { [kind in KeyFileKind]?: Uint8Array } = {};
    for (const kind of KEY_FILE_KINDS) {
      const path = keyFiles[kind];
      if (path === undefined) continue;
      const info = this.#files.statOf(this.#fullPath(path));
      if (info !== undefined && info.sizeBytes > 0) {
        found[kind] = this.#files.readFile(this.#fullPath(path));
      }
    }
    const reading = await this.#keys.read(found);
    if (reading.state === "whole") return { keys: reading.keys, found };
    const path = this.#fullPath(keyFiles.keys ?? "");
    throw new IoError("use", path, "the key was changed while the program ran");
  }

  #fullPath(path: string): string {
    return isAbsolute(path) ? path : this.#outdir + path.replaceAll("/", SEPARATOR);
  }
}

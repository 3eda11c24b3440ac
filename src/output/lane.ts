/**
 * Writes the devices of one lane: encode, encrypt, put the files in place,
 * record them. Several lanes may run at once, each in a worker.
 *
 * @module
 */

import { hash } from "node:crypto";
import { isAbsolute, join, SEPARATOR } from "@std/path";
import { ImageCipher } from "../crypto/image_cipher.ts";
import { encodeKeyPartition, type RandomBytes } from "../crypto/key_partition.ts";
import {
  type AppendFile,
  FileExistsError,
  type FileSystem,
  IoError,
} from "../ports/file_system.ts";
import { Problems } from "../input/problems.ts";
import type { Schema } from "../input/schema.ts";
import { imageSize, writeImage } from "../nvs/partition.ts";
import type { BatchSpec } from "../plan/batch_check.ts";
import { CellFiles, InputChangedError } from "../plan/cell_files.ts";
import { type Device, type DeviceSource, layOut, readRows } from "../plan/devices.ts";
import { HashTable, type HashTableSnapshot } from "../plan/hash_table.ts";
import { type DeviceKeys, freshKeys } from "../plan/keys.ts";
import { manifestLine, manifestPath } from "../plan/manifest.ts";
import { type DeviceFiles, deviceFiles } from "../plan/names.ts";
import { isInShard, type Shard } from "../plan/shard.ts";
import { StableFile } from "../plan/values_file.ts";
import { IntermediateCsv } from "./intermediate_csv.ts";

/** Everything a lane needs to know, as plain data. */
export interface LaneJob {
  spec: BatchSpec;
  batchId: string;
  /** The devices of this lane, as a shard of the whole batch. */
  lane: Shard;
  schema: Schema;
  /** Digests of the values file's chunks, and of the files that cells name, from the check. */
  valuesDigests: string[];
  cellFileDigests: HashTableSnapshot;
  /** Image paths of the devices that an interrupted run finished. */
  done: HashTableSnapshot;
  /** Whether files in the way are left-overs of this batch, to be replaced. */
  replacesLeftovers: boolean;
}

/** What a lane did; right also when it ended early. */
export interface LaneCount {
  /** Devices written. */
  written: number;
  /** Devices found done. */
  found: number;
  imageBytes: number;
}

/** What a lane needs from outside, and whom it tells. */
export interface LaneOptions {
  randomBytes: RandomBytes;
  /** Called after each device; resolves when the event loop has had its turn. */
  onDevice(count: LaneCount): Promise<void> | undefined;
  /** Whether to stop after the device at hand. */
  isStopped(): boolean;
}

/**
 * Writes the devices of a lane.
 *
 * @param count Counted up while devices are finished.
 * @throws {IoError} If a file cannot be written; the devices before it are whole.
 * @throws {InputChangedError} If an input is no longer what was checked.
 */
export async function writeLane(
  files: FileSystem,
  job: LaneJob,
  options: LaneOptions,
  count: LaneCount,
): Promise<void> {
  const { spec } = job;
  const source: DeviceSource = {
    spec,
    schema: job.schema,
    values: new StableFile(files, spec.values, job.valuesDigests),
    cellFiles: new CellFiles(files, undefined, new HashTable(job.cellFileDigests)),
    problems: new Problems(),
  };
  const done = new HashTable(job.done);
  const manifest = files.openAppend(manifestPath(spec.outdir, spec.prefix));
  try {
    const writer = new DeviceWriter(files, job, manifest, options.randomBytes);
    for (const named of readRows(source)) {
      if (!isInShard(job.lane, named.row.number)) continue;
      const device = layOut(source, named);
      // A device that was right in the check and is not now was made of a file that changed.
      if (device === undefined) break;
      const paths = deviceFiles(device.name, spec.writeCsv, spec.keySource);
      if (done.size > 0 && done.get(paths.image) !== undefined) {
        writer.repairCsv(device, paths);
        count.found++;
      } else {
        await writer.write(device, paths);
        count.written++;
      }
      count.imageBytes += imageSize(device.layout, spec.geometry);
      await options.onDevice(count);
      if (options.isStopped()) return;
    }
  } finally {
    manifest.close();
  }
  if (source.problems.total > 0) throw new InputChangedError(spec.values);
}

/** A file of a device: where it goes, and what it holds. */
interface FilePart {
  path: string;
  bytes: Uint8Array;
  secret: boolean;
}

class DeviceWriter {
  readonly #files: FileSystem;
  readonly #job: LaneJob;
  readonly #manifest: AppendFile;
  readonly #randomBytes: RandomBytes;
  /** With a separator at its end: joining paths properly costs more than encoding an image. */
  readonly #outdir: string;
  /** Used again for every image. */
  readonly #imageBuffer: Uint8Array;
  /** For the key sources that all devices share. */
  readonly #sharedKeys: DeviceKeys | undefined;
  readonly #sharedCipher: ImageCipher | undefined;
  readonly #intermediateCsv: IntermediateCsv;
  #nextKeys: Promise<DeviceKeys> | undefined;

  constructor(
    files: FileSystem,
    job: LaneJob,
    manifest: AppendFile,
    randomBytes: RandomBytes,
  ) {
    this.#files = files;
    this.#job = job;
    this.#manifest = manifest;
    this.#randomBytes = randomBytes;
    const { geometry, keySource } = job.spec;
    this.#imageBuffer = new Uint8Array(geometry.sizeBytes);
    this.#outdir = join(job.spec.outdir, SEPARATOR);
    this.#intermediateCsv = new IntermediateCsv(job.schema);
    if (keySource.kind === "given" || keySource.kind === "derived") {
      this.#sharedKeys = { xts: keySource.keys };
      this.#sharedCipher = new ImageCipher(keySource.keys);
    }
  }

  /** Writes all files of a device, then its row of the manifest. */
  async write(device: Device, paths: DeviceFiles): Promise<void> {
    const { spec, batchId, replacesLeftovers } = this.#job;
    const { keySource } = spec;
    let keys = this.#sharedKeys;
    let cipher = this.#sharedCipher;
    if (keySource.kind === "fresh" || keySource.kind === "freshHmac") {
      // The next device's keys are derived while this one's files are written.
      const fresh = this.#nextKeys ?? freshKeys(keySource.kind, this.#randomBytes);
      this.#nextKeys = freshKeys(keySource.kind, this.#randomBytes);
      keys = await fresh;
      cipher = new ImageCipher(keys.xts);
    }
    const image = this.#imageBuffer.subarray(0, imageSize(device.layout, spec.geometry));
    writeImage(device.layout, spec.formatVersion, image);
    cipher?.encrypt(image, device.layout.entriesPerPage);

    // The keys go first: an image without its key is worth nothing.
    const parts: FilePart[] = [];
    const add = (path: string | undefined, bytes: Uint8Array | undefined, secret: boolean) => {
      if (path !== undefined && bytes !== undefined) {
        parts.push({ path: this.#fullPath(path), bytes, secret });
      }
      return path === undefined || bytes === undefined ? "" : hash("sha256", bytes, "hex");
    };
    const hmacKeySha256 = add(paths.hmacKey, keys?.hmacKey, true);
    const keysSha256 = add(
      paths.keys,
      paths.keys === undefined ? undefined : keys && encodeKeyPartition(keys.xts),
      true,
    );
    if (paths.csv !== undefined) {
      parts.push({ path: this.#fullPath(paths.csv), bytes: this.#csvOf(device), secret: false });
    }
    const imageSha256 = add(paths.image, image, false);

    try {
      this.#putAll(parts);
    } catch (error) {
      if (!(error instanceof FileExistsError) || !replacesLeftovers) throw error;
      // The image goes first: it must not stay behind without its key.
      for (const { path } of parts.toReversed()) this.#files.remove(path);
      this.#putAll(parts);
    }
    try {
      this.#manifest.append(manifestLine({
        batch: batchId,
        row: device.row.number,
        fileId: device.fileId,
        image: paths.image,
        imageBytes: image.length,
        imageSha256,
        keys: paths.keys ?? "",
        keysSha256,
        hmacKey: paths.hmacKey ?? "",
        hmacKeySha256,
      }));
    } catch (error) {
      this.#removeAll(parts);
      throw error;
    }
  }

  /** Makes the intermediate CSV of a finished device again, if it is not what it should be. */
  repairCsv(device: Device, paths: DeviceFiles): void {
    if (paths.csv === undefined) return;
    const path = this.#fullPath(paths.csv);
    const bytes = this.#csvOf(device);
    if (this.#hasBytes(path, bytes)) return;
    this.#files.remove(path);
    this.#files.putNew(path, bytes);
  }

  #hasBytes(path: string, bytes: Uint8Array): boolean {
    try {
      const found = this.#files.readFile(path);
      return found.length === bytes.length && found.every((byte, at) => byte === bytes[at]);
    } catch (error) {
      if (error instanceof IoError) return false;
      throw error;
    }
  }

  #csvOf(device: Device): Uint8Array {
    return this.#intermediateCsv.bytes(device.header.columns, device.row.cells);
  }

  #fullPath(path: string): string {
    return isAbsolute(path) ? path : this.#outdir + path.replaceAll("/", SEPARATOR);
  }

  /** Writes a device's files, or none of them. */
  #putAll(parts: readonly FilePart[]): void {
    const written: FilePart[] = [];
    try {
      for (const part of parts) {
        this.#files.putNew(part.path, part.bytes, { secret: part.secret });
        written.push(part);
      }
    } catch (error) {
      this.#removeAll(written);
      throw error;
    }
  }

  #removeAll(parts: readonly FilePart[]): void {
    for (const { path } of parts.toReversed()) {
      try {
        this.#files.remove(path);
      } catch {
        // The error that is on its way already says what happened.
      }
    }
  }
}

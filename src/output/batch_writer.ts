/**
 * The second pass: encode, encrypt, write. Each device's files are put in
 * place one by one; a device that cannot be finished is undone.
 *
 * @module
 */

import { join } from "@std/path";
import { ImageCipher } from "../crypto/image_cipher.ts";
import { encodeKeyPartition, type RandomBytes } from "../crypto/key_partition.ts";
import type { FileSystem } from "../host/file_system.ts";
import type { ValuesHeader } from "../input/values_header.ts";
import { imageSize, writeImage } from "../nvs/partition.ts";
import type { BatchPlan, BatchSpec } from "../plan/batch_check.ts";
import { createdCsvChunks } from "../plan/created_csv.ts";
import { type Device, readDevices } from "../plan/devices.ts";
import { type DeviceKeys, freshKeys } from "../plan/keys.ts";
import { CSV_FOLDER, deviceFiles, IMAGE_FOLDER, KEYS_FOLDER } from "../plan/names.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import { intermediateCsv } from "./intermediate_csv.ts";

/** What the writer needs from outside, and whom it tells. */
export interface WriteOptions {
  randomBytes: RandomBytes;
  /** Told of each device finished; resolves when the event loop has had its turn. */
  onDevice?(count: number): Promise<void> | undefined;
}

/** Counts what was written so far; right also when the writer throws. */
export interface WriteCount {
  devices: number;
  imageBytes: number;
}

/**
 * Writes all devices of a plan.
 *
 * @param count Counted up while devices are finished.
 * @throws {IoError} If a file cannot be written; devices before it are whole.
 * @throws {InputChangedError} If an input is no longer what was checked.
 */
export async function writeBatch(
  files: FileSystem,
  plan: BatchPlan,
  options: WriteOptions,
  count: WriteCount,
): Promise<void> {
  const { spec, source } = plan;
  makeFolders(files, spec);
  if (plan.createdCsv !== undefined) {
    files.putNewChunks(plan.createdCsv, createdCsvChunks(source));
  }

  const problemsBefore = source.problems.total;
  const writer = new DeviceWriter(files, plan, options.randomBytes);
  const devices = readDevices(source, { onHeader: (header) => writer.setHeader(header) });
  for (const device of devices) {
    await writer.write(device);
    count.devices++;
    count.imageBytes += imageSize(device.layout, spec.geometry);
    await options.onDevice?.(count.devices);
  }
  // A device that was right in the check and is not now was made of a file that changed.
  if (source.problems.total > problemsBefore) throw new InputChangedError(spec.values);
}

function makeFolders(files: FileSystem, spec: BatchSpec): void {
  const { image, csv, keys } = deviceFiles("any", spec.writeCsv, spec.keySource);
  for (
    const [isNeeded, folder] of [
      [image, IMAGE_FOLDER],
      [csv, CSV_FOLDER],
      [keys, KEYS_FOLDER],
    ] as const
  ) {
    if (isNeeded !== undefined) files.makeFolder(join(spec.outdir, folder));
  }
}

class DeviceWriter {
  readonly #files: FileSystem;
  readonly #plan: BatchPlan;
  readonly #randomBytes: RandomBytes;
  /** Used again for every image. */
  readonly #imageBuffer: Uint8Array;
  /** For the key sources that all devices share. */
  readonly #sharedCipher: ImageCipher | undefined;
  readonly #sharedKeys: DeviceKeys | undefined;
  #header: ValuesHeader | undefined;

  constructor(files: FileSystem, plan: BatchPlan, randomBytes: RandomBytes) {
    this.#files = files;
    this.#plan = plan;
    this.#randomBytes = randomBytes;
    const { geometry, keySource } = plan.spec;
    this.#imageBuffer = new Uint8Array(geometry.sizeBytes);
    if (keySource.kind === "given" || keySource.kind === "derived") {
      this.#sharedKeys = { xts: keySource.keys };
      this.#sharedCipher = new ImageCipher(keySource.keys);
    }
  }

  setHeader(header: ValuesHeader): void {
    this.#header = header;
  }

  async write(device: Device): Promise<void> {
    const { spec, source } = this.#plan;
    const { keySource } = spec;
    const image = this.#imageBuffer.subarray(0, imageSize(device.layout, spec.geometry));
    writeImage(device.layout, spec.formatVersion, image);

    let keys = this.#sharedKeys;
    let cipher = this.#sharedCipher;
    if (keySource.kind === "fresh" || keySource.kind === "freshHmac") {
      keys = await freshKeys(keySource.kind, this.#randomBytes);
      cipher = new ImageCipher(keys.xts);
    }
    cipher?.encrypt(image, device.layout.entriesPerPage);

    // The keys go first: an image without its key is worth nothing.
    const paths = deviceFiles(device.name, spec.writeCsv, keySource);
    const contents: [path: string | undefined, bytes: () => Uint8Array, secret: boolean][] = [
      [paths.hmacKey, () => keys!.hmacKey!, true],
      [paths.keys, () => encodeKeyPartition(keys!.xts), true],
      [
        paths.csv,
        () => intermediateCsv(source.schema, this.#header!.columns, device.row.cells),
        false,
      ],
      [paths.image, () => image, false],
    ];
    this.#putAll(contents);
  }

  /** Writes a device's files, or none of them. */
  #putAll(
    contents: readonly [path: string | undefined, bytes: () => Uint8Array, secret: boolean][],
  ): void {
    const written: string[] = [];
    try {
      for (const [path, bytes, secret] of contents) {
        if (path === undefined) continue;
        const fullPath = join(this.#plan.spec.outdir, path);
        this.#files.putNew(fullPath, bytes(), { secret });
        written.push(fullPath);
      }
    } catch (error) {
      for (const path of written) this.#files.remove(path);
      throw error;
    }
  }
}

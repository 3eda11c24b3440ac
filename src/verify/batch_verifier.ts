/**
 * Reads the images of a batch back, one device at a time.
 *
 * @module
 */

import { hash } from "node:crypto";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { isAbsolute, join } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { ImageCipher } from "../crypto/image_cipher.ts";
import { unlockImage } from "../crypto/image_proof.ts";
import { decodeKeyPartition, KeyPartitionError } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { decodePartition } from "../nvs/decode.ts";
import type { Finding } from "../nvs/findings.ts";
import { looksEncrypted } from "../nvs/looks_encrypted.ts";
import { imageSize } from "../nvs/partition.ts";
import type { BatchSpec } from "../plan/batch_check.ts";
import type { Device } from "../plan/devices.ts";
import { HashTable } from "../plan/hash_table.ts";
import { manifestLines, manifestPath, type ManifestRow } from "../plan/manifest.ts";
import { type DeviceFiles, deviceFiles, IMAGE_FOLDER } from "../plan/names.ts";
import { type FileSystem, IoError } from "../ports/file_system.ts";
import { ImageBatches } from "./image_batches.ts";
import { compareWithItems, type KeyMismatch } from "./compare.ts";

/** What is wrong with one device. */
export type Difference =
  /** A file is missing, unreadable, of the wrong size, or under the wrong key. */
  | { kind: "file"; path: string; message: string }
  /** A key is not as the CSVs say. */
  | { kind: "key"; mismatch: KeyMismatch }
  /** The image is damaged. */
  | { kind: "finding"; finding: Finding }
  /** A file is not the one that the manifest recorded. */
  | { kind: "manifest"; path: string; expected: string; found: string };

/** The outcome for one device. */
export interface DeviceReport {
  name: string;
  /** Path of the image relative to the output folder. */
  image: string;
  /** Keys compared. */
  keyCount: number;
  differences: Difference[];
}

/** Verifies devices one after the other. */
export class BatchVerifier {
  readonly #files: FileSystem;
  readonly #spec: BatchSpec;
  readonly #sharedCipher: ImageCipher | undefined;
  /** By path: the beginning of the hash that the manifest's last row of it says. */
  readonly #recorded = new HashTable();
  readonly #expectedImages = new HashTable();
  readonly #batches: ImageBatches;
  /** Whether there is a manifest to hold hashes against. */
  readonly hasManifest: boolean;

  constructor(files: FileSystem, spec: BatchSpec) {
    this.#files = files;
    this.#spec = spec;
    const { keySource } = spec;
    if (keySource.kind === "given" || keySource.kind === "derived") {
      this.#sharedCipher = new ImageCipher(keySource.keys);
    }
    const path = manifestPath(spec.outdir, spec.prefix);
    this.hasManifest = files.exists(path);
    for (const row of this.#manifestRows()) {
      for (const [file, sha256] of recordedFiles(row)) this.#recorded.set(file, mark(sha256));
    }
    this.#batches = new ImageBatches(files, spec.outdir);
  }

  /** Notes an image that the CSVs name, so that it is no surplus. */
  expect(name: string): void {
    const path = `${IMAGE_FOLDER}/${name}.bin`;
    this.#expectedImages.set(path, 1);
    this.#batches.use(path);
  }

  /** Reads a device's files back and compares them with its row. */
  async verify(device: Device): Promise<DeviceReport> {
    const { writeCsv, keySource } = this.#spec;
    const paths = deviceFiles(device.name, writeCsv, keySource);
    const differences: Difference[] = [];
    const { image } = paths;
    const keyCount = device.items.filter(({ type }) => type !== "namespace").length;
    const report: DeviceReport = { name: device.name, image, keyCount, differences };

    const cipherText = this.#read(image, differences);
    const keys = await this.#keysOf(paths, differences);
    if (cipherText === undefined) return report;
    const size = imageSize(device.layout, this.#spec.geometry);
    if (cipherText.length !== size) {
      differences.push({
        kind: "file",
        path: image,
        message: `has ${cipherText.length} bytes, expected ${size}`,
      });
    }
    const plain = this.#decrypt(image, cipherText, keys, differences);
    if (plain === undefined) return report;
    const decoded = decodePartition(plain);
    for (const finding of decoded.findings) differences.push({ kind: "finding", finding });
    for (const mismatch of compareWithItems(device.items, decoded)) {
      differences.push({ kind: "key", mismatch });
    }
    return report;
  }

  /**
   * Images in the folder that the CSVs do not name, relative to the output
   * folder. Those that a manifest knows from another batch are left out.
   */
  surplusImages(): string[] {
    const names = this.#files.namesIn(join(this.#spec.outdir, IMAGE_FOLDER)) ?? [];
    return names
      .filter((name) => this.#files.temporaryTagOf(name) === undefined)
      .map((name) => `${IMAGE_FOLDER}/${name}`)
      .filter((path) => this.#expectedImages.get(path) === undefined)
      .filter((path) => !this.#batches.isOfAnother(path))
      .sort();
  }

  *#manifestRows(): Generator<ManifestRow> {
    if (!this.hasManifest) return;
    const path = manifestPath(this.#spec.outdir, this.#spec.prefix);
    for (const { row } of manifestLines(this.#files.readChunks(path))) {
      if (row !== undefined) yield row;
    }
  }

  #read(path: string, differences: Difference[]): Uint8Array | undefined {
    let bytes: Uint8Array;
    try {
      bytes = this.#files.readFile(isAbsolute(path) ? path : join(this.#spec.outdir, path));
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      differences.push({ kind: "file", path, message: `cannot be read: ${error.reason}` });
      return undefined;
    }
    const recorded = this.#recorded.get(path);
    const found = hash("sha256", bytes, "hex");
    if (recorded !== undefined && recorded !== mark(found)) {
      differences.push({ kind: "manifest", path, expected: this.#recordedHash(path), found });
    }
    return bytes;
  }

  /** The whole hash, looked up again: only its beginning is kept for each file. */
  #recordedHash(path: string): string {
    let last = "";
    for (const row of this.#manifestRows()) last = recordedFiles(row).get(path) ?? last;
    return last;
  }

  async #keysOf(paths: DeviceFiles, differences: Difference[]): Promise<XtsKeys | undefined> {
    let keys: XtsKeys | undefined;
    if (paths.keys !== undefined) {
      const bytes = this.#read(paths.keys, differences);
      try {
        keys = bytes && decodeKeyPartition(bytes);
      } catch (error) {
        if (!(error instanceof KeyPartitionError)) throw error;
        differences.push({ kind: "file", path: paths.keys, message: error.message });
      }
    }
    const { keySource } = this.#spec;
    const expected = paths.hmacKey !== undefined
      ? await this.#derivedKeys(paths.hmacKey, differences)
      : keySource.kind === "derived"
      ? keySource.keys
      : undefined;
    if (keys !== undefined && expected !== undefined && !isSameKeys(keys, expected)) {
      differences.push({
        kind: "file",
        path: paths.keys!,
        message: "does not hold the keys that the HMAC key gives",
      });
    }
    return keys;
  }

  async #derivedKeys(path: string, differences: Difference[]): Promise<XtsKeys | undefined> {
    const hmacKey = this.#read(path, differences);
    if (hmacKey === undefined) return undefined;
    if (hmacKey.length === HMAC_KEY_SIZE) return await deriveXtsKeys(hmacKey);
    differences.push({
      kind: "file",
      path,
      message: `has ${hmacKey.length} bytes; an HMAC key has ${HMAC_KEY_SIZE}`,
    });
    return undefined;
  }

  #decrypt(
    path: string,
    image: Uint8Array,
    keys: XtsKeys | undefined,
    differences: Difference[],
  ): Uint8Array | undefined {
    const refuse = (message: string) => {
      differences.push({ kind: "file", path, message });
      return undefined;
    };
    if (this.#spec.keySource.kind === "none") {
      if (!looksEncrypted(image)) return image;
      return refuse("is encrypted; give the options it was made with");
    }
    const key = this.#sharedCipher ?? keys;
    if (key === undefined && looksEncrypted(image)) return undefined; // the key's fault is reported
    const unlocked = key && unlockImage(image, key);
    if (unlocked?.kind === "encrypted") return unlocked.plain;
    if (unlocked?.kind === "wrong-key") return refuse("was encrypted with another key");
    // What is too damaged to tell is looked at as it is; its findings say the rest.
    differences.push({ kind: "file", path, message: "is not encrypted, but should be" });
    return image;
  }
}

function recordedFiles(row: ManifestRow): Map<string, string> {
  const files = new Map([[row.image, row.imageSha256]]);
  if (row.keys !== "") files.set(row.keys, row.keysSha256);
  if (row.hmacKey !== "") files.set(row.hmacKey, row.hmacKeySha256);
  return files;
}

/** The beginning of a hash as a positive number. */
function mark(sha256: string): number {
  return parseInt(sha256.slice(0, 12), 16) + 1;
}

function isSameKeys(a: XtsKeys, b: XtsKeys): boolean {
  return timingSafeEqual(a.encryptionKey, b.encryptionKey) &&
    timingSafeEqual(a.tweakKey, b.tweakKey);
}

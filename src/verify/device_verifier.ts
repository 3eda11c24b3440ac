/**
 * Reads the image of one device back and compares it with its row.
 *
 * @module
 */

import { hash } from "node:crypto";
import { ImageCipher } from "../crypto/image_cipher.ts";
import { unlockImage } from "../crypto/image_proof.ts";
import { KEY_PARTITION_SIZE } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import { KEY_FILE_KINDS, type KeyFileKind, type KeyScheme } from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import { decodePartition } from "../nvs/decode.ts";
import { contentsOf, diffPartitions, type KeyDifference } from "../nvs/diff.ts";
import type { Finding } from "../nvs/findings.ts";
import { looksEncrypted } from "../nvs/looks_encrypted.ts";
import { imageSize } from "../nvs/partition.ts";
import type { BatchSpec } from "../plan/checked_batch.ts";
import type { DeviceContent } from "../plan/devices.ts";
import type { ManifestRow } from "../plan/manifest.ts";
import type { ManifestIndex } from "../plan/manifest_index.ts";
import { deviceFiles, pathBelow } from "../plan/names.ts";

/** What is wrong with one device. */
export type Difference =
  /** A file is missing, unreadable, of the wrong size, or under the wrong key. */
  | { kind: "file"; path: string; message: string }
  /** A key is not as the CSVs say: `before` is theirs, `after` the image's. */
  | { kind: "key"; difference: KeyDifference }
  /** The image is damaged. */
  | { kind: "finding"; finding: Finding }
  /** A file is not the one that the manifest recorded. */
  | { kind: "manifest"; path: string; expected: string; found: string };

/** What tells a device from others. */
export interface DeviceId {
  /** Number in the values file, from 1. */
  number: number;
  fileId: string;
  /** Name that its files share. */
  name: string;
}

/** The outcome for one device. */
export interface DeviceReport extends DeviceId {
  /** Path of the image relative to the output folder. */
  image: string;
  /** Keys compared. */
  keyCount: number;
  differences: Difference[];
}

/** Verifies devices one after the other. */
export class DeviceVerifier {
  readonly #files: FileReader;
  readonly #spec: BatchSpec;
  readonly #keys: KeyScheme;
  readonly #manifest: ManifestIndex | undefined;
  readonly #sharedCipher: ImageCipher | undefined;

  constructor(files: FileReader, spec: BatchSpec, manifest: ManifestIndex | undefined) {
    this.#files = files;
    this.#spec = spec;
    this.#keys = keySchemeOf(spec.keySource);
    this.#manifest = manifest;
    const { shared } = this.#keys;
    this.#sharedCipher = shared && new ImageCipher(shared);
  }

  /** Reads a device's files back and compares them with its row. */
  async verify(device: DeviceId, { items, layout }: DeviceContent): Promise<DeviceReport> {
    const paths = deviceFiles(device.name, this.#spec.writeCsv, this.#keys);
    const differences: Difference[] = [];
    const { image } = paths;
    const row = this.#manifest?.rowOf(image);
    const expected = contentsOf(items);
    const report = { ...device, image, keyCount: expected.entries.length, differences };

    const size = imageSize(layout, this.#spec.geometry);
    const bytes = this.#read(image, row?.imageSha256, size, differences);
    const keys = await this.#keysOf(paths.keyFiles, row, differences);
    if (bytes === undefined) return report;
    if (bytes.length !== size) {
      differences.push({
        kind: "file",
        path: image,
        message: `has ${bytes.length} bytes, expected ${size}`,
      });
    }
    const plain = this.#decrypt(image, bytes, keys, differences);
    if (plain === undefined) return report;
    const decoded = decodePartition(plain, bytes);
    for (const finding of decoded.findings) differences.push({ kind: "finding", finding });
    for (const difference of diffPartitions(expected, decoded)) {
      differences.push({ kind: "key", difference });
    }
    return report;
  }

  #read(
    path: string,
    recorded: string | undefined,
    expectedBytes: number,
    differences: Difference[],
  ): Uint8Array | undefined {
    const fail = (message: string) => {
      differences.push({ kind: "file", path, message });
      return undefined;
    };
    const fullPath = pathBelow(this.#spec.outdir, path);
    try {
      const info = this.#files.statOf(fullPath);
      if (info === undefined) return fail("cannot be read: it does not exist");
      if (info.kind !== "file") return fail("is no regular file");
      if (info.sizeBytes > expectedBytes) {
        return fail(`has ${info.sizeBytes} bytes, expected ${expectedBytes}`);
      }
      const bytes = this.#files.readFile(fullPath);
      const found = hash("sha256", bytes, "hex");
      if (recorded !== undefined && recorded !== "" && recorded !== found) {
        differences.push({ kind: "manifest", path, expected: recorded, found });
      }
      return bytes;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return fail(`cannot be read: ${error.reason}`);
    }
  }

  async #keysOf(
    keyFiles: { readonly [kind in KeyFileKind]?: string },
    row: ManifestRow | undefined,
    differences: Difference[],
  ): Promise<XtsKeys | undefined> {
    const recorded = { hmacKey: row?.hmacKeySha256, keys: row?.keysSha256 };
    const found: { [kind in KeyFileKind]?: Uint8Array } = {};
    const before = differences.length;
    let isUnread = false;
    for (const kind of KEY_FILE_KINDS) {
      const path = keyFiles[kind];
      if (path === undefined) continue;
      const bytes = this.#read(path, recorded[kind], KEY_PARTITION_SIZE, differences);
      if (bytes === undefined) isUnread = true;
      else found[kind] = bytes;
    }
    const reading = await this.#keys.read(found);
    if (reading.state === "whole") return reading.keys.xts;
    if (reading.state === "broken" && !(isUnread && differences.length > before)) {
      const path = keyFiles[reading.kind]!;
      differences.push({ kind: "file", path, message: reading.message });
    }
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
    if (this.#keys.encryption === "none") {
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

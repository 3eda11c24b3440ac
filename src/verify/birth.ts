/**
 * Which of the images that a manifest records a device was born with. Found by
 * the device's own key, which is proof, or by values that only one of the
 * images has, such as a serial number; never by mere likeness.
 *
 * @module
 */

import { hash } from "node:crypto";
import { dirname } from "@std/path";
import { unlockImage } from "../crypto/image_proof.ts";
import { decodeKeyPartition, KeyPartitionError } from "../crypto/key_partition.ts";
import { KeyTrial } from "../crypto/key_trial.ts";
import { isSameKeys } from "../crypto/same_bytes.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import { decodePartition } from "../nvs/decode.ts";
import type { DecodedPartition } from "../nvs/decoded.ts";
import { headerEvidence } from "../nvs/header_evidence.ts";
import { isLikelyCiphertext } from "../nvs/looks_encrypted.ts";
import { HashTable } from "../plan/hash_table.ts";
import { manifestLines, type ManifestRow } from "../plan/manifest.ts";
import { pathBelow } from "../plan/names.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import { BirthVotes, type Verdict } from "./birth_votes.ts";

/** An image that a device was born with. */
export interface Birth {
  row: ManifestRow;
  /** Path of the image, from where the program runs. */
  path: string;
  /** What tells that it is the device's. */
  by: "key" | "values";
  /** The image as it is stored, and what it holds. */
  stored: Uint8Array;
  plain: Uint8Array;
  isEncrypted: boolean;
  decoded: DecodedPartition;
  /** The keys of the returned image, if it is encrypted. */
  keys?: XtsKeys;
}

/** What a search for a device's birth comes to. `imageCount` images are recorded. */
export type BirthSearch =
  | { kind: "found"; birth: Birth; imageCount: number }
  /** `unreadable` of them, or their keys, are gone or not what they were. */
  | { kind: "none"; reason: "no-key" | "no-value"; imageCount: number; unreadable: number }
  /** Several images have what the returned one has; some of them. */
  | { kind: "ambiguous"; images: readonly string[]; imageCount: number }
  /** It has what only this image has, but too much else that tells devices apart differs. */
  | { kind: "doubtful"; path: string; imageCount: number }
  /** It is found, but its file is not what was recorded. */
  | { kind: "changed"; row: ManifestRow; path: string; imageCount: number };

/** Images that are named when several might be it. */
const MAX_NAMED = 5;
/** Images between two pauses. */
const IMAGES_BETWEEN_PAUSES = 16;
const KEY_PARTITION_BYTES = 4096;

/**
 * Finds the image that a returned one began as.
 *
 * @param manifest Path of the manifest; paths in it are relative to its folder.
 * @param returned The returned image, encrypted if it is.
 * @param given The key that the user knows, if the device's own is not recorded.
 * @param pause Is awaited again and again; see `wait` of the host.
 * @throws {ManifestHeaderError} If the manifest is none.
 * @throws {IoError} If it cannot be read.
 */
export async function findBirth(
  files: FileReader,
  manifest: string,
  returned: Uint8Array,
  given: XtsKeys | undefined,
  pause: () => Promise<void>,
): Promise<BirthSearch> {
  const records = new Records(files, manifest, pause);
  const evidence = headerEvidence(returned);
  const isPlain = evidence.explained === evidence.filled;
  let keys = isPlain ? undefined : given;
  let isOwn = false;
  if (!isPlain && given === undefined) {
    const { first, others, isSameKey } = await records.withKeyOf(returned);
    if (first === undefined) {
      // A plain one may be damaged so that not all of it is explained.
      if (isLikelyCiphertext(evidence)) {
        return { kind: "none", reason: "no-key", ...records.counts };
      }
    } else {
      if (!isSameKey) {
        return ambiguous([first.row.image, ...others], records.counts.imageCount);
      }
      keys = first.keys;
      isOwn = true;
      // A key that an HMAC key gave is that of all devices, recorded here or not.
      if (others.length === 0 && first.row.encryption !== "hmac-given") {
        return records.birthOf(first.row, "key", keys);
      }
    }
  }
  const plain = keys === undefined ? returned : plainOf(returned, keys);
  if (plain === undefined) return { kind: "none", reason: "no-key", ...records.counts };
  const verdict = await records.withValuesOf(decodePartition(plain, returned), keys, isOwn);
  const { imageCount } = records.counts;
  switch (verdict.kind) {
    case "none":
      return { kind: "none", reason: "no-value", ...records.counts };
    case "several":
      return ambiguous(verdict.rows.map(({ image }) => image), imageCount);
    case "doubtful":
      return { kind: "doubtful", path: records.pathOf(verdict.row.image), imageCount };
    case "one":
      return records.birthOf(verdict.row, "values", keys);
    default:
      throw new TypeError(`Cannot take "${verdict satisfies never}" for a verdict`);
  }
}

function ambiguous(images: readonly string[], imageCount: number): BirthSearch {
  return { kind: "ambiguous", images: images.slice(0, MAX_NAMED), imageCount };
}

function plainOf(image: Uint8Array, keys: XtsKeys): Uint8Array | undefined {
  const unlocked = unlockImage(image, keys);
  return unlocked.kind === "encrypted" ? unlocked.plain : undefined;
}

/** Images whose recorded keys are those of the returned one. */
interface FittingKeys {
  first?: { row: ManifestRow; keys: XtsKeys };
  /** Some more of them. */
  others: string[];
  /** Whether all of them have one key. */
  isSameKey: boolean;
}

/** The images of a manifest, one by one: memory does not grow with their number. */
class Records {
  readonly #files: FileReader;
  readonly #manifest: string;
  readonly #pause: () => Promise<void>;
  #imageCount = 0;
  #unreadable = 0;

  constructor(files: FileReader, manifest: string, pause: () => Promise<void>) {
    this.#files = files;
    this.#manifest = manifest;
    this.#pause = pause;
  }

  get counts(): { imageCount: number; unreadable: number } {
    return { imageCount: this.#imageCount, unreadable: this.#unreadable };
  }

  /** The images whose recorded key the returned one is encrypted with: the first, and some others. */
  async withKeyOf(returned: Uint8Array): Promise<FittingKeys> {
    const trial = new KeyTrial(returned);
    const fitting: FittingKeys = { others: [], isSameKey: true };
    for (let round = 0; round < trial.rounds && fitting.first === undefined; round++) {
      for await (const row of this.#rows()) {
        const keys = row.keys === "" ? undefined : this.#keysOf(row);
        if (keys === undefined) continue;
        const { first, others } = fitting;
        const isSame = first !== undefined && isSameKeys(first.keys, keys);
        if (!isSame && !trial.fits(keys, round)) continue;
        if (first === undefined) fitting.first = { row, keys };
        else {
          if (!isSame) fitting.isSameKey = false;
          if (others.length < MAX_NAMED) others.push(row.image);
        }
      }
    }
    return fitting;
  }

  /**
   * What the values of the returned image say.
   *
   * @param isOwn Whether only images that are recorded with these keys count.
   */
  async withValuesOf(
    { entries }: DecodedPartition,
    keys: XtsKeys | undefined,
    isOwn: boolean,
  ): Promise<Verdict> {
    const votes = new BirthVotes(entries);
    for await (const row of this.#rows()) {
      const image = this.#open(row, keys);
      if (image === undefined) continue;
      if (isOwn && keys !== undefined && !(image.keys && isSameKeys(image.keys, keys))) continue;
      votes.add(row, image.decoded.entries);
    }
    return votes.verdict((row) => this.#open(row, keys)?.decoded.entries);
  }

  /** The birth by a row, whose file has to be what was recorded. */
  birthOf(row: ManifestRow, by: Birth["by"], keys: XtsKeys | undefined): BirthSearch {
    const path = this.pathOf(row.image);
    const image = this.#open(row, keys);
    const { imageCount } = this.counts;
    if (image === undefined) return { kind: "changed", row, path, imageCount };
    const { keys: _, ...stored } = image;
    const birth = { row, path, by, ...stored, ...(keys && { keys }) };
    return { kind: "found", birth, imageCount };
  }

  /** The last row of each image. */
  async *#rows(): AsyncGenerator<ManifestRow> {
    const lines = () => manifestLines(this.#files.readChunks(this.#manifest));
    const last = new HashTable();
    for (const { offset, row } of lines()) if (row !== undefined) last.set(row.image, offset);
    this.#imageCount = last.size;
    this.#unreadable = 0;
    let count = 0;
    for (const { offset, row } of lines()) {
      if (row === undefined || last.get(row.image) !== offset) continue;
      if (++count % IMAGES_BETWEEN_PAUSES === 0) await this.#pause();
      yield row;
    }
  }

  pathOf(path: string): string {
    return pathBelow(dirname(this.#manifest), path);
  }

  #keysOf({ keys, keysSha256 }: ManifestRow): XtsKeys | undefined {
    const bytes = this.#read(keys, keysSha256, KEY_PARTITION_BYTES);
    if (bytes === undefined) return undefined;
    try {
      return decodeKeyPartition(bytes);
    } catch (error) {
      if (!(error instanceof KeyPartitionError)) throw error;
      this.#unreadable++;
      return undefined;
    }
  }

  /** An image and what it holds; by its recorded key, or else by the key that is known. */
  #open(row: ManifestRow, known: XtsKeys | undefined) {
    const stored = this.#read(row.image, row.imageSha256, MAX_IMAGE_BYTES);
    if (stored === undefined) return undefined;
    const keys = row.keys === "" ? known : this.#keysOf(row);
    const isEncrypted = row.encryption !== "none";
    const plain = !isEncrypted ? stored : keys && plainOf(stored, keys);
    if (plain === undefined) {
      this.#unreadable++;
      return undefined;
    }
    return { stored, plain, isEncrypted, keys, decoded: decodePartition(plain, stored) };
  }

  /** A file that the manifest names; nothing for one that is gone, or is not what it was. */
  #read(path: string, sha256: string, maxBytes: number): Uint8Array | undefined {
    const full = this.pathOf(path);
    try {
      const info = this.#files.statOf(full);
      if (info?.kind === "file" && info.sizeBytes <= maxBytes) {
        const bytes = this.#files.readFile(full);
        if (hash("sha256", bytes, "hex") === sha256) return bytes;
      }
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
    this.#unreadable++;
    return undefined;
  }
}

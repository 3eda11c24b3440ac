/**
 * Which of the images that a manifest records a device was born with. Found by
 * the device's own key, which is proof, or by values that only one of the
 * images has, such as a serial number; never by mere likeness.
 *
 * @module
 */

import { hash } from "node:crypto";
import { dirname, isAbsolute, join } from "@std/path";
import { unlockImage } from "../crypto/image_proof.ts";
import { decodeKeyPartition, KeyPartitionError } from "../crypto/key_partition.ts";
import { KeyTrial } from "../crypto/key_trial.ts";
import { isSameKeys } from "../crypto/same_bytes.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { MAX_IMAGE_BYTES } from "../nvs/constants.ts";
import { decodePartition } from "../nvs/decode.ts";
import type { DecodedPartition } from "../nvs/decoded.ts";
import { diffPartitions } from "../nvs/diff.ts";
import { headerEvidence } from "../nvs/header_evidence.ts";
import type { KeyItem } from "../nvs/item.ts";
import { isLikelyCiphertext } from "../nvs/looks_encrypted.ts";
import { HashTable } from "../plan/hash_table.ts";
import { manifestLines, type ManifestRow } from "../plan/manifest.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";

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
  /** `unreadable` of them, or their keys, are gone or damaged. */
  | { kind: "none"; reason: "no-key" | "no-value"; imageCount: number; unreadable: number }
  /** Several images have what the returned one has; some of them. */
  | { kind: "ambiguous"; images: readonly string[]; imageCount: number }
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
  let candidates: ReadonlySet<string> | undefined;
  if (!isPlain && given === undefined) {
    const own = await records.withKeyOf(returned);
    const [first, ...others] = own;
    if (first === undefined) {
      // A plain one may be damaged so that not all of it is explained.
      if (isLikelyCiphertext(evidence)) {
        return { kind: "none", reason: "no-key", ...records.counts };
      }
    } else {
      if (others.some((other) => !isSameKeys(other.keys, first.keys))) {
        return ambiguous(own.map(({ row }) => row.image), records.counts.imageCount);
      }
      keys = first.keys;
      if (others.length === 0) return records.birthOf(first.row, "key", keys);
      candidates = new Set(own.map(({ row }) => row.image)); // they all have one key
    }
  }
  const plain = keys === undefined ? returned : plainOf(returned, keys);
  if (plain === undefined) return { kind: "none", reason: "no-key", ...records.counts };
  const votes = await records.withValuesOf(decodePartition(plain, returned), keys, candidates);
  const [only, ...others] = votes;
  if (only === undefined) return { kind: "none", reason: "no-value", ...records.counts };
  if (others.length > 0) {
    return ambiguous(votes.map(({ image }) => image), records.counts.imageCount);
  }
  return records.birthOf(only, "values", keys);
}

function ambiguous(images: readonly string[], imageCount: number): BirthSearch {
  return { kind: "ambiguous", images: images.slice(0, MAX_NAMED), imageCount };
}

function plainOf(image: Uint8Array, keys: XtsKeys): Uint8Array | undefined {
  const unlocked = unlockImage(image, keys);
  return unlocked.kind === "encrypted" ? unlocked.plain : undefined;
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

  /** The images whose recorded key the returned one is encrypted with. */
  async withKeyOf(returned: Uint8Array): Promise<{ row: ManifestRow; keys: XtsKeys }[]> {
    const trial = new KeyTrial(returned);
    const fitting: { row: ManifestRow; keys: XtsKeys }[] = [];
    for (let round = 0; round < trial.rounds && fitting.length === 0; round++) {
      for await (const row of this.#rows()) {
        const keys = row.keys === "" ? undefined : this.#keysOf(row);
        if (keys !== undefined && trial.fits(keys, round)) fitting.push({ row, keys });
      }
    }
    return fitting;
  }

  /**
   * The images that have a value which the returned one has, and no other has:
   * one, if they are of different devices.
   *
   * @param candidates Images to look at; all if absent.
   */
  async withValuesOf(
    { entries }: DecodedPartition,
    keys: XtsKeys | undefined,
    candidates: ReadonlySet<string> | undefined,
  ): Promise<ManifestRow[]> {
    /** For each value of the returned image: the first image that has it, and whether others do. */
    const holders = new Map<KeyItem, { row: ManifestRow; isAlone: boolean }>();
    for await (const row of this.#rows()) {
      if (candidates !== undefined && !candidates.has(row.image)) continue;
      const image = this.#open(row, keys);
      if (image === undefined) continue;
      for (const entry of sharedEntries(entries, image.decoded)) {
        const holder = holders.get(entry);
        if (holder === undefined) holders.set(entry, { row, isAlone: true });
        else holder.isAlone = false;
      }
    }
    const alone = [...holders.values()].filter(({ isAlone }) => isAlone);
    return [...new Map(alone.map(({ row }) => [row.image, row])).values()];
  }

  /** The birth by a row, whose file has to be what was recorded. */
  birthOf(row: ManifestRow, by: Birth["by"], keys: XtsKeys | undefined): BirthSearch {
    const path = this.#pathOf(row.image);
    const image = this.#open(row, keys);
    const { imageCount } = this.counts;
    if (image === undefined || hash("sha256", image.stored, "hex") !== row.imageSha256) {
      return { kind: "changed", row, path, imageCount };
    }
    const birth = { row, path, by, ...image, ...(keys && { keys }) };
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

  #pathOf(path: string): string {
    return isAbsolute(path) ? path : join(dirname(this.#manifest), path);
  }

  #keysOf({ keys }: ManifestRow): XtsKeys | undefined {
    const bytes = this.#read(keys, KEY_PARTITION_BYTES);
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
    const stored = this.#read(row.image, MAX_IMAGE_BYTES);
    if (stored === undefined) return undefined;
    const keys = row.keys === "" ? known : this.#keysOf(row);
    const isEncrypted = row.encryption !== "none";
    const plain = !isEncrypted ? stored : keys && plainOf(stored, keys);
    if (plain === undefined) {
      this.#unreadable++;
      return undefined;
    }
    return { stored, plain, isEncrypted, decoded: decodePartition(plain, stored) };
  }

  /** A file that the manifest names; nothing for one that is gone, or is no such file. */
  #read(path: string, maxBytes: number): Uint8Array | undefined {
    const full = this.#pathOf(path);
    try {
      const info = this.#files.statOf(full);
      if (info?.kind === "file" && info.sizeBytes <= maxBytes) return this.#files.readFile(full);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
    this.#unreadable++;
    return undefined;
  }
}

/** The entries that another partition has too, with the same value. */
function sharedEntries(
  entries: readonly KeyItem[],
  other: DecodedPartition,
): readonly KeyItem[] {
  const differing = new Set(
    diffPartitions({ entries, namespaces: [] }, { entries: other.entries, namespaces: [] })
      .flatMap((difference) =>
        "before" in difference ? [`${difference.namespace}\0${difference.key}`] : []
      ),
  );
  return entries.filter(({ namespace, key }) => !differing.has(`${namespace}\0${key}`));
}

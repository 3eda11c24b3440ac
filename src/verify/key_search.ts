/**
 * Which of many key files an image is encrypted with.
 *
 * @module
 */

import { KeyTrial } from "../crypto/key_trial.ts";
import { isSameKeys } from "../crypto/same_bytes.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import type { KeyFileKind } from "../keys/key_scheme.ts";
import { headerEvidence } from "../nvs/header_evidence.ts";
import { isLikelyCiphertext } from "../nvs/looks_encrypted.ts";
import type { FileReader } from "../ports/file_system.ts";
import { type FolderCounts, keyFilesBelow } from "./key_files.ts";

/** A key that fits an image, by the files that hold it. */
export interface FittingKey {
  /** The first file, in the order of paths. */
  file: string;
  kind: KeyFileKind;
  /** Files that hold this key, or that it derives from. */
  fileCount: number;
}

/** How the search for an image's key went. Holds no key. */
export interface KeySearch {
  /** The folder, as it was given. */
  folder: string;
  counts: FolderCounts;
  outcome:
    /** One key fits. */
    | "found"
    /** None is needed. */
    | "not-encrypted"
    /** The image is encrypted, and no key fits. */
    | "none"
    /** Several different keys fit: the image is put together from several, or made to deceive. */
    | "ambiguous";
  /** The key that was found; several if they are ambiguous. */
  fitting: readonly FittingKey[];
}

/** A search, and the key that it found. */
export interface SearchedKey {
  search: KeySearch;
  /** Present if one was found. */
  keys?: XtsKeys;
}

/** Some milliseconds of work, at least. */
const KEYS_BETWEEN_PAUSES = 64;

/**
 * Tries all key files below a folder on an image. A key fits if `unlockImage`
 * of `crypto/image_proof.ts` proves it; nothing is guessed. All files are
 * tried, also behind one that fits. Memory does not grow with their number.
 *
 * An image whose entries are all explained as they are is plain, so no file is
 * read for it.
 *
 * @param pause Is awaited again and again; see `wait` of the host.
 * @throws {IoError} If the folder cannot be read.
 */
export async function searchKey(
  files: FileReader,
  folder: string,
  image: Uint8Array,
  pause: () => Promise<void>,
): Promise<SearchedKey> {
  const counts = noCounts();
  const before = headerEvidence(image);
  if (before.explained === before.filled) {
    return { search: { folder, counts, outcome: "not-encrypted", fitting: [] } };
  }
  const trial = new KeyTrial(image);
  const fitting: (FittingKey & { keys: XtsKeys })[] = [];
  let seen = 0;
  for (let round = 0; round < trial.rounds && fitting.length === 0; round++) {
    const found = keyFilesBelow(files, folder, round === 0 ? counts : noCounts());
    for await (const { path, kind, keys } of found) {
      if (++seen % KEYS_BETWEEN_PAUSES === 0) await pause();
      const known = fitting.find((other) => isSameKeys(other.keys, keys));
      if (known !== undefined) known.fileCount++;
      else if (trial.fits(keys, round)) fitting.push({ file: path, kind, fileCount: 1, keys });
    }
  }

  const [only, ...others] = fitting;
  if (only === undefined) {
    const outcome = isLikelyCiphertext(before) ? "none" : "not-encrypted";
    return { search: { folder, counts, outcome, fitting: [] } };
  }
  const search = { folder, counts, fitting: fitting.map(({ keys: _, ...fit }) => fit) };
  return others.length > 0
    ? { search: { ...search, outcome: "ambiguous" } }
    : { search: { ...search, outcome: "found" }, keys: only.keys };
}

function noCounts(): FolderCounts {
  return { keyFiles: 0, skipped: 0, unreadable: 0 };
}

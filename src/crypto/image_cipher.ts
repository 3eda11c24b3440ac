/**
 * Which bytes of an NVS image are encrypted, and under which tweak: each
 * written 32-byte entry is a data unit of its own, its tweak the byte offset
 * of the entry in the partition. Page headers, bitmaps and empty entries stay
 * plain.
 *
 * @module
 */

import {
  ENTRY_COUNT,
  ENTRY_SIZE,
  ENTRY_STATE,
  ENTRY_TABLE_OFFSET,
  LITTLE_ENDIAN,
  PAGE_SIZE,
} from "../nvs/constants.ts";
import { entryOffset } from "../nvs/partition.ts";
import { BLOCK_SIZE, XtsCipher, type XtsKeys } from "./xts.ts";

/**
 * Encrypts and decrypts images with one pair of keys, with one AES call an
 * image. As with `XtsCipher`, who makes many says `using`.
 */
export class ImageCipher {
  readonly #xts: XtsCipher;
  #masks: { offsets: readonly number[]; bytes: Uint8Array } = {
    offsets: [],
    bytes: new Uint8Array(),
  };

  /** @throws {RangeError} If a key does not have 32 bytes. */
  constructor(keys: XtsKeys) {
    this.#xts = new XtsCipher(keys);
  }

  /** Ends the cipher; it cannot be used any more. */
  [Symbol.dispose](): void {
    this.#xts[Symbol.dispose]();
  }

  /** Encrypts, in place, the first `entriesPerPage[p]` entries of each page `p`. */
  encrypt(image: Uint8Array, entriesPerPage: readonly number[]): void {
    const offsets: number[] = [];
    for (const [pageIndex, entryCount] of entriesPerPage.entries()) {
      for (let entryIndex = 0; entryIndex < entryCount; entryIndex++) {
        offsets.push(entryOffset(pageIndex, entryIndex));
      }
    }
    this.encryptOffsets(image, offsets);
  }

  /** Encrypts, in place, the entries at these byte offsets. */
  encryptOffsets(image: Uint8Array, offsets: readonly number[]): void {
    const entries = gather(image, offsets);
    this.#xts.encrypt(entries, this.#masksOf(offsets));
    scatter(entries, image, offsets);
  }

  /**
   * Returns the plain image of an encrypted one: every entry that is not all
   * 0xFF is decrypted, written and erased ones alike, because the device wrote
   * both encrypted. An entry behind the last whole page is left as it is.
   */
  decrypt(image: Uint8Array): Uint8Array<ArrayBuffer> {
    const plain = new Uint8Array(image);
    const offsets = entryOffsets(plain, isFilled);
    scatter(this.decryptedEntries(plain, offsets), plain, offsets);
    return plain;
  }

  /** The entries at these byte offsets, decrypted, one behind the other; `image` is not changed. */
  decryptedEntries(image: Uint8Array, offsets: readonly number[]): Uint8Array<ArrayBuffer> {
    const entries = gather(image, offsets);
    this.#xts.decrypt(entries, this.#masksOf(offsets));
    return entries;
  }

  /** Masks depend on keys and offsets alone; the images of a batch often share the offsets. */
  #masksOf(offsets: readonly number[]): Uint8Array {
    if (!sameNumbers(this.#masks.offsets, offsets)) {
      const tweaks = new Uint8Array(offsets.length * BLOCK_SIZE);
      const view = new DataView(tweaks.buffer);
      for (const [unit, offset] of offsets.entries()) {
        view.setUint32(unit * BLOCK_SIZE, offset, LITTLE_ENDIAN);
      }
      this.#masks = { offsets, bytes: this.#xts.masks(tweaks, ENTRY_SIZE) };
    }
    return this.#masks.bytes;
  }
}

/**
 * Encrypts a plain image, as a device with these keys expects it; the image
 * itself is not changed.
 *
 * @throws {RangeError} If a key does not have 32 bytes.
 */
export function encryptImage(image: Uint8Array, keys: XtsKeys): Uint8Array<ArrayBuffer> {
  const encrypted = new Uint8Array(image);
  using cipher = new ImageCipher(keys);
  cipher.encryptOffsets(encrypted, entryOffsets(image, isWritten));
  return encrypted;
}

/**
 * Decrypts an image; see {@linkcode ImageCipher.decrypt}. With wrong keys the
 * result is noise, which its checksums tell.
 *
 * @throws {RangeError} If a key does not have 32 bytes.
 */
export function decryptImage(image: Uint8Array, keys: XtsKeys): Uint8Array<ArrayBuffer> {
  using cipher = new ImageCipher(keys);
  return cipher.decrypt(image);
}

/** Byte offsets of the entries of all whole pages that `isWanted`. */
function entryOffsets(
  image: Uint8Array,
  isWanted: (image: Uint8Array, pageIndex: number, entryIndex: number) => boolean,
): number[] {
  const offsets: number[] = [];
  for (let pageIndex = 0; (pageIndex + 1) * PAGE_SIZE <= image.length; pageIndex++) {
    for (let entryIndex = 0; entryIndex < ENTRY_COUNT; entryIndex++) {
      if (isWanted(image, pageIndex, entryIndex)) offsets.push(entryOffset(pageIndex, entryIndex));
    }
  }
  return offsets;
}

/** Whether the entry state bitmap says that something was put into an entry, even if all 0xFF. */
function isWritten(image: Uint8Array, pageIndex: number, entryIndex: number): boolean {
  const states = image[pageIndex * PAGE_SIZE + ENTRY_TABLE_OFFSET + (entryIndex >> 2)]!;
  return (states >> (entryIndex & 3) * 2 & ENTRY_STATE.empty) !== ENTRY_STATE.empty;
}

function isFilled(image: Uint8Array, pageIndex: number, entryIndex: number): boolean {
  const start = entryOffset(pageIndex, entryIndex);
  for (let at = start; at < start + ENTRY_SIZE; at++) if (image[at] !== 0xFF) return true;
  return false;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

const WORD_SIZE = Uint32Array.BYTES_PER_ELEMENT;

/** The entries at `offsets`, one behind the other. */
function gather(image: Uint8Array, offsets: readonly number[]): Uint8Array<ArrayBuffer> {
  const entries = new Uint8Array(offsets.length * ENTRY_SIZE);
  if (image.byteOffset % WORD_SIZE === 0) {
    const from = words(image), to = words(entries);
    for (let unit = 0; unit < offsets.length; unit++) {
      copyEntry(from, offsets[unit]!, to, unit * ENTRY_SIZE);
    }
  } else {
    for (const [unit, offset] of offsets.entries()) {
      entries.set(image.subarray(offset, offset + ENTRY_SIZE), unit * ENTRY_SIZE);
    }
  }
  return entries;
}

function scatter(entries: Uint8Array, image: Uint8Array, offsets: readonly number[]): void {
  if (image.byteOffset % WORD_SIZE === 0) {
    const from = words(entries), to = words(image);
    for (let unit = 0; unit < offsets.length; unit++) {
      copyEntry(from, unit * ENTRY_SIZE, to, offsets[unit]!);
    }
  } else {
    for (const [unit, offset] of offsets.entries()) {
      image.set(entries.subarray(unit * ENTRY_SIZE, (unit + 1) * ENTRY_SIZE), offset);
    }
  }
}

/** The whole words of bytes that begin at a word; a view for each entry would cost more than its copy. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / WORD_SIZE));
}

/** Copies an entry from one byte offset to another. */
function copyEntry(from: Uint32Array, source: number, to: Uint32Array, target: number): void {
  const first = source / WORD_SIZE, end = first + ENTRY_SIZE / WORD_SIZE;
  const shift = target / WORD_SIZE - first;
  for (let word = first; word < end; word++) to[word + shift] = from[word]!;
}

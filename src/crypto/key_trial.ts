/**
 * Many keys tried on one image, of which all but one are wrong: a wrong one is
 * told by some entries, and only the right one costs the whole proof.
 *
 * @module
 */

import { filledEntries, hasMatchingHeader } from "../nvs/header_evidence.ts";
import { ImageCipher } from "./image_cipher.ts";
import { unlockImage } from "./image_proof.ts";
import type { XtsKeys } from "./xts.ts";

/** Entries that are decrypted at once: all of eight full pages. */
const ENTRIES_AT_ONCE = 1024;

/** An image that keys are tried on. */
export class KeyTrial {
  readonly #image: Uint8Array;
  /** For each round, byte offsets of entries in portions. */
  readonly #rounds: readonly (readonly (readonly number[])[])[];

  constructor(image: Uint8Array) {
    this.#image = image;
    const [first, ...others] = portionsOf(filledEntries(image));
    this.#rounds = [first === undefined ? [] : [first], others].filter(({ length }) => length > 0);
  }

  /**
   * Rounds that keys may have to be tried in. The first looks at the entries
   * nearest to the beginning of their pages, which finds the key of any image
   * that is not badly damaged. The second, of images with more entries than
   * are looked at in the first, looks at all others. Images without a filled
   * entry have none.
   */
  get rounds(): number {
    return this.#rounds.length;
  }

  /**
   * Whether the image is encrypted with these keys, by the proof of
   * {@linkcode unlockImage}; false if no entry of the round is a header.
   */
  fits(keys: XtsKeys, round: number): boolean {
    using cipher = new ImageCipher(keys);
    const isLikely = this.#rounds[round]!.some((offsets) =>
      hasMatchingHeader(cipher.decryptedEntries(this.#image, offsets), offsets)
    );
    return isLikely && unlockImage(this.#image, cipher).kind === "encrypted";
  }
}

function portionsOf(offsets: readonly number[]): (readonly number[])[] {
  const portions: (readonly number[])[] = [];
  for (let at = 0; at < offsets.length; at += ENTRIES_AT_ONCE) {
    portions.push(offsets.slice(at, at + ENTRIES_AT_ONCE));
  }
  return portions;
}

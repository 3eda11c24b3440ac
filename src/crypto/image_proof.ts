/**
 * Whether an image is encrypted with a key, by proof: headers that match their
 * CRC after decryption, against those that match before it.
 *
 * @module
 */

import { type HeaderEvidence, headerEvidence } from "../nvs/header_evidence.ts";
import { isLikelyCiphertext } from "../nvs/looks_encrypted.ts";
import { decryptImage, ImageCipher } from "./image_cipher.ts";
import type { XtsKeys } from "./xts.ts";

/** What a key makes of an image. */
export type Unlocked =
  /** Encrypted with this key; `plain` is the decrypted image. */
  | { kind: "encrypted"; plain: Uint8Array<ArrayBuffer> }
  /** Not encrypted. */
  | { kind: "plain" }
  /** Encrypted, but not with this key; or too damaged to tell a key by it. */
  | { kind: "wrong-key" }
  /** No page in use has an entry that is not all 0xFF: nothing to tell encryption by. */
  | { kind: "blank" };

/**
 * Decrypts an image if it is encrypted with this key. `bytes` is not changed.
 *
 * A single header that matches its CRC decides, before decryption or after it,
 * so images may be worn, damaged or full of erased entries. If headers match
 * both before and after, because data were chosen so, those win that explain
 * more of the filled entries; in a whole image all are explained, data
 * included. Only if none matches is the image's kind guessed, as
 * `looksEncrypted` does; the guess never says that a key is right.
 *
 * A wrong key passes if noise matches a CRC, has one of 14 types and a span
 * that fits the page: with 126 filled entries a page, p = 14/256 × 63.5/256 ×
 * 2⁻³² = 3.2e-12 an entry, so less than 1.2e-9 for an image of 3 pages, 4e-9
 * of 10 pages, and 1.4e-5 of 128 MiB. That a plain image passes as encrypted is
 * less likely still, as its own headers have to be outdone. An image under a
 * wrong key is called plain as rarely as the guess errs.
 *
 * @param key The keys, or a cipher made of them, which is faster for many images.
 * @throws {RangeError} If a key does not have 32 bytes.
 */
export function unlockImage(bytes: Uint8Array, key: XtsKeys | ImageCipher): Unlocked {
  const plain = key instanceof ImageCipher ? key.decrypt(bytes) : decryptImage(bytes, key);
  const after = headerEvidence(plain, bytes);
  if (after.filled === 0) return { kind: "blank" };
  // Nothing can outdo an image that is explained to its last entry, as most are.
  const isWhole = after.matching > 0 && after.explained === after.filled;
  if (isWhole) return { kind: "encrypted", plain };
  const before = headerEvidence(bytes);
  if (isProof(after, before)) return { kind: "encrypted", plain };
  return { kind: isLikelyCiphertext(before) ? "wrong-key" : "plain" };
}

/** Whether `after` proves decryption right; a draw goes to the key. */
function isProof(after: HeaderEvidence, before: HeaderEvidence): boolean {
  return after.matching > 0 && after.explained >= before.explained;
}

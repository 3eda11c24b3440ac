import { type HeaderEvidence, headerEvidence } from "./header_evidence.ts";

/** Resemblances that an image without a matching header needs to be taken for a plain one. */
const MIN_RESEMBLANCES = 2;

/**
 * Guesses, without a key, whether an image is encrypted, or was decrypted with
 * the wrong key: its page headers, which are always plain, are sound, but of
 * its entries none has a header that matches its CRC, and fewer than two
 * resemblances to a header are found in all of them. An image without an entry
 * that may be ciphertext does not look encrypted.
 *
 * It is a guess. Of ciphertext entries one in 4,900,000 resembles a header
 * (see `resemblancesAt` in `header_evidence.ts`), so that of encrypted images
 * with 126 filled entries a page it takes for plain: of 3 pages one in
 * 330,000,000, of 10 pages one in 30,000,000. A plain image is called
 * encrypted if almost nothing is left of its headers. With a key there is proof
 * instead: `unlockImage` of `crypto/image_proof.ts`.
 */
export function looksEncrypted(bytes: Uint8Array): boolean {
  return isLikelyCiphertext(headerEvidence(bytes));
}

/** The guess of {@linkcode looksEncrypted}, from what was counted already. */
export function isLikelyCiphertext({ opaque, matching, resembling }: HeaderEvidence): boolean {
  return opaque > 0 && matching === 0 && resembling < MIN_RESEMBLANCES;
}

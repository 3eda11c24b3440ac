/**
 * The batch id: what a manifest row says its image was made of.
 *
 * SHA-256 comes from `node:crypto` in the whole program, which is native:
 * `@std/crypto` has a synchronous one in WebAssembly only.
 *
 * @module
 */

import { createHash, type Hash, hash } from "node:crypto";

/** Parts of a batch id, in their order, with the words that name each to a user. */
export const FINGERPRINT_PARTS = [
  { key: "configuration", name: "the configuration" },
  { key: "values", name: "the values file" },
  { key: "cellFiles", name: "a file that the values name" },
  { key: "size", name: "the size" },
  { key: "version", name: "--version" },
  { key: "names", name: "the names (prefix, --prefix_num, --fileid)" },
  {
    key: "keys",
    name: "the keys (--keygen, --inputkey, --key_protect_hmac, --kp_hmac_…)",
  },
  { key: "csv", name: "--no-csv" },
] as const;

/** A text for each part; only whether it is the same counts. */
export type FingerprintInput = Record<(typeof FINGERPRINT_PARTS)[number]["key"], string>;

/** Digits of each part, 64 bits: two texts meet by accident once in 10^19 times. */
const PART_DIGITS = 16;

/** The batch id: a short hash of each part, so that a difference can be named. */
export function fingerprint(input: FingerprintInput): string {
  return FINGERPRINT_PARTS
    .map(({ key }) => hash("sha256", input[key], "hex").slice(0, PART_DIGITS))
    .join("-");
}

/** The names of the parts in which two batch ids differ; all of them for what is no batch id. */
export function fingerprintDifference(a: string, b: string): string[] {
  const partsOfB = b.split("-");
  const partsOfA = a.split("-");
  return FINGERPRINT_PARTS
    .filter((_, index) => partsOfA[index] !== partsOfB[index])
    .map(({ name }) => name);
}

/** Collects the files that cells name, in the order of their first use. */
export class FilesDigest {
  readonly #hash: Hash = createHash("sha256");

  add(path: string, sha256: string): void {
    this.#hash.update(`${path}\0${sha256}\n`);
  }

  digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

/**
 * Makes the sample files of this folder, which samples/ and the tests use:
 *
 *     deno run --allow-write=testdata testdata/make.ts
 *
 * run from the repository root. The bytes follow from the rules below and from
 * nothing else, so a second run writes the same files again. Nothing here is
 * secret: the keys are patterns that anybody can write down.
 *
 * The rule of all bytes is {@linkcode pattern}: byte `i` of `pattern(first, sizeBytes)`
 * is `first + i + floor(i / 256)`, modulo 256. The last term makes each block
 * of 256 bytes differ from the one before, so that a swapped block shows.
 *
 * @module
 */

import { deriveXtsKeys } from "../src/crypto/hmac_scheme.ts";
import { encodeKeyPartition } from "../src/crypto/key_partition.ts";

/** Bytes by the rule on top of this file. */
export function pattern(first: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => first + i + Math.floor(i / 256));
}

/** The lines of sample.txt. */
const TEXT_LINES = [
  "Indoor climate sensor, sample text.",
  'Lines, commas and "quotes" of a file need no escape.',
  "Range: -20 °C to 60 °C, 0 % to 100 % humidity.",
];

/** The bytes of each sample file, by name. */
export async function sampleFiles(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const hmacKey = pattern(0xC0, 32);
  const givenKeys = { encryptionKey: pattern(0x10, 32), tweakKey: pattern(0x50, 32) };
  return new Map([
    // The HMAC key, as an eFuse block holds it: C0 C1 … DF.
    ["sample_hmac_key.bin", hmacKey],
    // The key partition of the keys 10 11 … 2F and 50 51 … 6F.
    ["sample_encryption_keys.bin", encodeKeyPartition(givenKeys)],
    // The key partition of the keys derived from the HMAC key above.
    ["sample_encryption_keys_hmac.bin", encodeKeyPartition(await deriveXtsKeys(hmacKey))],
    ["sample_blob.bin", pattern(0x00, 256)],
    // Small enough for one page and for format version 1.
    ["sample_singlepage_blob.bin", pattern(0x01, 1024)],
    // More than a page holds (4000), so always at least two chunks.
    ["sample_multipage_blob.bin", pattern(0x02, 5000)],
    // 32 bytes as hex digits and 48 bytes as base64, each with a line end.
    ["sample.hex", textFile([pattern(0x80, 32).toHex()])],
    ["sample.base64", textFile([pattern(0x30, 48).toBase64()])],
    ["sample.txt", textFile(TEXT_LINES)],
  ]);
}

function textFile(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}

if (import.meta.main) {
  for (const [name, bytes] of await sampleFiles()) {
    Deno.writeFileSync(new URL(name, import.meta.url), bytes);
    console.log(`testdata/${name}: ${bytes.length} bytes`);
  }
}

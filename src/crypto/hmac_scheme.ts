/**
 * The HMAC scheme: both XTS keys derive from one HMAC key, which the chip
 * keeps in an eFuse block and never gives out. Each is the HMAC-SHA256 of a
 * 4-byte seed repeated eight times.
 *
 * @module
 */

import type { XtsKeys } from "./xts.ts";

/** Bytes of an HMAC key, as an eFuse block holds it. */
export const HMAC_KEY_SIZE = 32;

const SEED_REPEATS = 8;
const ENCRYPTION_KEY_SEED = repeated([0x5A, 0x5A, 0xBE, 0xAE]);
const TWEAK_KEY_SEED = repeated([0xA5, 0xA5, 0xDE, 0xCE]);

function repeated(seed: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Array.from({ length: SEED_REPEATS }, () => seed).flat());
}

/**
 * Derives the XTS keys of a 32-byte HMAC key.
 *
 * @throws {RangeError} If the HMAC key does not have 32 bytes.
 */
export async function deriveXtsKeys(hmacKey: Uint8Array): Promise<XtsKeys> {
  if (hmacKey.length !== HMAC_KEY_SIZE) {
    throw new RangeError(`Cannot derive keys: the HMAC key has ${hmacKey.length} bytes, not 32`);
  }
  const key = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(hmacKey),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const [encryptionKey, tweakKey] = await Promise.all(
    [ENCRYPTION_KEY_SEED, TWEAK_KEY_SEED].map((seed) => crypto.subtle.sign("HMAC", key, seed)),
  );
  return {
    encryptionKey: new Uint8Array(encryptionKey!),
    tweakKey: new Uint8Array(tweakKey!),
  };
}

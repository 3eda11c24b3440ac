/**
 * Where the keys of a batch come from.
 *
 * @module
 */

import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { newXtsKeys, type RandomBytes } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";

/** Where the keys of a batch come from. */
export type KeySource =
  /** Images in clear. */
  | { kind: "none" }
  /** One given key partition for all devices; no key files are written. */
  | { kind: "given"; keys: XtsKeys }
  /** Keys derived from a given HMAC key: the same for all devices, a key file for each. */
  | { kind: "derived"; keys: XtsKeys }
  /** Fresh keys for each device. */
  | { kind: "fresh" }
  /** A fresh HMAC key for each device, and keys derived from it. */
  | { kind: "freshHmac"; hmacKeyFile?: string };

/** The keys of one device. */
export interface DeviceKeys {
  xts: XtsKeys;
  /** The HMAC key, when it was made for this device. */
  hmacKey?: Uint8Array;
}

/** Makes the keys of one device, for the sources that give each its own. */
export async function freshKeys(
  kind: "fresh" | "freshHmac",
  randomBytes: RandomBytes,
): Promise<DeviceKeys> {
  if (kind === "fresh") return { xts: newXtsKeys(randomBytes) };
  const hmacKey = randomBytes(HMAC_KEY_SIZE);
  return { xts: await deriveXtsKeys(hmacKey), hmacKey };
}

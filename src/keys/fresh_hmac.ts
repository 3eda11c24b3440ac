import { dirname } from "@std/path";
import { deriveXtsKeys, HMAC_KEY_SIZE } from "../crypto/hmac_scheme.ts";
import { decodeKeyPartition, encodeKeyPartition } from "../crypto/key_partition.ts";
import { OTHER_KEYS } from "./derived.ts";
import { brokenPartition } from "./fresh.ts";
import { type KeyReading, KEYS_FOLDER, type KeyScheme, type PerKeyFile } from "./key_scheme.ts";
import { isSameBytes } from "../crypto/same_bytes.ts";

/**
 * A fresh HMAC key for each device, and the keys derived from it.
 *
 * @param hmacKeyFile Path of the HMAC key, for a batch of one device; each has
 * a name of its own by default.
 */
export function freshHmacKeys(hmacKeyFile: string | undefined): KeyScheme {
  return {
    encryption: "hmac-own",
    id: `hmac-own ${hmacKeyFile ?? ""}`,
    givenSha256: {},
    folders: hmacKeyFile === undefined ? [KEYS_FOLDER] : [dirname(hmacKeyFile), KEYS_FOLDER],
    filesOf: (deviceName) => ({
      hmacKey: hmacKeyFile ?? `${KEYS_FOLDER}/hmac-keys-${deviceName}.bin`,
      keys: `${KEYS_FOLDER}/keys-${deviceName}.bin`,
    }),
    make: async (randomBytes) => {
      const hmacKey = randomBytes(HMAC_KEY_SIZE);
      return { xts: await deriveXtsKeys(hmacKey), hmacKey };
    },
    encode: ({ xts, hmacKey }) => ({ hmacKey: hmacKey!, keys: encodeKeyPartition(xts!) }),
    read,
  };
}

async function read({ hmacKey, keys }: PerKeyFile<Uint8Array>): Promise<KeyReading> {
  if (hmacKey === undefined) {
    if (keys === undefined) return { state: "none" };
    return {
      state: "broken",
      kind: "hmacKey",
      message: "is missing, though the keys derived from it are there",
    };
  }
  if (hmacKey.length !== HMAC_KEY_SIZE) {
    return {
      state: "broken",
      kind: "hmacKey",
      message: `has ${hmacKey.length} bytes; an HMAC key has ${HMAC_KEY_SIZE}`,
    };
  }
  const xts = await deriveXtsKeys(hmacKey);
  if (keys === undefined) return { state: "whole", keys: { xts, hmacKey }, missing: ["keys"] };
  if (isSameBytes(keys, encodeKeyPartition(xts))) {
    return { state: "whole", keys: { xts, hmacKey }, missing: [] };
  }
  try {
    decodeKeyPartition(keys);
  } catch (error) {
    return brokenPartition(error);
  }
  return { state: "broken", kind: "keys", message: OTHER_KEYS };
}

import { encodeKeyPartition } from "../crypto/key_partition.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { KEYS_FOLDER, type KeyScheme } from "./key_scheme.ts";
import { isSameBytes } from "../crypto/same_bytes.ts";

/**
 * Keys derived from a given HMAC key: the same for all devices, each of which
 * gets a copy of the key partition.
 *
 * @param sha256 Of the HMAC key, in hex.
 */
export function derivedKeys(keys: XtsKeys, sha256: string): KeyScheme {
  const shared = { xts: keys };
  const partition = encodeKeyPartition(keys);
  return {
    encryption: "hmac-given",
    id: `hmac-given ${sha256}`,
    shared: keys,
    givenSha256: { hmacKey: sha256 },
    folders: [KEYS_FOLDER],
    filesOf: (deviceName) => ({ keys: `${KEYS_FOLDER}/keys-${deviceName}.bin` }),
    make: () => shared,
    encode: () => ({ keys: partition }),
    read: ({ keys: found }) => {
      if (found === undefined) return { state: "whole", keys: shared, missing: ["keys"] };
      return isSameBytes(found, partition)
        ? { state: "whole", keys: shared, missing: [] }
        : { state: "broken", kind: "keys", message: OTHER_KEYS };
    },
  };
}

/** What is wrong with derived keys that are not those of their HMAC key. */
export const OTHER_KEYS = "does not hold the keys that the HMAC key gives";

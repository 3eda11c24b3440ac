import {
  decodeKeyPartition,
  encodeKeyPartition,
  KeyPartitionError,
  newXtsKeys,
} from "../crypto/key_partition.ts";
import { type KeyReading, KEYS_FOLDER, type KeyScheme } from "./key_scheme.ts";

/** Fresh keys for each device, in a key partition of its own. */
export const FRESH_KEYS: KeyScheme = {
  encryption: "own",
  id: "own",
  givenSha256: {},
  folders: [KEYS_FOLDER],
  filesOf: (deviceName) => ({ keys: `${KEYS_FOLDER}/keys-${deviceName}.bin` }),
  make: (randomBytes) => ({ xts: newXtsKeys(randomBytes) }),
  encode: ({ xts }) => ({ keys: encodeKeyPartition(xts!) }),
  read: ({ keys }) => {
    if (keys === undefined) return { state: "none" };
    try {
      return { state: "whole", keys: { xts: decodeKeyPartition(keys) }, missing: [] };
    } catch (error) {
      return brokenPartition(error);
    }
  },
};

/** What to say of a key partition that cannot be decoded. */
export function brokenPartition(error: unknown): KeyReading {
  if (!(error instanceof KeyPartitionError)) throw error;
  return { state: "broken", kind: "keys", message: error.message };
}

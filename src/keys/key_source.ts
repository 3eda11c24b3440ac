import type { XtsKeys } from "../crypto/xts.ts";
import { derivedKeys } from "./derived.ts";
import { FRESH_KEYS } from "./fresh.ts";
import { freshHmacKeys } from "./fresh_hmac.ts";
import { givenKeys } from "./given.ts";
import type { KeyScheme } from "./key_scheme.ts";
import { NO_KEYS } from "./none.ts";

/** A key scheme as plain data, which can be sent to a thread. */
export type KeySource =
  | { kind: "none" }
  /** `sha256` is that of the key partition's file, in hex. */
  | { kind: "given"; keys: XtsKeys; sha256: string }
  /** `sha256` is that of the HMAC key, in hex. */
  | { kind: "derived"; keys: XtsKeys; sha256: string }
  | { kind: "fresh" }
  | { kind: "freshHmac"; hmacKeyFile?: string };

/** The scheme that plain data stand for. */
export function keySchemeOf(source: KeySource): KeyScheme {
  switch (source.kind) {
    case "none":
      return NO_KEYS;
    case "given":
      return givenKeys(source.keys, source.sha256);
    case "derived":
      return derivedKeys(source.keys, source.sha256);
    case "fresh":
      return FRESH_KEYS;
    case "freshHmac":
      return freshHmacKeys(source.hmacKeyFile);
    default:
      throw new TypeError(`Cannot make a key scheme of "${source satisfies never}"`);
  }
}

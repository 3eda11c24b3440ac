import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import type { XtsKeys } from "./xts.ts";

/** Whether two key files hold the same; takes as long for any difference. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether two pairs of keys are the same. */
export function isSameKeys(a: XtsKeys, b: XtsKeys): boolean {
  return isSameBytes(a.encryptionKey, b.encryptionKey) && isSameBytes(a.tweakKey, b.tweakKey);
}

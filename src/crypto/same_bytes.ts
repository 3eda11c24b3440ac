import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** Whether two key files hold the same; takes as long for any difference. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

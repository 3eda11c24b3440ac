/**
 * Key partitions as flash encryption will read them, for boards whose flash
 * encryption key the line has burned itself: they are then written as they are,
 * also in release mode.
 *
 * @module
 */

import { hash } from "node:crypto";
import { join } from "@std/path";
import { encryptFlash, type FlashKey } from "../crypto/flash_encryption.ts";
import type { DevicePlan } from "./device.ts";
import type { FlashFile, FlashPlanSpec } from "./spec.ts";
import { sealedFile } from "./steps.ts";

/**
 * Encrypts the key partition of a device.
 *
 * @param plain Its bytes.
 * @returns The plan with what is written in its place, which is `sealed`.
 */
export function sealKeys(
  plan: DevicePlan & { toSeal: FlashFile },
  { outdir }: FlashPlanSpec,
  key: FlashKey,
  plain: Uint8Array,
): { plan: DevicePlan; sealed: Uint8Array } {
  const { toSeal, writes } = plan;
  const sealed = encryptFlash(plain, key, toSeal.offset);
  const file: FlashFile = {
    ...toSeal,
    path: join(outdir, sealedFile(plan)),
    sha256: hash("sha256", sealed, "hex"),
    content: sealed,
  };
  return {
    plan: { ...plan, writes: writes.map((one) => one === toSeal ? file : one) },
    sealed,
  };
}

/**
 * What a flash plan comes to, as text and JSON.
 *
 * @module
 */

import { join } from "@std/path";
import { inHex } from "../flash/partition.ts";
import type { DevicePlan } from "../flash_plan/device.ts";
import type { HoldingRows } from "../flash_plan/rows.ts";
import type { FlashFile, FlashPlanSpec } from "../flash_plan/spec.ts";
import { PLAN_FILE, stepsOf } from "../flash_plan/steps.ts";
import type { Encryption } from "../keys/key_scheme.ts";
import type { Host } from "../ports/host.ts";
import type { Problems } from "../problems/problems.ts";
import type { Warnings } from "../problems/warnings.ts";
import { counted, padded, printable } from "../report/text.ts";
import { noteLines, printJson, type ReportStyle, warningsJson } from "./render.ts";

/** Collects what all devices come to; takes no memory for each. */
export class FlashPlanReport {
  readonly #spec: FlashPlanSpec;
  readonly #rows: HoldingRows;
  readonly #encryptions = new Set<Encryption>();
  #first: DevicePlan | undefined;
  #stepCount = 0;
  #permanentCount = 0;
  #isAscii = true;

  constructor(spec: FlashPlanSpec, rows: HoldingRows) {
    this.#spec = spec;
    this.#rows = rows;
  }

  add(plan: DevicePlan, encryption: Encryption): void {
    // One with a key partition shows more.
    if (this.#first === undefined || plan.writes.length > this.#first.writes.length) {
      this.#first = plan;
    }
    this.#encryptions.add(encryption);
    for (const { isPermanent } of stepsOf(plan, this.#spec)) {
      this.#stepCount++;
      if (isPermanent) this.#permanentCount++;
    }
    // deno-lint-ignore no-control-regex
    if (plan.writes.some(({ path }) => /[^\x00-\x7F]/.test(path))) this.#isAscii = false;
  }

  /** Refuses options about keys that no device has: the boards would be others than was meant. */
  checkOptions(problems: Problems): void {
    const { manifest, hmacBlock, givenKeys, givenHmacKey, flashKeyOf, flashEncryption } =
      this.#spec;
    const has = (...kinds: Encryption[]) => kinds.some((kind) => this.#encryptions.has(kind));
    const refuse = (option: string, what: string) =>
      problems.add(
        { file: manifest },
        "key-not-planned",
        `${option} is given, but no device ${what}; leave it out, or give another manifest`,
      );
    if (this.#encryptions.size === 0) return;
    if (hmacBlock !== undefined && !has("hmac-own", "hmac-given")) {
      refuse("--hmac-block", "is encrypted by an HMAC key");
    }
    if (givenKeys !== undefined && !has("given")) {
      refuse("--inputkey", "was made with a given key partition");
    }
    // In release mode it has to be given, whatever the images are.
    if (flashKeyOf !== undefined && flashEncryption === "development" && !has("own", "given")) {
      refuse("--flash-encryption-key", "has a key partition to encrypt");
    }
    if (givenHmacKey !== undefined && !has("hmac-given")) {
      refuse("--kp_hmac_inputkey", "was made with a given HMAC key");
    }
  }

  print(host: Host, style: ReportStyle, syncing: readonly string[], warnings: Warnings): void {
    const { chip, flashEncryption, hmacBlock, outdir, format, merged } = this.#spec;
    const writes = this.#first!.writes;
    const notes = [...this.#notes(), ...syncing];
    const path = join(outdir, PLAN_FILE);
    if (style.isJson) {
      printJson(host, {
        plan: path,
        format,
        chip,
        flash_encryption: flashEncryption,
        device_count: this.#rows.count,
        step_count: this.#stepCount,
        permanent_step_count: this.#permanentCount,
        hmac_block: hmacBlock ?? null,
        flash_map: writes.map((file) => ({
          offset: file.offset,
          bytes: file.sizeBytes,
          holds: file.holds,
          file: merged.files.includes(file) ? file.path : null,
          encrypted_by_chip: file.isEncrypted,
          encrypted_before: file === this.#first!.toSeal,
        })),
        warnings: warningsJson(warnings),
        notes,
      });
      return;
    }
    if (style.isQuiet) return;
    const rows = writes.map((file) => [
      inHex(file.offset),
      inHex(file.sizeBytes),
      printable(file.holds),
      merged.files.includes(file) ? printable(file.path) : "of each device",
      encryptionText(file, this.#first!),
    ]);
    const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]!.length)));
    const permanent = this.#permanentCount === 0
      ? ""
      : `, ${this.#permanentCount} of which cannot be undone`;
    host.print([
      `flash map of ${chip}, flash encryption ${
        flashEncryption === "off" ? "off" : `on (${flashEncryption})`
      }:`,
      ...rows.map((row) =>
        `  ${row.map((cell, at) => padded(cell, widths[at] ?? 0)).join("  ").trimEnd()}`
      ),
      ...hmacBlock === undefined
        ? []
        : [`eFuse BLOCK_KEY${hmacBlock}: the HMAC key of each device, for ever`],
      `${counted(this.#rows.count, "device")}: ${path}, ${
        counted(this.#stepCount, "step")
      }${permanent}`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }

  #notes(): string[] {
    const notes: string[] = [];
    const { flashEncryption, format } = this.#spec;
    if (format === "bin") {
      notes.push(`the images begin at ${inHex(this.#first!.writes[0]!.offset)} of the flash`);
    }
    const hasKeys = this.#encryptions.has("own") || this.#encryptions.has("given");
    if (hasKeys && flashEncryption === "off") {
      notes.push(
        "the key partition can be read from the flash until the bootloader has turned flash " +
          "encryption on, at its first start",
      );
    }
    const { missingCount } = this.#rows;
    if (missingCount > 0) {
      notes.push(`${counted(missingCount, "device")} before the last one: no row, so no step`);
    }
    if (!this.#isAscii) {
      notes.push(
        "paths have characters beyond ASCII: on Windows, set PYTHONUTF8=1 for esptool and espefuse",
      );
    }
    return notes;
  }
}

function encryptionText(file: FlashFile, { toSeal }: DevicePlan): string {
  if (file === toSeal) return "encrypted before";
  return file.isEncrypted ? "encrypted by the chip" : "as it is";
}

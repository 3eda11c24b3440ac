/**
 * The files of a plan: what esptool, espefuse or a programmer takes for each
 * device, hashes to check before, and the list of steps.
 *
 * @module
 */

import { hash } from "node:crypto";
import { quotedArgument } from "../flash/args_file.ts";
import { inHex } from "../flash/partition.ts";
import { csvLine } from "../plan/csv_line.ts";
import { pathBelow } from "../plan/names.ts";
import type { DevicePlan } from "./device.ts";
import { type FlashPlanSpec, pathFrom } from "./spec.ts";

/** File that lists the steps. */
export const PLAN_FILE = "plan.csv";
/** Its first line, with its end. The file stands last: it alone may need quotes. */
export const PLAN_HEADER = "device,step,tool,permanent,sha256,file\n";

/** A step of a device. */
export interface Step {
  tool: "espefuse" | "esptool" | "programmer";
  /** Whether it cannot be undone. */
  isPermanent: boolean;
  /** Name of its file in the folder of the plan. */
  file: string;
}

/** The steps of a device in the order that is safe: the key before what is encrypted with it. */
export function stepsOf({ name, burn }: DevicePlan, { format }: FlashPlanSpec): Step[] {
  const burning: Step = { tool: "espefuse", isPermanent: true, file: `${name}.espefuse.args` };
  const writing: Step = format === "esptool"
    ? { tool: "esptool", isPermanent: false, file: `${name}.esptool.args` }
    : { tool: "programmer", isPermanent: false, file: `${name}.${format}` };
  return burn === undefined ? [writing] : [burning, writing];
}

/** Name of the file with the hashes of all files that a device's steps read. */
export function sumsFile({ name }: DevicePlan): string {
  return `${name}.sha256`;
}

/** A step as a line of {@linkcode PLAN_FILE}; `content` is what its file holds, or the hash of it. */
export function planLine(
  device: number,
  step: number,
  { tool, isPermanent, file }: Step,
  sha256: string,
): string {
  return `${
    csvLine([String(device), String(step), tool, isPermanent ? "yes" : "no", sha256, file])
  }\n`;
}

/** SHA-256 of a text as UTF-8, in hex. */
export function sha256Of(text: string): string {
  return hash("sha256", text, "hex");
}

/** Arguments that burn the HMAC key, and leave the chip in its bootloader. */
export function espefuseArguments(
  { block, key }: NonNullable<DevicePlan["burn"]>,
  { chip, outdir }: FlashPlanSpec,
  isWindows: boolean,
): string {
  const path = quotedArgument(pathFrom(outdir, key.path, isWindows));
  return [
    `--chip ${chip}`,
    "--before default-reset",
    "--after no-reset",
    `burn-key BLOCK_KEY${block} ${path} HMAC_UP`,
    "",
  ].join("\n");
}

/** Arguments that write everything in one call, and only then start the firmware. */
export function esptoolArguments(
  { writes }: DevicePlan,
  { chip, outdir, merged }: FlashPlanSpec,
  isWindows: boolean,
): string {
  const lines = (isEncrypted: boolean) =>
    writes.filter((file) => file.isEncrypted === isEncrypted).map(({ offset, path }) =>
      `${inHex(offset)} ${quotedArgument(pathFrom(outdir, path, isWindows))}`
    );
  const encrypted = lines(true);
  return [
    `--chip ${chip}`,
    "--before default-reset",
    "--after hard-reset",
    "write-flash",
    ...merged.options.length === 0 ? [] : [merged.options.map(quotedArgument).join(" ")],
    ...lines(false), // the image is one: esptool wants a file that is not encrypted
    ...encrypted.length === 0 ? [] : ["--encrypt-files", ...encrypted],
    "",
  ].join("\n");
}

/** Hashes and paths as `sha256sum -c` takes them. */
export function sumsText(
  { burn, writes }: DevicePlan,
  { outdir }: FlashPlanSpec,
  isWindows: boolean,
): string {
  return [...burn === undefined ? [] : [burn.key], ...writes]
    .map(({ path, sha256 }) => `${sha256}  ${pathFrom(outdir, path, isWindows)}\n`)
    .join("");
}

/** Name of the key partition that was encrypted before. */
export function sealedFile({ name }: DevicePlan): string {
  return `${name}.nvs_keys.bin`;
}

/** Names of all files of a device in the folder of the plan. */
export function filesOf(plan: DevicePlan, spec: FlashPlanSpec): string[] {
  const sealed = plan.toSeal === undefined ? [] : [sealedFile(plan)];
  return [...sealed, ...stepsOf(plan, spec).map(({ file }) => file), sumsFile(plan)]
    .map((file) => pathBelow(spec.outdir, file));
}

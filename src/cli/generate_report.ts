/**
 * What `generate` says in the end, and what its dry run lists.
 *
 * @module
 */

import { join } from "@std/path";
import type { FileReader } from "../ports/file_system.ts";
import type { Host } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";
import { Problems } from "../problems/problems.ts";
import type { Warnings } from "../problems/warnings.ts";
import { KEYS_FOLDER, type KeyScheme } from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import { imageSize } from "../nvs/partition.ts";
import type { Layout } from "../nvs/placement.ts";
import type { WriteCount } from "../output/batch_writer.ts";
import type { BatchPlan, Fullness } from "../plan/batch_check.ts";
import { InputChangedError } from "../plan/cell_files.ts";
import { isChosen } from "../plan/choice.ts";
import { DeviceNames, DeviceSource } from "../plan/devices.ts";
import { manifestPath } from "../plan/manifest.ts";
import { allPaths, CSV_FOLDER, deviceFiles, IMAGE_FOLDER } from "../plan/names.ts";
import { rowsOfPart } from "../plan/values.ts";
import { counted, jsonLine, printable } from "../report/text.ts";
import { noteLines, printJson, type ReportStyle, warningsJson } from "./render.ts";

/**
 * Reports a finished batch.
 *
 * @param report Path of the page about it, if one was written.
 */
export function reportDone(
  host: Host,
  style: ReportStyle,
  plan: BatchPlan,
  warnings: Warnings,
  count: WriteCount,
  seconds: number,
  report?: string,
): void {
  const { spec, fullest, notes } = plan;
  const devices = count.written + count.found;
  const rate = devices / Math.max(seconds, 1e-3);
  const { csv, keyFiles } = deviceFiles("", spec.writeCsv, keySchemeOf(spec.keySource));
  const manifest = manifestPath(spec.outdir, spec.prefix);
  if (style.isJson) {
    const countOf = (path: string | undefined) => path === undefined ? 0 : devices;
    printJson(host, {
      devices,
      written: count.written,
      found_done: count.found,
      bytes: count.imageBytes,
      seconds: rounded(seconds, 3),
      rate: rounded(rate, 1),
      fullest: fullnessJson(fullest),
      files: {
        outdir: spec.outdir,
        images: devices,
        csvs: countOf(csv),
        keys: countOf(keyFiles.keys),
        hmac_keys: countOf(keyFiles.hmacKey),
        created_csv: plan.createdCsv ?? null,
        manifest,
      },
      report: report ?? null,
      batch: plan.batchId,
      notes,
      warnings: warningsJson(warnings),
    });
    return;
  }
  if (style.isQuiet) return;
  const folders = [
    IMAGE_FOLDER,
    ...(csv === undefined ? [] : [CSV_FOLDER]),
    ...(keyFiles.keys === undefined ? [] : [KEYS_FOLDER]),
  ].map((folder) => join(spec.outdir, folder));
  const created = plan.createdCsv === undefined ? [] : [plan.createdCsv];
  host.print([
    `${counted(devices, "device")} in ${rounded(seconds, 2)} s ` +
    `(${Math.round(rate)} devices/s), ${count.imageBytes} bytes of images`,
    ...(count.found === 0 ? [] : [`${count.found} of them were done before`]),
    `fullest: ${fullnessText(fullest)}`,
    `files: ${[...folders, manifest, ...created].join(", ")}`,
    ...reportLine(report),
    ...noteLines(notes),
    "",
  ].join("\n"));
}

/**
 * Lists what would be written; the plan was checked, so nothing can be wrong
 * with it.
 *
 * @returns Whether it came to the end of the list.
 */
export async function dryRun(
  host: Host,
  style: ReportStyle,
  plan: BatchPlan,
  warnings: Warnings,
  pace: Pace,
): Promise<boolean> {
  const { spec, fullest, notes } = plan;
  const { totalEntries } = fullest;
  const keys = keySchemeOf(spec.keySource);
  if (style.isJson) {
    const head = {
      dry_run: true,
      devices: plan.chosenCount,
      bytes: plan.imageBytes,
    };
    const tail = {
      fullest: fullnessJson(fullest),
      created_csv: plan.createdCsv ?? null,
      report: null,
      notes,
      warnings: warningsJson(warnings),
    };
    // Printed piece by piece: the list grows with the batch, the memory must not.
    host.print(`${jsonLine(head).slice(0, -1)},"images":[`);
    let separator = "\n";
    for await (const { name, layout } of chosenDevices(host.files, plan, pace)) {
      const { usedEntries } = layout;
      const entry = {
        files: listedPaths(name, spec.writeCsv, keys),
        bytes: imageSize(layout, spec.geometry),
        used: usedEntries,
        total: totalEntries,
      };
      host.print(separator + jsonLine(entry));
      separator = ",\n";
    }
    if (pace.isStopped) return false;
    host.print(`\n],${jsonLine(tail).slice(1)}\n`);
    return true;
  }
  if (style.isQuiet) return true;
  for await (const { name, layout } of chosenDevices(host.files, plan, pace)) {
    const [image, ...beside] = listedPaths(name, spec.writeCsv, keys);
    host.print(
      `${join(spec.outdir, image!)} uses ${layout.usedEntries} of ${totalEntries} entries` +
        `${beside.length > 0 ? `; ${beside.join(", ")}` : ""}\n`,
    );
  }
  if (pace.isStopped) return false;
  host.print([
    `dry run: ${
      counted(plan.chosenCount, "device")
    }, ${plan.imageBytes} bytes of images would be written`,
    `fullest: ${fullnessText(fullest)}`,
    ...(plan.createdCsv === undefined ? [] : [`also: ${plan.createdCsv}`]),
    ...noteLines(notes),
    "",
  ].join("\n"));
  return true;
}

/** The image first, then what belongs to it. */
function listedPaths(name: string, writeCsv: boolean, keys: KeyScheme): string[] {
  return allPaths(deviceFiles(name, writeCsv, keys)).toReversed();
}

/** The devices of a plan that are chosen, until the pace stops. */
async function* chosenDevices(
  files: FileReader,
  plan: BatchPlan,
  pace: Pace,
): AsyncGenerator<{ name: string; layout: Layout }> {
  const { spec, values } = plan;
  const source = DeviceSource.laterPass(files, plan);
  const problems = new Problems(); // stays empty: every problem was found in the check
  const names = new DeviceNames(spec, values.header);
  for (const part of values.parts) {
    for (const row of rowsOfPart(files, values, part, problems)) {
      const { name, fileId } = names.nameOf(row);
      if (isChosen(spec, row.number, fileId)) {
        const content = source.layOut(row, name);
        if (content === undefined) throw new InputChangedError(spec.values);
        yield { name, layout: content.layout };
      }
      await pace.step(row.number);
      if (pace.isStopped) return;
    }
  }
}

/** Names the page about a batch; nothing if there is none. */
export function reportLine(path: string | undefined): string[] {
  return path === undefined ? [] : [`report: ${printable(path)}`];
}

function fullnessText({ name, usedEntries, totalEntries }: Fullness): string {
  return `${name}.bin uses ${usedEntries} of ${totalEntries} entries`;
}

function fullnessJson({ name, usedEntries, totalEntries }: Fullness) {
  return { image: `${name}.bin`, used: usedEntries, total: totalEntries };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

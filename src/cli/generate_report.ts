/**
 * What `generate` says in the end, and what its dry run lists.
 *
 * @module
 */

import { join } from "@std/path";
import { imageSize } from "../nvs/partition.ts";
import type { LaneCount } from "../output/lane.ts";
import type { BatchPlan, Fullness } from "../plan/batch_check.ts";
import { type Device, layOut, readRows } from "../plan/devices.ts";
import { manifestPath } from "../plan/manifest.ts";
import { CSV_FOLDER, deviceFiles, IMAGE_FOLDER, KEYS_FOLDER } from "../plan/names.ts";
import { isInShard, shardSize } from "../plan/shard.ts";
import type { Host } from "../ports/host.ts";
import { jsonLine } from "../report/text.ts";
import { Progress } from "./progress.ts";
import { counted, noteLines, printJson, type ReportStyle } from "./render.ts";

/** Reports a finished batch. */
export function reportDone(
  host: Host,
  style: ReportStyle,
  plan: BatchPlan,
  count: LaneCount,
  seconds: number,
): void {
  const { spec, fullest, notes } = plan;
  const devices = count.written + count.found;
  const rate = devices / Math.max(seconds, 1e-3);
  const perDevice = deviceFiles("", spec.writeCsv, spec.keySource);
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
        csvs: countOf(perDevice.csv),
        keys: countOf(perDevice.keys),
        hmac_keys: countOf(perDevice.hmacKey),
        created_csv: plan.createdCsv ?? null,
        manifest,
      },
      batch: plan.batchId,
      notes,
    });
    return;
  }
  if (style.isQuiet) return;
  const folders = [
    IMAGE_FOLDER,
    ...(perDevice.csv === undefined ? [] : [CSV_FOLDER]),
    ...(perDevice.keys === undefined ? [] : [KEYS_FOLDER]),
  ].map((folder) => join(spec.outdir, folder));
  const created = plan.createdCsv === undefined ? [] : [plan.createdCsv];
  host.print([
    `${counted(devices, "device")} in ${rounded(seconds, 2)} s ` +
    `(${Math.round(rate)} devices/s), ${count.imageBytes} bytes of images`,
    ...(count.found === 0 ? [] : [`${count.found} of them were done before`]),
    `fullest: ${fullnessText(fullest)}`,
    `files: ${[...folders, manifest, ...created].join(", ")}`,
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
  isStopped: () => boolean,
): Promise<boolean> {
  const { spec, fullest, notes } = plan;
  const deviceCount = shardSize(spec.shard, plan.deviceCount);
  const { totalEntries } = fullest;
  const progress = new Progress(host, false);
  progress.begin("listing");
  if (style.isJson) {
    const head = {
      dry_run: true,
      devices: deviceCount,
      bytes: plan.imageBytes,
    };
    const tail = { fullest: fullnessJson(fullest), created_csv: plan.createdCsv ?? null, notes };
    // Printed piece by piece: the list grows with the batch, the memory must not.
    host.print(`${jsonLine(head).slice(0, -1)},"images":[`);
    let separator = "\n";
    for (const { name, layout, row } of shardDevices(plan)) {
      const { usedEntries } = layout;
      const entry = {
        files: Object.values(deviceFiles(name, spec.writeCsv, spec.keySource)),
        bytes: imageSize(layout, spec.geometry),
        used: usedEntries,
        total: totalEntries,
      };
      host.print(separator + jsonLine(entry));
      separator = ",\n";
      await progress.step(row.number);
      if (isStopped()) return false;
    }
    host.print(`\n],${jsonLine(tail).slice(1)}\n`);
    return true;
  }
  if (style.isQuiet) return true;
  for (const { name, layout, row } of shardDevices(plan)) {
    const { image, ...others } = deviceFiles(name, spec.writeCsv, spec.keySource);
    const beside = Object.values(others) as string[];
    host.print(
      `${join(spec.outdir, image)} uses ${layout.usedEntries} of ${totalEntries} entries` +
        `${beside.length > 0 ? `; ${beside.join(", ")}` : ""}\n`,
    );
    await progress.step(row.number);
    if (isStopped()) return false;
  }
  host.print([
    `dry run: ${
      counted(deviceCount, "device")
    }, ${plan.imageBytes} bytes of images would be written`,
    `fullest: ${fullnessText(fullest)}`,
    ...(plan.createdCsv === undefined ? [] : [`also: ${plan.createdCsv}`]),
    ...noteLines(notes),
    "",
  ].join("\n"));
  return true;
}

function* shardDevices({ spec, source }: BatchPlan): Generator<Device> {
  for (const named of readRows(source)) {
    const device = isInShard(spec.shard, named.row.number) ? layOut(source, named) : undefined;
    if (device !== undefined) yield device;
  }
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

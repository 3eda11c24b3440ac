/**
 * ```console
 * $ mfg_gen generate conf.csv values.csv Dev 0x3000 --outdir out
 * 1000 devices in 0.24 s (4167 devices/s), 12288000 bytes of images
 * fullest: Dev-17.bin uses 118 of 252 entries
 * files: out/bin, out/csv
 * ```
 *
 * @module
 */

import { join } from "@std/path";
import { IoError } from "../../host/file_system.ts";
import type { Host } from "../../host/host.ts";
import { Problems } from "../../input/problems.ts";
import { imageSize } from "../../nvs/partition.ts";
import { writeBatch, type WriteCount } from "../../output/batch_writer.ts";
import { type BatchPlan, checkBatch, type Fullness } from "../../plan/batch_check.ts";
import { InputChangedError } from "../../plan/cell_files.ts";
import { readDevices } from "../../plan/devices.ts";
import { CSV_FOLDER, deviceFiles, IMAGE_FOLDER, KEYS_FOLDER } from "../../plan/names.ts";
import type { RawArgs } from "../args.ts";
import { resolveBatch } from "../batch_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { counted, printJson, reportRejected, type ReportStyle } from "../render.ts";

export async function runGenerate(host: Host, args: RawArgs): Promise<ExitCode> {
  const startedAt = host.now();
  const style: ReportStyle = { isQuiet: args.has("quiet"), isJson: args.has("json") };
  const problems = new Problems();
  const progress = new Progress(host, !style.isQuiet);
  const { spec, notes } = await resolveBatch(host.files, args, problems);

  progress.begin("checking");
  const plan = await checkBatch(host.files, spec, problems, {
    onDevice: (count) => progress.step(count),
  });
  progress.clear();
  if (plan === undefined) return reportRejected(host, style, problems);
  plan.notes.unshift(...notes);
  if (args.has("dry-run")) return await dryRun(host, style, plan);

  const count: WriteCount = { devices: 0, imageBytes: 0 };
  progress.begin("writing", plan.deviceCount);
  try {
    await writeBatch(host.files, plan, {
      randomBytes: (sizeBytes) => host.randomBytes(sizeBytes),
      onDevice: (done) => progress.step(done),
    }, count);
  } catch (error) {
    progress.clear();
    if (!(error instanceof IoError || error instanceof InputChangedError)) throw error;
    return reportStopped(host, style, plan, count, error);
  }
  progress.clear();
  reportDone(host, style, plan, count, (host.now() - startedAt) / 1000);
  return EXIT.done;
}

function reportStopped(
  host: Host,
  style: ReportStyle,
  plan: BatchPlan,
  count: WriteCount,
  error: IoError | InputChangedError,
): ExitCode {
  host.printError(
    `error: ${error.message}\n` +
      `${count.devices} of ${counted(plan.deviceCount, "device")} were finished in ` +
      `"${plan.spec.outdir}" and are whole\n`,
  );
  if (style.isJson) {
    printJson(host, {
      exit: EXIT.io,
      error: error.message,
      devices: count.devices,
      of_devices: plan.deviceCount,
    });
  }
  return EXIT.io;
}

function reportDone(
  host: Host,
  style: ReportStyle,
  plan: BatchPlan,
  count: WriteCount,
  seconds: number,
): void {
  const { spec, fullest, notes } = plan;
  const rate = count.devices / Math.max(seconds, 1e-3);
  const perDevice = deviceFiles("", spec.writeCsv, spec.keySource);
  const folders = [
    IMAGE_FOLDER,
    ...(perDevice.csv === undefined ? [] : [CSV_FOLDER]),
    ...(perDevice.keys === undefined ? [] : [KEYS_FOLDER]),
  ].map((folder) => join(spec.outdir, folder));
  if (style.isJson) {
    const countOf = (path: string | undefined) => path === undefined ? 0 : count.devices;
    printJson(host, {
      devices: count.devices,
      bytes: count.imageBytes,
      seconds: rounded(seconds, 3),
      rate: rounded(rate, 1),
      fullest: fullnessJson(fullest),
      files: {
        outdir: spec.outdir,
        images: count.devices,
        csvs: countOf(perDevice.csv),
        keys: countOf(perDevice.keys),
        hmac_keys: countOf(perDevice.hmacKey),
        created_csv: plan.createdCsv ?? null,
      },
      notes,
    });
    return;
  }
  if (style.isQuiet) return;
  host.print([
    `${counted(count.devices, "device")} in ${rounded(seconds, 2)} s ` +
    `(${Math.round(rate)} devices/s), ${count.imageBytes} bytes of images`,
    `fullest: ${fullnessText(fullest)}`,
    `files: ${
      [...folders, ...(plan.createdCsv === undefined ? [] : [plan.createdCsv])].join(", ")
    }`,
    ...notes.map((note) => `note: ${note}`),
    "",
  ].join("\n"));
}

/** Lists what would be written; the plan was checked, so nothing can be wrong with it. */
async function dryRun(host: Host, style: ReportStyle, plan: BatchPlan): Promise<ExitCode> {
  const { spec, source, fullest, notes } = plan;
  const { totalEntries } = fullest;
  const progress = new Progress(host, false);
  progress.begin("listing");
  if (style.isJson) {
    const head = { dry_run: true, devices: plan.deviceCount, bytes: plan.imageBytes };
    const tail = { fullest: fullnessJson(fullest), created_csv: plan.createdCsv ?? null, notes };
    // Printed piece by piece: the list grows with the batch, the memory must not.
    host.print(`${JSON.stringify(head).slice(0, -1)},"images":[`);
    let separator = "\n";
    for (const { name, layout, row } of readDevices(source)) {
      const { usedEntries } = layout;
      const entry = {
        files: Object.values(deviceFiles(name, spec.writeCsv, spec.keySource)),
        bytes: imageSize(layout, spec.geometry),
        used: usedEntries,
        total: totalEntries,
      };
      host.print(separator + JSON.stringify(entry));
      separator = ",\n";
      await progress.step(row.number);
    }
    host.print(`\n],${JSON.stringify(tail).slice(1)}\n`);
    return EXIT.done;
  }
  if (style.isQuiet) return EXIT.done;
  for (const { name, layout, row } of readDevices(source)) {
    const { image, ...others } = deviceFiles(name, spec.writeCsv, spec.keySource);
    const beside = Object.values(others) as string[];
    host.print(
      `${join(spec.outdir, image)} uses ${layout.usedEntries} of ${totalEntries} entries` +
        `${beside.length > 0 ? `; ${beside.join(", ")}` : ""}\n`,
    );
    await progress.step(row.number);
  }
  host.print([
    `dry run: ${
      counted(plan.deviceCount, "device")
    }, ${plan.imageBytes} bytes of images would be written`,
    `fullest: ${fullnessText(fullest)}`,
    ...(plan.createdCsv === undefined ? [] : [`also: ${plan.createdCsv}`]),
    ...notes.map((note) => `note: ${note}`),
    "",
  ].join("\n"));
  return EXIT.done;
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

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
import { IoError } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import { Problems } from "../../input/problems.ts";
import { imageSize } from "../../nvs/partition.ts";
import { writeBatch } from "../../output/batch_writer.ts";
import type { LaneCount } from "../../output/lane.ts";
import { type BatchPlan, checkBatch, type Fullness } from "../../plan/batch_check.ts";
import { InputChangedError } from "../../plan/cell_files.ts";
import { type Device, layOut, readRows } from "../../plan/devices.ts";
import { manifestPath } from "../../plan/manifest.ts";
import { CSV_FOLDER, deviceFiles, IMAGE_FOLDER, KEYS_FOLDER } from "../../plan/names.ts";
import { isInShard, shardSize } from "../../plan/shard.ts";
import type { RawArgs } from "../args.ts";
import { parseJobs, resolveBatch } from "../batch_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import {
  counted,
  noteLines,
  printJson,
  reportRejected,
  type ReportStyle,
  styleOf,
} from "../render.ts";

/** Devices for which a second lane pays: starting its worker costs as much as some hundred devices. */
const DEVICES_PER_LANE = 500;
/** More lanes than this only wait for the same disk. */
const MAX_CHOSEN_LANES = 4;

export async function runGenerate(host: Host, args: RawArgs): Promise<ExitCode> {
  const interruption = host.interruption();
  try {
    return await new GenerateRun(host, args, interruption.signal).run();
  } finally {
    interruption.dispose();
  }
}

class GenerateRun {
  readonly #host: Host;
  readonly #args: RawArgs;
  readonly #stop: AbortSignal;
  readonly #startedAt: number;
  readonly #style: ReportStyle;
  readonly #progress: Progress;
  #counts: LaneCount[] = [];

  constructor(host: Host, args: RawArgs, stop: AbortSignal) {
    this.#host = host;
    this.#args = args;
    this.#stop = stop;
    this.#startedAt = host.now();
    this.#style = styleOf(args);
    this.#progress = new Progress(host, !this.#style.isQuiet);
  }

  async run(): Promise<ExitCode> {
    const { files } = this.#host;
    const problems = new Problems();
    const jobs = parseJobs(this.#args.value("jobs"));
    const { spec, notes } = await resolveBatch(files, this.#args, problems);

    this.#progress.begin("checking");
    const plan = await checkBatch(files, spec, problems, {
      onDevice: (count) => {
        this.#host.paceGarbage();
        return this.#progress.step(count);
      },
      isStopped: () => this.#stop.aborted,
    });
    this.#progress.clear();
    if (this.#stop.aborted) return this.#reportInterrupted("nothing was written");
    if (plan === undefined) return reportRejected(this.#host, this.#style, problems);
    plan.notes.unshift(...notes);
    if (this.#args.has("dry-run")) return await dryRun(this.#host, this.#style, plan);
    return await this.#write(plan, jobs);
  }

  async #write(plan: BatchPlan, jobs: number | undefined): Promise<ExitCode> {
    const total = shardSize(plan.spec.shard, plan.deviceCount);
    const laneCount = jobs === undefined
      ? this.#chosenJobs(total)
      : Math.max(1, Math.min(jobs, total));
    this.#counts = Array.from(
      { length: laneCount },
      () => ({ written: 0, found: 0, imageBytes: 0 }),
    );
    // What the check left would stay beside the workers' heaps.
    if (laneCount > 1) this.#host.collectGarbage();
    const onProgress = () => this.#progress.step(this.#count().written + this.#count().found);
    this.#progress.begin("looking at");
    try {
      await writeBatch(this.#host.files, plan, laneCount, {
        runLanes: (lanes) =>
          this.#host.runLanes(lanes, this.#counts, { onProgress, stop: this.#stop }),
        wait: (milliseconds) => this.#host.wait(milliseconds),
        onRecorded: (count) => this.#progress.step(count),
        onRow: () => this.#host.paceGarbage(),
        onBegin: () => this.#progress.begin("writing", total),
        isStopped: () => this.#stop.aborted,
      });
    } catch (error) {
      this.#progress.clear();
      if (!(error instanceof IoError || error instanceof InputChangedError)) throw error;
      return this.#reportStopped(total, error);
    }
    this.#progress.clear();
    const { written, found } = this.#count();
    if (this.#stop.aborted && written + found < total) {
      return this.#reportInterrupted(this.#finishedText(total));
    }
    reportDone(this.#host, this.#style, plan, this.#count(), this.#seconds());
    return EXIT.done;
  }

  #chosenJobs(devices: number): number {
    const limit = Math.min(this.#host.cores, MAX_CHOSEN_LANES);
    return Math.max(1, Math.min(limit, Math.floor(devices / DEVICES_PER_LANE)));
  }

  #count(): LaneCount {
    const sum: LaneCount = { written: 0, found: 0, imageBytes: 0 };
    for (const { written, found, imageBytes } of this.#counts) {
      sum.written += written;
      sum.found += found;
      sum.imageBytes += imageBytes;
    }
    return sum;
  }

  #seconds(): number {
    return (this.#host.now() - this.#startedAt) / 1000;
  }

  #finishedText(total: number): string {
    const { written, found } = this.#count();
    return `${written + found} of ${counted(total, "device")} are finished and whole`;
  }

  #reportInterrupted(state: string): ExitCode {
    const resume = resumeCommand(this.#args, this.#host.files.isWindows);
    this.#host.printError(`interrupted: ${state}\ngo on with: ${resume}\n`);
    if (this.#style.isJson) {
      printJson(this.#host, { exit: EXIT.interrupted, ...this.#doneJson(), resume });
    }
    return EXIT.interrupted;
  }

  #reportStopped(total: number, error: IoError | InputChangedError): ExitCode {
    const resume = resumeCommand(this.#args, this.#host.files.isWindows);
    this.#host.printError(
      `error: ${error.message}\n${this.#finishedText(total)}; go on with: ${resume}\n`,
    );
    if (this.#style.isJson) {
      printJson(this.#host, { exit: EXIT.io, error: error.message, ...this.#doneJson(), resume });
    }
    return EXIT.io;
  }

  #doneJson() {
    const { written, found } = this.#count();
    return { devices: written + found };
  }
}

/** The command line again, with `--resume`. */
function resumeCommand(args: RawArgs, isWindows: boolean): string {
  const words = ["mfg_gen", args.command, ...args.typed];
  if (!args.has("resume")) words.push("--resume");
  return words.map((word) => quoted(word, isWindows)).join(" ");
}

/** A word as a POSIX shell reads it, or PowerShell on Windows. */
function quoted(word: string, isWindows: boolean): string {
  if (/^[\w@%+=:,./-]+$/.test(word) || isWindows && /^[\w.:\\-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", isWindows ? "''" : "'\\''")}'`;
}

function reportDone(
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

/** Lists what would be written; the plan was checked, so nothing can be wrong with it. */
async function dryRun(host: Host, style: ReportStyle, plan: BatchPlan): Promise<ExitCode> {
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
    host.print(`${JSON.stringify(head).slice(0, -1)},"images":[`);
    let separator = "\n";
    for (const { name, layout, row } of shardDevices(plan)) {
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
  for (const { name, layout, row } of shardDevices(plan)) {
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
      counted(deviceCount, "device")
    }, ${plan.imageBytes} bytes of images would be written`,
    `fullest: ${fullnessText(fullest)}`,
    ...(plan.createdCsv === undefined ? [] : [`also: ${plan.createdCsv}`]),
    ...noteLines(notes),
    "",
  ].join("\n"));
  return EXIT.done;
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

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

import { Problems } from "../../input/problems.ts";
import { writeBatch } from "../../output/batch_writer.ts";
import type { LaneCount } from "../../output/lane.ts";
import { type BatchPlan, checkBatch } from "../../plan/batch_check.ts";
import { InputChangedError } from "../../plan/cell_files.ts";
import { shardSize } from "../../plan/shard.ts";
import { IoError } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { parseJobs, resolveBatch } from "../batch_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { dryRun, reportDone } from "../generate_report.ts";
import { Progress } from "../progress.ts";
import { counted, printJson, reportRejected, type ReportStyle, styleOf } from "../render.ts";

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
    if (this.#args.has("dry-run")) {
      const isWhole = await dryRun(this.#host, this.#style, plan, () => this.#stop.aborted);
      return isWhole ? EXIT.done : this.#reportInterrupted("nothing was written");
    }
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
    let hasBegun = false;
    this.#progress.begin("looking at");
    try {
      await writeBatch(this.#host.files, plan, laneCount, {
        runLanes: (lanes) =>
          this.#host.runLanes(lanes, this.#counts, { onProgress, stop: this.#stop }),
        wait: (milliseconds) => this.#host.wait(milliseconds),
        onRecorded: (count) => this.#progress.step(count),
        onRow: () => this.#host.paceGarbage(),
        onBegin: () => {
          hasBegun = true;
          this.#progress.begin("writing", total);
        },
        isStopped: () => this.#stop.aborted,
      });
    } catch (error) {
      this.#progress.clear();
      if (!(error instanceof IoError || error instanceof InputChangedError)) throw error;
      return this.#reportStopped(total, error);
    }
    this.#progress.clear();
    if (!hasBegun) return this.#reportInterrupted("nothing was changed");
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
  if (!args.has("resume")) {
    // Behind a "--" it would be no option.
    const end = words.indexOf("--");
    words.splice(end < 0 ? words.length : end, 0, "--resume");
  }
  return words.map((word) => quoted(word, isWindows)).join(" ");
}

/** A word as a POSIX shell reads it, or PowerShell on Windows. */
function quoted(word: string, isWindows: boolean): string {
  if (/^[\w@%+=:,./-]+$/.test(word) || isWindows && /^[\w.:\\-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", isWindows ? "''" : "'\\''")}'`;
}

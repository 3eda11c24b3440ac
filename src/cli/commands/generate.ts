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

import { Problems } from "../../problems/problems.ts";
import { Warnings } from "../../problems/warnings.ts";
import { writeBatch, type WriteCount } from "../../output/batch_writer.ts";
import { type BatchPlan, checkBatch } from "../../plan/batch_check.ts";
import { judge } from "../../plan/resume.ts";
import { IoError } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import { counted } from "../../report/text.ts";
import type { RawArgs } from "../args.ts";
import { parseJobs, resolveBatch } from "../batch_options.ts";
import { BatchReport } from "../batch_report.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { dryRun, reportDone } from "../generate_report.ts";
import { chosenLanes } from "../lane_count.ts";
import { Progress } from "../progress.ts";
import {
  printJson,
  printWarnings,
  reportRejected,
  reportStrict,
  type ReportStyle,
  styleOf,
  warningsJson,
} from "../render.ts";
import { shellCommand } from "../shell_words.ts";

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
  readonly #startedAt: number;
  readonly #style: ReportStyle;
  readonly #progress: Progress;
  readonly #problems = new Problems();
  readonly #warnings = new Warnings();
  readonly #report: BatchReport | undefined;
  readonly #count: WriteCount = { written: 0, found: 0, imageBytes: 0 };

  constructor(host: Host, args: RawArgs, stop: AbortSignal) {
    this.#host = host;
    this.#args = args;
    this.#startedAt = host.now();
    this.#style = styleOf(args);
    this.#progress = new Progress(host, !this.#style.isQuiet, stop);
    this.#report = BatchReport.of(host, args);
  }

  async run(): Promise<ExitCode> {
    const { files, groupDevices } = this.#host;
    const jobs = parseJobs(this.#args.value("jobs"));
    const { spec, notes, table } = await resolveBatch(
      files,
      this.#args,
      this.#problems,
      this.#warnings,
    );
    const plan = await checkBatch(
      files,
      spec,
      this.#problems,
      this.#warnings,
      this.#progress,
      "write",
      groupDevices,
    );
    this.#progress.clear();
    if (this.#progress.isStopped) return this.#reportInterrupted("nothing was written");
    this.#report?.check(spec, table, this.#problems);
    printWarnings(this.#host, this.#warnings);
    if (plan === undefined || this.#problems.total > 0) return this.#reportRejected();
    if (this.#args.has("strict") && this.#warnings.all.length > 0) {
      return reportStrict(this.#host, this.#style, this.#warnings);
    }
    plan.notes.unshift(...notes);
    return this.#args.has("dry-run") ? await this.#list(plan) : await this.#write(plan, jobs);
  }

  async #list(plan: BatchPlan): Promise<ExitCode> {
    if (plan.spec.resume) {
      const judgement = await judge(this.#host.files, plan, this.#problems, this.#progress);
      this.#progress.clear();
      if (this.#problems.total > 0) return this.#reportRejected();
      plan.notes.push(...judgement?.notes ?? []);
    }
    if (this.#report !== undefined) plan.notes.push("--report has no effect with --dry-run");
    const isWhole = await dryRun(this.#host, this.#style, plan, this.#warnings, this.#progress);
    return isWhole ? EXIT.done : this.#reportInterrupted("nothing was written");
  }

  async #write(plan: BatchPlan, jobs: number | undefined): Promise<ExitCode> {
    const total = plan.chosenCount;
    const laneCount = chosenLanes(this.#host, jobs, total);
    try {
      const end = await writeBatch(
        this.#host.files,
        plan,
        laneCount,
        this.#host,
        this.#progress,
        this.#problems,
        this.#count,
      );
      this.#progress.clear();
      if (end.kind === "rejected") return this.#reportRejected();
      plan.notes.push(...end.notes);
      if (this.#isWhole(total)) await this.#writeReport(plan);
    } catch (error) {
      this.#progress.clear();
      if (!(error instanceof IoError)) throw error;
      return this.#reportStopped(total, error);
    }
    if (!this.#isWhole(total)) return this.#reportInterrupted(this.#finishedText(total));
    return this.#reportDone(plan, total);
  }

  #reportDone(plan: BatchPlan, total: number): ExitCode {
    const { path } = this.#report ?? {};
    try {
      reportDone(
        this.#host,
        this.#style,
        plan,
        this.#warnings,
        this.#count,
        this.#seconds(),
        path,
      );
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      // The batch is whole, whatever becomes of what is said about it.
      this.#host.printError(
        `error: ${error.message}\nthe batch is whole: ${
          counted(total, "device")
        } done and recorded\n`,
      );
      return EXIT.io;
    }
  }

  /** Whether all devices that are chosen are done. */
  #isWhole(total: number): boolean {
    const { written, found } = this.#count;
    return !this.#progress.isStopped || written + found >= total;
  }

  async #writeReport(plan: BatchPlan): Promise<void> {
    const { written, found } = this.#count;
    const { createdCsv, notes } = plan;
    const outcome = {
      kind: "made",
      written,
      found,
      ...(createdCsv === undefined ? {} : { createdCsv }),
    } as const;
    const warnings = this.#warnings.all;
    const syncNotes = await this.#report?.write(plan, outcome, notes, warnings, this.#progress);
    this.#progress.clear();
    notes.push(...syncNotes ?? []);
  }

  #seconds(): number {
    return (this.#host.now() - this.#startedAt) / 1000;
  }

  /** What this run did; of devices that it did not come to it says nothing. */
  #finishedText(total: number): string {
    const { written, found } = this.#count;
    const finished = `this run finished ${written} of ${counted(total, "device")}`;
    return this.#args.has("resume")
      ? `${finished}, found ${found} whole, and did not come to the other ${
        total - written - found
      }`
      : finished;
  }

  #reportRejected(): ExitCode {
    return reportRejected(this.#host, this.#style, this.#problems, undefined, this.#warnings);
  }

  #reportInterrupted(state: string): ExitCode {
    const resume = resumeCommand(this.#args, this.#host.files.isWindows);
    this.#host.printError(`interrupted: ${state}\ngo on with: ${resume}\n`);
    if (this.#style.isJson) {
      printJson(this.#host, { exit: EXIT.interrupted, ...this.#doneJson(), resume });
    }
    return EXIT.interrupted;
  }

  #reportStopped(total: number, error: IoError): ExitCode {
    const resume = resumeCommand(this.#args, this.#host.files.isWindows);
    this.#host.printError(
      `error: ${error.message}\n${this.#finishedText(total)}; go on with: ${resume}\n`,
    );
    if (this.#style.isJson) {
      printJson(this.#host, {
        exit: EXIT.io,
        code: "io",
        error: error.message,
        ...this.#doneJson(),
        resume,
      });
    }
    return EXIT.io;
  }

  #doneJson() {
    return {
      devices: this.#count.written + this.#count.found,
      warnings: warningsJson(this.#warnings),
    };
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
  return shellCommand(words, isWindows);
}

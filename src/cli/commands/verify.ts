/**
 * ```console
 * $ mfg_gen verify conf.csv values.csv Dev 0x3000 --outdir out
 * Dev-1.bin: ok, 14 keys
 * Dev-2.bin: namespace "device" key "hw": expected u8 3, found u8 4
 * 2 devices: 1 ok, 1 with differences; no surplus images
 * ```
 *
 * @module
 */

import { join } from "@std/path";
import { folderObstacle } from "../../files/obstacle.ts";
import { Problems } from "../../problems/problems.ts";
import { Warnings } from "../../problems/warnings.ts";
import { checkBatch } from "../../plan/batch_check.ts";
import { ManifestHeaderError, manifestPath } from "../../plan/manifest.ts";
import { IMAGE_FOLDER } from "../../plan/names.ts";
import type { Host } from "../../ports/host.ts";
import { DeviceFailures } from "../../report/device_failures.ts";
import { counted, jsonLine, printable } from "../../report/text.ts";
import { differenceJson, differenceText } from "../../report/verify_report.ts";
import type { DeviceReport } from "../../verify/device_verifier.ts";
import { verifyBatch, type VerifyEnd } from "../../verify/verify_batch.ts";
import type { RawArgs } from "../args.ts";
import { resolveBatch } from "../batch_options.ts";
import { BatchReport } from "../batch_report.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { reportLine } from "../generate_report.ts";
import { chosenLanes } from "../lane_count.ts";
import { Progress } from "../progress.ts";
import { noteLines, reportRejected, type ReportStyle, styleOf } from "../render.ts";

export async function runVerify(host: Host, args: RawArgs): Promise<ExitCode> {
  const interruption = host.interruption();
  try {
    return await verify(host, args, interruption.signal);
  } finally {
    interruption.dispose();
  }
}

async function verify(host: Host, args: RawArgs, stop: AbortSignal): Promise<ExitCode> {
  const { files } = host;
  const style = styleOf(args);
  const problems = new Problems();
  const progress = new Progress(host, !style.isQuiet && !style.isJson, stop);
  const page = BatchReport.of(host, args);
  const reject = () => reportRejected(host, style, problems, "nothing was verified");
  const warnings = new Warnings(); // generate told them
  const { spec, notes, table } = await resolveBatch(files, args, problems, warnings);
  const plan = await checkBatch(files, spec, problems, warnings, progress, "read");
  progress.clear();
  if (progress.isStopped) return EXIT.interrupted;
  page?.check(spec, table, problems);
  if (plan === undefined || problems.total > 0) return reject();
  const imageFolder = join(spec.outdir, IMAGE_FOLDER);
  if (files.namesIn(imageFolder) === undefined) {
    const obstacle = folderObstacle(files, imageFolder);
    if (obstacle === undefined) {
      problems.add({ file: imageFolder }, "file-missing", "does not exist; check --outdir");
    } else {
      problems.add(
        { file: obstacle.path },
        "not-a-folder",
        "is no folder of images; check --outdir",
      );
    }
    return reject();
  }

  const total = plan.chosenCount;
  const laneCount = chosenLanes(host, undefined, total);
  const report = new VerifyOutput(host, progress, style, args.has("redact"));
  const failures = new DeviceFailures();
  let end: VerifyEnd;
  try {
    const startThread = () => host.startThread();
    const onReport = (device: DeviceReport) => {
      report.add(device);
      failures.add(device);
    };
    end = await verifyBatch(files, plan, laneCount, startThread, progress, onReport);
  } catch (error) {
    progress.clear();
    report.flush();
    if (!(error instanceof ManifestHeaderError)) throw error;
    problems.add({ file: manifestPath(spec.outdir, spec.prefix) }, "not-a-manifest", error.message);
    return reject();
  }
  if (!end.hasManifest) notes.push("there is no manifest to compare hashes with");
  const isWhole = !progress.isStopped || report.deviceCount >= total;
  const { surplus } = end;
  let written: string | undefined;
  try {
    if (page !== undefined && isWhole) {
      const outcome = { kind: "verified", failures, ...(surplus && { surplus }) } as const;
      const allNotes = [...notes, ...plan.notes];
      notes.push(...await page.write(plan, outcome, allNotes, [], progress));
      written = page.path;
    }
  } finally {
    report.end(surplus, notes, written); // what was found counts, whatever becomes of the page
  }
  if (!isWhole) return EXIT.interrupted;
  return report.differenceCount + (surplus?.length ?? 0) > 0 ? EXIT.difference : EXIT.done;
}

const PRINT_CHARACTERS = 16 * 1024;

/** Prints device after device: a report must not grow in memory with the batch. */
class VerifyOutput {
  readonly #host: Host;
  readonly #progress: Progress;
  readonly #isJson: boolean;
  readonly #isQuiet: boolean;
  readonly #isRedacted: boolean;
  deviceCount = 0;
  /** Devices that differ. */
  differenceCount = 0;
  #hasBegun = false;
  #waiting = "";

  constructor(host: Host, progress: Progress, style: ReportStyle, isRedacted: boolean) {
    this.#host = host;
    this.#progress = progress;
    this.#isJson = style.isJson;
    this.#isQuiet = style.isQuiet;
    this.#isRedacted = isRedacted;
  }

  add({ name, image, keyCount, differences }: DeviceReport): void {
    this.#begin();
    const isFirst = this.deviceCount++ === 0;
    if (differences.length > 0) this.differenceCount++;
    if (this.#isJson) {
      const document = {
        name,
        image,
        ok: differences.length === 0,
        keys: keyCount,
        differences: differences.map((one) => differenceJson(one, this.#isRedacted)),
      };
      this.#print(`${isFirst ? "\n" : ",\n"}${jsonLine(document)}`);
      return;
    }
    const file = printable(`${name}.bin`);
    if (differences.length === 0 && !this.#isQuiet) {
      this.#print(`${file}: ok, ${counted(keyCount, "key")}\n`);
    }
    for (const one of differences) {
      this.#print(`${file}: ${differenceText(one, this.#isRedacted)}\n`);
    }
  }

  /**
   * @param surplus Absent when nobody looked for surplus images.
   * @param page Path of the page about the batch, if one was written.
   */
  end(
    surplus: readonly string[] | undefined,
    notes: readonly string[],
    page: string | undefined,
  ): void {
    this.#begin();
    this.#addEnd(surplus, notes, page);
    this.flush();
  }

  #addEnd(
    surplus: readonly string[] | undefined,
    notes: readonly string[],
    page: string | undefined,
  ): void {
    const ok = this.deviceCount - this.differenceCount;
    if (this.#isJson) {
      const tail = {
        device_count: this.deviceCount,
        ok,
        different: this.differenceCount,
        surplus: surplus ?? [],
        report: page ?? null,
        notes,
      };
      this.#print(`\n],${jsonLine(tail).slice(1)}\n`);
      return;
    }
    for (const path of surplus ?? []) {
      this.#print(`${printable(path)}: surplus, no row of the values file makes it\n`);
    }
    if (this.#isQuiet) return;
    const others = surplus === undefined
      ? ""
      : surplus.length === 0
      ? "; no surplus images"
      : `; ${counted(surplus.length, "surplus image")}`;
    this.#print([
      `${
        counted(this.deviceCount, "device")
      }: ${ok} ok, ${this.differenceCount} with differences${others}`,
      ...reportLine(page),
      ...noteLines(notes),
      "",
    ].join("\n"));
  }

  /** Many devices at once: a call for each would take as long as reading its image. */
  #print(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= PRINT_CHARACTERS) this.flush();
  }

  /** Prints what is waiting. */
  flush(): void {
    this.#progress.clear();
    if (this.#waiting === "") return;
    this.#host.print(this.#waiting);
    this.#waiting = "";
  }

  /** Nothing is printed before it is sure that there is something to verify. */
  #begin(): void {
    if (this.#isJson && !this.#hasBegun) this.#print('{"devices":[');
    this.#hasBegun = true;
  }
}

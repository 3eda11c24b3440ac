/**
 * ```console
 * $ mfg_gen flash-plan out/manifest-Dev.csv --partition-table partitions.csv --chip esp32s3 \
 *     --hmac-block 0 --outdir plan
 * flash map of esp32s3, flash encryption off:
 *   0x9000  0x3000  nvs  image of each device
 * eFuse BLOCK_KEY0: HMAC key of each device; burning it cannot be undone
 * 3 devices: plan/plan.csv, 6 steps
 * ```
 *
 * @module
 */

import { createHash } from "node:crypto";
import { dirname, join } from "@std/path";
import { Disk, syncNotes } from "../../files/disk.ts";
import { FileSet } from "../../files/file_set.ts";
import { MANIFEST_FILE } from "../../files/user_file.ts";
import { checkRecorded, type DevicePlan, planDevice } from "../../flash_plan/device.ts";
import {
  CheckedFiles,
  coveredPartitions,
  coveredText,
  programmerFile,
} from "../../flash_plan/programmer.ts";
import { hasRunUnderWay, HoldingRows } from "../../flash_plan/rows.ts";
import { sealKeys } from "../../flash_plan/seal.ts";
import type { FlashPlanSpec } from "../../flash_plan/spec.ts";
import {
  espefuseArguments,
  esptoolArguments,
  filesOf,
  PLAN_FILE,
  PLAN_HEADER,
  planLine,
  sealedFile,
  sha256Of,
  stepsOf,
  sumsFile,
  sumsText,
} from "../../flash_plan/steps.ts";
import { isUserFile } from "../../plan/batch_check.ts";
import { ManifestHeaderError } from "../../plan/manifest.ts";
import { IoError } from "../../ports/file_system.ts";
import type { Host } from "../../ports/host.ts";
import { Problems } from "../../problems/problems.ts";
import { Warnings } from "../../problems/warnings.ts";
import type { RawArgs } from "../args.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { resolveFlashPlan } from "../flash_options.ts";
import { FlashPlanReport } from "../flash_plan_report.ts";
import { checkNewFile } from "../output_path.ts";
import { Progress } from "../progress.ts";
import { printWarnings, reportRejected, styleOf } from "../render.ts";

const MARK_BYTES = 8;
const PIECE_CHARACTERS = 64 * 1024;

export async function runFlashPlan(host: Host, args: RawArgs): Promise<ExitCode> {
  const interruption = host.interruption();
  try {
    return await flashPlan(host, args, interruption.signal);
  } finally {
    interruption.dispose();
  }
}

async function flashPlan(host: Host, args: RawArgs, stop: AbortSignal): Promise<ExitCode> {
  const { files } = host;
  const style = styleOf(args);
  const problems = new Problems();
  const warnings = new Warnings();
  const progress = new Progress(host, !style.isQuiet && !style.isJson, stop);
  const spec = resolveFlashPlan(files, args, problems);
  const manifest = args.positional("manifest");
  const isManifest = isUserFile(files, manifest, MANIFEST_FILE, problems);
  if (spec === undefined || !isManifest) return reportRejected(host, style, problems);
  let rows: HoldingRows;
  try {
    rows = await HoldingRows.read(files, manifest, progress);
  } catch (error) {
    if (!(error instanceof ManifestHeaderError)) throw error;
    problems.add({ file: manifest }, "not-a-manifest", "is no manifest of this program");
    return reportRejected(host, style, problems);
  }
  const report = new FlashPlanReport(spec, rows);
  await check(host, spec, rows, report, problems, warnings, progress);
  progress.clear();
  if (progress.isStopped) return EXIT.interrupted;
  printWarnings(host, warnings);
  if (problems.total > 0) return reportRejected(host, style, problems, undefined, warnings);

  const disk = new Disk(files);
  const isWritten = await write(host, spec, rows, disk, progress);
  progress.clear();
  if (!isWritten) return EXIT.interrupted;
  report.print(host, style, syncNotes(files, disk.unsynced), warnings);
  return EXIT.done;
}

/** Looks at every device and file before anything is written. */
async function check(
  { files }: Host,
  spec: FlashPlanSpec,
  rows: HoldingRows,
  report: FlashPlanReport,
  problems: Problems,
  warnings: Warnings,
  progress: Progress,
): Promise<void> {
  const { manifest, outdir } = spec;
  const fail = (message: string) => problems.add({ file: manifest }, "device-not-done", message);
  if (rows.isTorn) fail("ends within a row; finish the batch with generate --resume");
  if (hasRunUnderWay(files, manifest)) {
    fail("a run is under way, or was interrupted; finish the batch with generate --resume");
  }
  if (rows.count === 0) fail("records no device; generate the batch");
  checkNewFile(files, join(outdir, PLAN_FILE), problems, "give another --outdir");
  progress.begin("checking", rows.count);
  let done = 0;
  for (const row of rows) {
    const planned = planDevice(row, spec, (file, code, message) => {
      problems.add({ file, device: row.row }, code, message);
    });
    if (planned !== undefined) {
      const { plan, recorded } = planned;
      checkRecorded(files, recorded, row.row, problems);
      if (plan.toSeal !== undefined) spec.flashKeyOf?.(plan.name); // which tells what is wrong
      for (const path of filesOf(plan, spec)) {
        if (files.linkStatOf(path) === undefined) continue;
        problems.add({ file: path }, "file-exists", "exists already; give another --outdir");
      }
      checkProgrammer(plan, spec, row.row, problems, warnings);
      report.add(plan, row.encryption);
    }
    await progress.step(++done);
    if (progress.isStopped) return;
  }
  report.checkOptions(problems);
}

function checkProgrammer(
  plan: DevicePlan,
  spec: FlashPlanSpec,
  device: number,
  problems: Problems,
  warnings: Warnings,
): void {
  if (spec.format === "esptool") return;
  const encrypted = plan.writes.find(({ isEncrypted }) => isEncrypted);
  if (encrypted !== undefined) {
    problems.add(
      { file: encrypted.path, device },
      "flash-encryption",
      `goes to "${encrypted.holds}", which flash encryption covers, and a programmer does not ` +
        "encrypt; give --format esptool",
    );
  }
  const covered = spec.format === "bin" ? coveredPartitions(plan, spec) : [];
  if (covered.length > 0 && warnings.all.length === 0) {
    warnings.add("covered-partition", { file: spec.manifest, device }, coveredText(covered));
  }
}

function withSealedKeys(
  plan: DevicePlan,
  spec: FlashPlanSpec,
  checked: CheckedFiles,
): { plan: DevicePlan; sealed?: Uint8Array } {
  const { toSeal } = plan;
  if (toSeal === undefined) return { plan };
  const key = spec.flashKeyOf?.(plan.name);
  if (key === undefined) {
    throw new IoError("use", "--flash-encryption-key", "it changed since it was checked");
  }
  const [{ bytes } = { bytes: new Uint8Array() }] = checked.read([toSeal], spec);
  return sealKeys({ ...plan, toSeal }, spec, key, bytes);
}

/** Writes the files of all devices, then the list of steps; `false` if the user stopped it. */
async function write(
  host: Host,
  spec: FlashPlanSpec,
  rows: HoldingRows,
  disk: Disk,
  progress: Progress,
): Promise<boolean> {
  const { files } = host;
  const utf8 = new TextEncoder();
  const checked = new CheckedFiles(files);
  await disk.make(dirname(spec.outdir));
  const set = await FileSet.begin(files, disk, spec.outdir, host.randomBytes(MARK_BYTES).toHex());
  try {
    const steps: Uint8Array[] = []; // in pieces: as text they would take several times as much
    let lines = PLAN_HEADER;
    progress.begin("writing", rows.count);
    let done = 0;
    for (const row of rows) {
      const { plan: planned } = planDevice(row, spec, () => {})!;
      const { plan, sealed } = withSealedKeys(planned, spec, checked);
      if (sealed !== undefined) await set.add(sealedFile(plan), [sealed], true);
      for (const [index, step] of stepsOf(plan, spec).entries()) {
        let sha256: string;
        if (step.tool === "programmer" && spec.format !== "esptool") {
          const digest = createHash("sha256");
          const parts = checked.read(plan.writes, spec);
          const pieces = programmerFile(parts, spec.format).map((piece) => {
            digest.update(piece);
            return piece;
          });
          await set.add(step.file, pieces, row.encryption === "own" || row.encryption === "given");
          sha256 = digest.digest("hex");
        } else {
          const text = step.tool === "espefuse"
            ? espefuseArguments(plan.burn!, spec, files.isWindows)
            : esptoolArguments(plan, spec, files.isWindows);
          await set.add(step.file, [utf8.encode(text)]);
          sha256 = sha256Of(text);
        }
        lines += planLine(row.row, index + 1, step, sha256);
      }
      await set.add(sumsFile(plan), [utf8.encode(sumsText(plan, spec, files.isWindows))]);
      if (lines.length >= PIECE_CHARACTERS) {
        steps.push(utf8.encode(lines));
        lines = "";
      }
      await progress.step(++done);
      if (progress.isStopped) {
        set.discard();
        return false;
      }
    }
    await set.add(PLAN_FILE, [...steps, utf8.encode(lines)]);
    await set.publish();
    return true;
  } catch (error) {
    set.discard();
    throw error;
  }
}

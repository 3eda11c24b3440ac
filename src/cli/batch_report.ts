/**
 * `--report`: the page about a batch, from what a run knows at its end.
 *
 * @module
 */

import { basename } from "@std/path";
import type { Encryption } from "../keys/key_scheme.ts";
import { keySchemeOf } from "../keys/key_source.ts";
import type { BatchPlan } from "../plan/batch_check.ts";
import type { BatchSpec } from "../plan/checked_batch.ts";
import { ManifestHeaderError, manifestPath } from "../plan/manifest.ts";
import { freeFault, takenFault } from "../plan/named_file.ts";
import { type RecordedDevice, recordedDevices } from "../plan/recorded_images.ts";
import { isSamePath } from "../plan/same_path.ts";
import { type FileReader, IoError } from "../ports/file_system.ts";
import type { Host } from "../ports/host.ts";
import type { Pace } from "../ports/pace.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Problems } from "../problems/problems.ts";
import type { Warning } from "../problems/warnings.ts";
import { batchHtml, MAX_LISTED_DEVICES } from "../report/batch_html.ts";
import type { BatchView, DeviceView, OptionView } from "../report/batch_view.ts";
import { counted } from "../report/text.ts";
import { VERSION } from "../version.ts";
import type { RawArgs } from "./args.ts";
import { writeAllOrNone } from "./key_files.ts";
import { outputFile } from "./output_path.ts";
import type { TableFile } from "./table_file.ts";

/** A page that the user wants, with what of it is known before the run. */
export class BatchReport {
  /** As the user gave it. */
  readonly path: string;
  readonly #host: Host;
  readonly #args: RawArgs;
  #table: TableFile | undefined;

  private constructor(host: Host, args: RawArgs, path: string) {
    this.#host = host;
    this.#args = args;
    this.path = path;
  }

  /**
   * The page of `--report`; `undefined` if none is wanted.
   *
   * @throws {UsageError} If it names no file.
   */
  static of(host: Host, args: RawArgs): BatchReport | undefined {
    const given = args.value("report");
    if (given === undefined) return undefined;
    return new BatchReport(host, args, outputFile("--report", given, host.files.isWindows));
  }

  /**
   * Finds out, before anything is written, whether the page can have its place.
   *
   * @param table The partition table, which is an input too.
   */
  check(spec: BatchSpec, table: TableFile | undefined, problems: Problems): void {
    this.#table = table;
    const { createdCsv } = spec;
    const isCreated = createdCsv !== undefined && isSamePath(this.path, createdCsv, ".");
    const report = (code: ProblemCode, fault: string) =>
      problems.add({ file: this.path }, code, `${fault}; give another name with --report`);
    const taken = takenFault(spec, this.path) ??
      (isCreated ? "is the place of <values>_created.csv" : undefined);
    if (taken !== undefined) return report("output-clash", taken);
    const fault = freeFault(this.#host.files, spec, this.path);
    if (fault !== undefined) report(fault.isThere ? "file-exists" : "output-folder", fault.message);
  }

  /**
   * Writes the page; it is on the disk when this resolves.
   *
   * @returns What the user should know, a sentence each.
   * @throws {IoError} If it cannot be written.
   */
  async write(
    plan: BatchPlan,
    outcome: BatchView["outcome"],
    notes: readonly string[],
    warnings: readonly Warning[],
    pace: Pace,
  ): Promise<string[]> {
    const { files } = this.#host;
    const { manifest, devices } = await recorded(files, plan, pace);
    const { spec, inputs, values, fullest } = plan;
    const { name, usedEntries, totalEntries } = fullest;
    const view: BatchView = {
      prefix: spec.prefix,
      outdir: spec.outdir,
      batchId: plan.batchId,
      version: VERSION,
      time: timeText(this.#host.localTime()),
      outcome,
      inputs: [
        { role: "Configuration", path: spec.configuration, ...inputs.configuration },
        { role: "Values", path: spec.values, sizeBytes: values.sizeBytes, sha256: values.sha256 },
        ...(this.#table === undefined ? [] : [{ role: "Partition table", ...this.#table }]),
      ],
      cellFiles: inputs.cellFiles,
      options: optionsOf(this.#args),
      deviceCount: plan.deviceCount,
      chosenCount: plan.chosenCount,
      choice: choiceText(spec),
      chosenNames: plan.chosenNames,
      partitionBytes: spec.geometry.sizeBytes,
      formatVersion: spec.formatVersion,
      encryption: ENCRYPTION_TEXT[keySchemeOf(spec.keySource).encryption],
      fullest: { image: `${name}.bin`, usedEntries, totalEntries },
      notes,
      warnings,
      ...(manifest === undefined ? {} : { manifest }),
      devices: devices.map((device) => deviceView(device, plan.batchId)),
    };
    const content = new TextEncoder().encode(batchHtml(view));
    try {
      return await writeAllOrNone(this.#host, [{ path: this.path, content }]);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      const { action, path, reason } = error;
      throw new IoError(action, path, `${reason}; give another place with --report`);
    }
  }
}

async function recorded(files: FileReader, plan: BatchPlan, pace: Pace) {
  pace.begin("reading the manifest, lines of");
  try {
    return await recordedDevices(files, plan, MAX_LISTED_DEVICES, pace);
  } catch (error) {
    if (!(error instanceof ManifestHeaderError)) throw error;
    // Somebody else put it there while this run was under way.
    throw new IoError("read", manifestPath(plan.spec.outdir, plan.spec.prefix), error.message);
  }
}

function deviceView({ number, fileId, image, row }: RecordedDevice, batchId: string): DeviceView {
  if (row === undefined) return { number, fileId, image };
  const { imageBytes, imageSha256, batch } = row;
  const isOfBatch = batch === batchId;
  return {
    number,
    fileId,
    image,
    recorded: { sizeBytes: imageBytes, sha256: imageSha256, isOfBatch },
  };
}

const ENCRYPTION_TEXT: Record<Encryption, string> = {
  none: "none: the images are in clear",
  given: "AES-XTS, with one key partition for all images",
  own: "AES-XTS, with a fresh key partition for each image",
  "hmac-given": "AES-XTS, with keys derived from one HMAC key",
  "hmac-own": "AES-XTS, with keys derived from a fresh HMAC key for each image",
};

/** Options whose value is the path of a key: where it is kept is nobody's business. */
const KEY_FILES: readonly string[] = ["inputkey", "kp_hmac_inputkey", "kp_hmac_keyfile", "keyfile"];

function optionsOf(args: RawArgs): OptionView[] {
  return args.given().map(({ name, values }) => (
    { name, values: KEY_FILES.includes(name) ? values.map((path) => basename(path)) : values }
  ));
}

function choiceText({ shard: { index, count }, only }: BatchSpec): string {
  const parts = [
    ...(count === 1 ? [] : [`shard ${index}/${count}`]),
    ...(only === undefined ? [] : [`--only, ${counted(only.size, "id")}`]),
  ];
  return parts.join(" and ") || "all";
}

/** "2026-03-04 14:22:05 +01:00" */
export function timeText(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  const ahead = -time.getTimezoneOffset();
  const distance = Math.abs(ahead);
  const zone = `${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
  return `${day} ${clock} ${ahead < 0 ? "-" : "+"}${zone}`;
}

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
import { Problems } from "../../input/problems.ts";
import { checkBatch } from "../../plan/batch_check.ts";
import { InputChangedError } from "../../plan/cell_files.ts";
import { layOut, readRows } from "../../plan/devices.ts";
import { IMAGE_FOLDER } from "../../plan/names.ts";
import { isInShard, shardSize } from "../../plan/shard.ts";
import type { Host } from "../../ports/host.ts";
import { jsonLine, printable } from "../../report/text.ts";
import { differenceJson, differenceText } from "../../report/verify_report.ts";
import { BatchVerifier, type DeviceReport } from "../../verify/batch_verifier.ts";
import type { RawArgs } from "../args.ts";
import { resolveBatch } from "../batch_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { counted, noteLines, reportRejected, styleOf } from "../render.ts";

export async function runVerify(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const isRedacted = args.has("redact");
  const problems = new Problems();
  const progress = new Progress(host, !style.isQuiet && !style.isJson);
  const { spec, notes } = await resolveBatch(host.files, args, problems);
  const interruption = host.interruption();
  try {
    progress.begin("checking");
    const plan = await checkBatch(host.files, spec, problems, {
      expectsFiles: true,
      onDevice: (count) => {
        host.paceGarbage();
        return progress.step(count);
      },
      isStopped: () => interruption.signal.aborted,
    });
    progress.clear();
    if (interruption.signal.aborted) return EXIT.interrupted;
    if (plan === undefined) return reportRejected(host, style, problems, "nothing was verified");

    const imageFolder = join(spec.outdir, IMAGE_FOLDER);
    if (host.files.namesIn(imageFolder) === undefined) {
      problems.add({ file: imageFolder }, "does not exist; check --outdir");
      return reportRejected(host, style, problems, "nothing was verified");
    }
    const verifier = new BatchVerifier(host.files, spec);
    const total = shardSize(spec.shard, plan.deviceCount);
    const report = new VerifyOutput(host, style.isJson, style.isQuiet, isRedacted);
    progress.begin("verifying", total);
    report.begin();
    for (const named of readRows(plan.source)) {
      verifier.expect(named.name);
      if (!isInShard(spec.shard, named.row.number)) continue;
      const device = layOut(plan.source, named);
      if (device === undefined) throw new InputChangedError(spec.values);
      const outcome = await verifier.verify(device);
      progress.clear();
      report.add(outcome);
      host.paceGarbage();
      await progress.step(report.deviceCount);
      if (interruption.signal.aborted) break;
    }
    progress.clear();
    const isInterrupted = interruption.signal.aborted && report.deviceCount < total;
    const surplus = isInterrupted ? [] : verifier.surplusImages();
    if (!verifier.hasManifest) notes.push("there is no manifest to compare hashes with");
    report.end(surplus, notes);
    if (isInterrupted) return EXIT.interrupted;
    return report.differenceCount + surplus.length > 0 ? EXIT.difference : EXIT.done;
  } finally {
    interruption.dispose();
  }
}

/** Prints device after device: a report must not grow in memory with the batch. */
class VerifyOutput {
  readonly #host: Host;
  readonly #isJson: boolean;
  readonly #isQuiet: boolean;
  readonly #isRedacted: boolean;
  deviceCount = 0;
  /** Devices that differ. */
  differenceCount = 0;

  constructor(host: Host, isJson: boolean, isQuiet: boolean, isRedacted: boolean) {
    this.#host = host;
    this.#isJson = isJson;
    this.#isQuiet = isQuiet;
    this.#isRedacted = isRedacted;
  }

  begin(): void {
    if (this.#isJson) this.#host.print('{"devices":[');
  }

  add({ name, image, keyCount, differences }: DeviceReport): void {
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
      this.#host.print(`${isFirst ? "\n" : ",\n"}${jsonLine(document)}`);
      return;
    }
    const file = printable(`${name}.bin`);
    if (differences.length === 0 && !this.#isQuiet) {
      this.#host.print(`${file}: ok, ${counted(keyCount, "key")}\n`);
    }
    for (const one of differences) {
      this.#host.print(`${file}: ${differenceText(one, this.#isRedacted)}\n`);
    }
  }

  end(surplus: readonly string[], notes: readonly string[]): void {
    const ok = this.deviceCount - this.differenceCount;
    if (this.#isJson) {
      const tail = {
        device_count: this.deviceCount,
        ok,
        different: this.differenceCount,
        surplus,
        notes,
      };
      this.#host.print(`\n],${jsonLine(tail).slice(1)}\n`);
      return;
    }
    for (const path of surplus) {
      this.#host.print(`${printable(path)}: surplus, no row of the values file makes it\n`);
    }
    if (this.#isQuiet) return;
    const others = surplus.length === 0
      ? "no surplus images"
      : counted(surplus.length, "surplus image");
    this.#host.print([
      `${
        counted(this.deviceCount, "device")
      }: ${ok} ok, ${this.differenceCount} with differences; ${others}`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
}

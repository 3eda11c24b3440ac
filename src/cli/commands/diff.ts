/**
 * ```console
 * $ mfg_gen diff out/bin/Dev-1.bin returned.bin
 * + device/boots: u32 17
 * ~ device/serial: string "SN-0001" -> "SN-0002"
 * 2 differences: 1 added, 0 removed, 1 changed
 * ```
 *
 * @module
 */

import { Problems } from "../../problems/problems.ts";
import { diffPartitions } from "../../nvs/diff.ts";
import type { Host } from "../../ports/host.ts";
import { diffJson, diffText } from "../../report/diff_report.ts";
import { withColour, withoutColour } from "../../report/paint.ts";
import { jsonText } from "../../report/text.ts";
import type { RawArgs } from "../args.ts";
import { readDumpOptions } from "../dump_options.ts";
import { diffBirth } from "../birth.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import { isRefusal, openImage, readImageKey, reportRefused } from "../open_image.ts";
import { reportRejected } from "../render.ts";

export async function runDiff(host: Host, args: RawArgs): Promise<ExitCode> {
  const isJson = args.has("json");
  const problems = new Problems();
  const birth = args.value("birth");
  const hasB = args.positional("b") !== "";
  if (birth !== undefined) {
    if (hasB) throw new UsageError("--birth finds the other image; name one image alone");
    return await diffBirth(host, args, birth, problems);
  }
  if (!hasB) throw new UsageError("missing: b (another image), or --birth MANIFEST");
  const key = await readImageKey(host, args, problems);
  const hasKeyB = args.has("key-b") || args.has("hmac-key-b");
  const keyB = await readImageKey(host, args, problems, "-b");
  const dump = readDumpOptions(host.files, args, problems);
  // One key may be for both images or for either; so may what is said of dumps.
  const a = await openImage(
    host.files,
    args.positional("a"),
    { ...key, isOptional: !hasKeyB },
    problems,
    dump,
    true,
  );
  const isForA = a === undefined || isRefusal(a) || a.isEncrypted;
  const b = await openImage(
    host.files,
    args.positional("b"),
    hasKeyB ? keyB : { ...key, isOptional: isForA, howToGive: keyB.howToGive },
    problems,
    dump,
    true,
  );
  const hasDump = [a, b].some((image) => image === undefined || image.partition !== undefined);
  if (dump.given.length > 0 && !hasDump) {
    problems.add(
      { file: args.positional("b") },
      "option-not-for-image",
      `is an image, as the other one is; leave out ${dump.given.join(" and ")}`,
    );
  }
  if (a === undefined || b === undefined || problems.total > 0) {
    return reportRejected(host, { isQuiet: false, isJson }, problems);
  }
  if (isRefusal(a) || isRefusal(b)) return reportRefused(host, isJson, [a, b].filter(isRefusal));

  const differences = diffPartitions(a.decoded, b.decoded);
  const report = { a, b, differences, isRedacted: args.has("redact") };
  if (isJson) host.print(jsonText(diffJson(report)));
  else host.print(diffText(report, host.outputHasColor() ? withColour : withoutColour));
  const isSame = differences.length === 0 &&
    [a, b].every(({ decoded }) => decoded.findings.length === 0);
  return isSame ? EXIT.done : EXIT.difference;
}

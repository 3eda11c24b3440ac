/**
 * `diff --birth`: a returned image against the one that it began as.
 *
 * ```console
 * $ mfg_gen diff dump.bin --birth out/manifest-Dev.csv
 * dump.bin, partition "nvs" at 0x9000: born as out/bin/Dev-7.bin, device 7, file id "SN-0007"; …
 * ```
 *
 * @module
 */

import { hash } from "node:crypto";
import type { Problems } from "../problems/problems.ts";
import { diffPartitions } from "../nvs/diff.ts";
import { ManifestHeaderError } from "../plan/manifest.ts";
import type { Host } from "../ports/host.ts";
import { MANIFEST_FILE } from "../files/user_file.ts";
import { birthJson, type BirthReport, birthText } from "../report/birth_report.ts";
import { withColour, withoutColour } from "../report/paint.ts";
import { countOf, jsonText } from "../report/text.ts";
import { type BirthSearch, findBirth } from "../verify/birth.ts";
import type { RawArgs } from "./args.ts";
import { readDumpOptions } from "./dump_options.ts";
import { EXIT, type ExitCode, UsageError } from "./exit_code.ts";
import { imageSource } from "./image_source.ts";
import { readInput } from "./key_options.ts";
import { IMAGE_FILE, isRefusal, readImageKey, reportRefused, viewImage } from "./open_image.ts";
import { isUserFile } from "../plan/batch_check.ts";
import { reportRejected } from "./render.ts";

/** Finds the birth of a returned image and tells what changed since. */
export async function diffBirth(
  host: Host,
  args: RawArgs,
  manifest: string,
  problems: Problems,
): Promise<ExitCode> {
  const { files } = host;
  const isJson = args.has("json");
  const style = { isQuiet: false, isJson };
  for (const name of ["keys", "key-b", "hmac-key-b"] as const) {
    if (args.has(name)) throw new UsageError(`--${name} does not go with --birth`);
  }
  const file = args.positional("a");
  const key = await readImageKey(host, args, problems);
  const dump = readDumpOptions(files, args, problems);
  const bytes = readInput(files, file, IMAGE_FILE, problems);
  const source = bytes && imageSource(file, bytes, dump, problems);
  const hasManifest = isUserFile(files, manifest, MANIFEST_FILE, problems);
  if (source === undefined || !hasManifest || problems.total > 0) {
    return reportRejected(host, style, problems);
  }

  if (key.keys !== undefined) {
    const view = viewImage(file, source.bytes, key);
    if (isRefusal(view)) return reportRefused(host, isJson, [view]);
  }
  let search: BirthSearch;
  try {
    search = await findBirth(files, manifest, source.bytes, key.keys, () => host.wait(0));
  } catch (error) {
    if (!(error instanceof ManifestHeaderError)) throw error;
    problems.add({ file: manifest }, "not-a-manifest", "is no manifest of this program");
    return reportRejected(host, style, problems);
  }
  if (search.kind !== "found") {
    problems.add(
      { file: search.kind === "changed" ? search.path : file },
      "birth-not-found",
      faultText(search, manifest),
    );
    return reportRejected(host, style, problems);
  }
  const { birth, imageCount } = search;
  const returned = viewImage(file, source.bytes, {
    ...key,
    ...(birth.keys && { keys: birth.keys }),
  });
  if (isRefusal(returned)) return reportRefused(host, isJson, [returned]);
  const { partition } = source;
  const report: BirthReport = {
    birth,
    imageCount,
    a: {
      file: birth.path,
      sha256: hash("sha256", birth.stored, "hex"),
      isEncrypted: birth.isEncrypted,
      plain: birth.plain,
      decoded: birth.decoded,
    },
    b: { ...returned, ...(partition && { partition }) },
    differences: diffPartitions(birth.decoded, returned.decoded),
    isRedacted: args.has("redact"),
  };
  if (isJson) host.print(jsonText(birthJson(report)));
  else host.print(birthText(report, host.outputHasColor() ? withColour : withoutColour));
  const isSame = report.differences.length === 0 && returned.decoded.findings.length === 0;
  return isSame ? EXIT.done : EXIT.difference;
}

/** Why no birth was found, and what may help. */
function faultText(
  search: Exclude<BirthSearch, { kind: "found" }>,
  manifest: string,
): string {
  switch (search.kind) {
    case "none": {
      const { reason, imageCount, unreadable } = search;
      const gone = unreadable === 0
        ? ""
        : ` (${unreadable} of them, or their keys, cannot be read, or are not what was recorded)`;
      const among = `the ${countOf(imageCount, "image")} of "${manifest}"${gone}`;
      return reason === "no-key"
        ? `is encrypted with the key of none of ${among}; give its key with --key FILE or ` +
          "--hmac-key FILE if all of them have one, or another manifest"
        : `has no value that one of ${among} has alone; give another manifest`;
    }
    case "ambiguous":
      return `has what several images have: ${
        search.images.join(", ")
      }; compare it with one of them`;
    case "doubtful":
      return `has values that of the images only "${search.path}" has, but not enough of those ` +
        "that tell devices apart; compare it with that one, or give another manifest";
    case "changed":
      return "is the image that it was born with, but the file is gone, or is not what " +
        `"${manifest}" records`;
    default:
      throw new TypeError(`Cannot tell of "${search satisfies never}"`);
  }
}

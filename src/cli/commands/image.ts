/**
 * ```console
 * $ mfg_gen image nvs.csv nvs.bin 0x3000
 * nvs.bin: 12288 bytes, 16 of 252 entries used
 * ```
 *
 * @module
 */

import { encryptImage } from "../../crypto/image_cipher.ts";
import type { XtsKeys } from "../../crypto/xts.ts";
import { type NvsCsvFile, readNvsCsvs } from "../../input/nvs_csv.ts";
import { Problems } from "../../problems/problems.ts";
import { Warnings } from "../../problems/warnings.ts";
import { companionNote } from "../../input/wifi_companions.ts";
import { ENTRY_COUNT } from "../../nvs/constants.ts";
import { imageSize, writeImage } from "../../nvs/partition.ts";
import { CellFiles } from "../../plan/cell_files.ts";
import { NVS_CSV_FILE } from "../../files/user_file.ts";
import { isUserFile, readOnlyNote } from "../../plan/batch_check.ts";
import { pathBelow } from "../../plan/names.ts";
import { isSamePath } from "../../plan/same_path.ts";
import type { Host } from "../../ports/host.ts";
import type { RawArgs } from "../args.ts";
import { parseFormatVersion } from "../batch_options.ts";
import { EXIT, type ExitCode, UsageError } from "../exit_code.ts";
import type { NewFile } from "../../files/new_file.ts";
import { imageText, layOut } from "../image_layout.ts";
import { freshKeyFiles, writeAllOrNone } from "../key_files.ts";
import { assertKeyOptions, HMAC_KEY_OPTIONS, keyNotes, readKeyPartition } from "../key_options.ts";
import { checkNewFile, outputPath } from "../output_path.ts";
import { resolveSize } from "../partition_size.ts";
import {
  noteLines,
  printJson,
  printWarnings,
  reportRejected,
  styleOf,
  warningsJson,
} from "../render.ts";

export async function runImage(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const problems = new Problems();
  assertKeyOptions(args);
  const warnings = new Warnings();
  const { geometry, isMarkedReadOnly, notes: sizeNotes } = resolveSize(
    host.files,
    args,
    problems,
    warnings,
  );
  const formatVersion = parseFormatVersion(args.value("version"));
  const { isWindows } = host.files;
  const out = outputPath("out", args.positional("out"), isWindows);
  const outdir = outputPath("--outdir", args.value("outdir") ?? ".", isWindows);
  const outPath = pathBelow(outdir, out);

  const inputs: NvsCsvFile[] = args.positionalList("in")
    .filter((path) => isUserFile(host.files, path, NVS_CSV_FILE, problems))
    .map((path) => ({ path, chunks: host.files.readChunks(path) }));
  const cellFiles = CellFiles.firstPass(host.files);
  const content = readNvsCsvs(inputs, (path) => cellFiles.read(path), problems);
  cellFiles.finish(inputs.map(({ path }) => path), problems);
  const layout = problems.total > 0 ? undefined : layOut(
    content.items,
    formatVersion,
    geometry,
    inputs.at(-1)?.path ?? "",
    content.placeOf,
    problems,
  );

  const notes = [
    ...content.notes,
    ...companionNote(content.schema.keys),
    ...(isMarkedReadOnly ? [] : readOnlyNote(geometry)),
    ...keyNotes(args),
    ...sizeNotes,
  ];
  const keyFiles: NewFile[] = [];
  let keys: XtsKeys | undefined;
  const inputKey = args.value("inputkey");
  if (inputKey !== undefined) {
    keys = readKeyPartition(host.files, inputKey, problems, HMAC_KEY_OPTIONS)?.keys;
  } else if (args.has("keygen")) {
    const fresh = await freshKeyFiles(host, args, problems);
    keys = fresh?.xts;
    if (fresh !== undefined) {
      if (fresh.hmacKey !== undefined) keyFiles.push(fresh.hmacKey);
      keyFiles.push(fresh.keys);
      notes.push(...fresh.notes);
    }
  }
  if (keyFiles.some(({ path }) => isSamePath(path, outPath, "."))) {
    throw new UsageError(
      "the image would have the name of a key file; give another with --keyfile",
    );
  }
  checkNewFile(host.files, outPath, problems);
  printWarnings(host, warnings);
  if (problems.total > 0 || layout === undefined) {
    return reportRejected(host, style, problems, undefined, warnings);
  }

  const plain = new Uint8Array(imageSize(layout, geometry));
  writeImage(layout, formatVersion, plain);
  const bytes = keys === undefined ? plain : encryptImage(plain, keys);
  notes.push(...await writeAllOrNone(host, [...keyFiles, { path: outPath, content: bytes }]));

  if (style.isJson) {
    printJson(host, {
      image: outPath,
      bytes: bytes.length,
      encrypted: keys !== undefined,
      used: layout.usedEntries,
      total: geometry.usablePages * ENTRY_COUNT,
      keys: keyFiles.map(({ path }) => path),
      notes,
      warnings: warningsJson(warnings),
    });
  } else if (!style.isQuiet) {
    host.print([
      ...keyFiles.map(({ path }) => `key file: ${path}`),
      `${outPath}: ${imageText(bytes.length, keys !== undefined, layout, geometry)}`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}

/**
 * ```console
 * $ mfg_gen edit Dev-1.bin new.bin --set device:level:u8=7 --unset device:old
 * new.bin: 12288 bytes, 9 of 252 entries used; 1 key set, 1 removed
 * ```
 *
 * @module
 */

import { encryptImage } from "../../crypto/image_cipher.ts";
import { Problems } from "../../problems/problems.ts";
import { applyEdits, type Edits } from "../../nvs/edit.ts";
import type { FormatVersion } from "../../nvs/constants.ts";
import type { DecodedPartition } from "../../nvs/decoded.ts";
import { ESCAPED_BYTE } from "../../nvs/decode_items.ts";
import type { Item } from "../../nvs/item.ts";
import { imageSize, writeImage } from "../../nvs/partition.ts";
import { type Geometry, geometryOf, type Layout } from "../../nvs/placement.ts";
import { CellFiles } from "../../plan/cell_files.ts";
import { readOnlyNote } from "../../plan/batch_check.ts";
import type { Host } from "../../ports/host.ts";
import { findingLines } from "../../report/findings_text.ts";
import type { ImageView } from "../../report/image_view.ts";
import { withoutColour } from "../../report/paint.ts";
import { countOf, printable } from "../../report/text.ts";
import type { RawArgs } from "../args.ts";
import { parseSize } from "../partition_size.ts";
import { placeOfSetting, readEdits } from "../edit_args.ts";
import { readDumpOptions } from "../dump_options.ts";
import { EXIT, type ExitCode } from "../exit_code.ts";
import { imageText, layOut } from "../image_layout.ts";
import { writeAllOrNone } from "../key_files.ts";
import { isRefusal, openImage, readImageKey, reportRefused } from "../open_image.ts";
import { checkNewFile, outputPath } from "../output_path.ts";
import { noteLines, printJson, reportRejected, styleOf } from "../render.ts";

export async function runEdit(host: Host, args: RawArgs): Promise<ExitCode> {
  const style = styleOf(args);
  const { files } = host;
  const problems = new Problems();
  const input = args.positional("image");
  const out = outputPath("out", args.positional("out"), files.isWindows);
  const cellFiles = CellFiles.firstPass(files);
  const edits = readEdits(args, (path) => cellFiles.read(path), problems);
  const size = args.value("size");
  const sizeGiven = size === undefined ? undefined : parseSize(size);

  const key = await readImageKey(host, args, problems);
  const dump = readDumpOptions(files, args, problems);
  const image = await openImage(files, input, key, problems, dump);
  checkNewFile(files, out, problems);
  if (image === undefined) return reportRejected(host, style, problems);
  if (isRefusal(image)) return reportRefused(host, style.isJson, [image]);
  if (image.decoded.findings.length > 0) return reportDamaged(host, style.isJson, image);

  const { items, missing } = applyEdits(image.decoded, edits);
  for (const { namespace, key } of missing) {
    problems.add(
      { file: input, key },
      "key-not-found",
      `is not in namespace "${namespace}"; there is nothing to remove`,
    );
  }
  for (const item of items) {
    const fault = unkeptFault(item);
    if (fault !== undefined) {
      problems.add({ file: input, ...fault.place }, "item-not-kept", fault.message);
    }
  }
  const geometry = sizeGiven ?? geometryOf(image.decoded.sizeBytes);
  const formatVersion = formatVersionOf(image.decoded);
  const layout = layOut(items, formatVersion, geometry, out, placeOfSetting, problems);
  if (problems.total > 0 || layout === undefined) return reportRejected(host, style, problems);

  const plain = new Uint8Array(editedSize(layout, geometry, image.decoded));
  writeImage(layout, formatVersion, plain);
  // A blank image has nothing to tell encryption by: then the key says that it is to be.
  const isEncrypted = key.keys !== undefined;
  const bytes = isEncrypted ? encryptImage(plain, key.keys!) : plain;
  const notes = [...readOnlyNote(geometry), ...staleNotes(image, edits)];
  notes.push(...await writeAllOrNone(host, [{ path: out, content: bytes }]));
  if (style.isJson) {
    printJson(host, {
      image: out,
      bytes: bytes.length,
      encrypted: isEncrypted,
      used: layout.usedEntries,
      set: edits.set.length,
      removed: edits.unset.length,
      notes,
    });
  } else if (!style.isQuiet) {
    const what = imageText(bytes.length, isEncrypted, layout, geometry);
    host.print([
      `${out}: ${what}; ${countOf(edits.set.length, "key")} set, ${edits.unset.length} removed`,
      ...noteLines(notes),
      "",
    ].join("\n"));
  }
  return EXIT.done;
}

/** Why a fresh image would not hold an item as it is stored. */
function unkeptFault(item: Item): { place: { key?: string }; message: string } | undefined {
  const { namespace } = item;
  if (ESCAPED_BYTE.test(namespace)) {
    return {
      place: {},
      message: `namespace "${namespace}" is not UTF-8, so its name cannot be kept`,
    };
  }
  if (item.type === "namespace") return undefined;
  const { key, value } = item;
  const what = ESCAPED_BYTE.test(key)
    ? "the key is not UTF-8, so its name cannot be kept"
    : Number.isNaN(value)
    ? "the value is NaN, whose bits cannot be kept"
    : undefined;
  return what &&
    { place: { key }, message: `${what}; remove it with --unset "${namespace}:${key}"` };
}

/** A device may have closed pages of version 1 and go on in version 2, which holds all that 1 does. */
function formatVersionOf({ pages }: DecodedPartition): FormatVersion {
  const versions = pages.map(({ formatVersion }) => formatVersion);
  return versions.includes(2) || !versions.includes(1) ? 2 : 1;
}

/**
 * A read-only image ends with its last page in use, but one that the old image had behind it
 * would stay on the flash, and its keys come back: it is written blank.
 */
function editedSize(layout: Layout, geometry: Geometry, { sizeBytes }: DecodedPartition): number {
  return Math.max(imageSize(layout, geometry), Math.min(sizeBytes, geometry.sizeBytes));
}

/** What is damaged may be more than it shows, and a fresh image would hide it. */
function reportDamaged(host: Host, isJson: boolean, { file, decoded }: ImageView): ExitCode {
  const lines = findingLines(decoded.findings, withoutColour);
  host.printError(`${printable(file)}: is damaged, so nothing was written; ${lines.join("\n")}\n`);
  if (isJson) printJson(host, { exit: EXIT.difference, findings: decoded.findings });
  return EXIT.difference;
}

const MASTER_KEY = "ap.pmk_info";
const CREDENTIALS = ["ap.ssid", "ap.passwd", "ap.authmode"];

/** A key that was derived from others stays what it was. */
function staleNotes({ decoded }: ImageView, { set, unset }: Edits): string[] {
  const namespaces = new Set(
    [...set, ...unset].filter(({ key }) => CREDENTIALS.includes(key)).map(({ namespace }) =>
      namespace
    ),
  );
  const isEdited = (namespace: string) =>
    [...set, ...unset].some((name) => name.namespace === namespace && name.key === MASTER_KEY);
  return decoded.entries
    .filter(({ namespace, key }) => key === MASTER_KEY && namespaces.has(namespace))
    .filter(({ namespace }) => !isEdited(namespace))
    .map(({ namespace }) =>
      `"${MASTER_KEY}" of namespace "${namespace}" stays; it holds the master key of the old credentials`
    );
}

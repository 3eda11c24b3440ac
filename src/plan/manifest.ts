/**
 * The manifest: a row for each finished device, from its row in the values
 * file to the hashes of its files. It is only added to; the last row of an
 * image holds.
 *
 * @module
 */

import { join } from "@std/path";
import { csvRecords } from "../input/csv_records.ts";
import { csvLine } from "./csv_line.ts";

/** What the manifest says of one device. Paths are relative to the output folder, with `/`. */
export interface ManifestRow {
  /** Batch id; see `fingerprint`. */
  batch: string;
  /** Number of the device in the values file, from 1. */
  row: number;
  fileId: string;
  image: string;
  imageBytes: number;
  imageSha256: string;
  /** Empty when no key file was written; so are the three that follow. */
  keys: string;
  keysSha256: string;
  hmacKey: string;
  hmacKeySha256: string;
}

const COLUMNS = [
  "batch",
  "row",
  "file_id",
  "image",
  "image_bytes",
  "image_sha256",
  "keys",
  "keys_sha256",
  "hmac_key",
  "hmac_key_sha256",
];

/** The first line, with its end. */
export const MANIFEST_HEADER = `${COLUMNS.join(",")}\n`;

/** Path of the manifest of a prefix. */
export function manifestPath(outdir: string, prefix: string): string {
  return join(outdir, `manifest-${prefix}.csv`);
}

/** A row as a line, with its end: LF, so that a shell's `read` takes the last cell whole. */
export function manifestLine(row: ManifestRow): string {
  const cells = [
    row.batch,
    String(row.row),
    row.fileId,
    row.image,
    String(row.imageBytes),
    row.imageSha256,
    row.keys,
    row.keysSha256,
    row.hmacKey,
    row.hmacKeySha256,
  ];
  return `${csvLine(cells)}\n`;
}

const SHA256 = /^[0-9a-f]{64}$/;
const SHA256_OR_NONE = /^([0-9a-f]{64})?$/;
const POSITIVE = /^[1-9]\d{0,14}$/;

/** Reads a line; `undefined` for one that is torn, damaged or the header. */
export function parseManifestLine(line: string): ManifestRow | undefined {
  let isDamaged = false;
  const [record] = csvRecords([line], { comments: false }, () => isDamaged = true);
  if (isDamaged || record?.fields.length !== COLUMNS.length) return undefined;
  const [batch, row, fileId, image, imageBytes, imageSha256, keys, keysSha256, hmac, hmacSha256] =
    record.fields as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
  const isWhole = POSITIVE.test(row) && POSITIVE.test(imageBytes) && SHA256.test(imageSha256) &&
    SHA256_OR_NONE.test(keysSha256) && SHA256_OR_NONE.test(hmacSha256) &&
    (keys === "") === (keysSha256 === "") && (hmac === "") === (hmacSha256 === "") &&
    batch !== "" && image !== "";
  if (!isWhole) return undefined;
  return {
    batch,
    row: Number(row),
    fileId,
    image,
    imageBytes: Number(imageBytes),
    imageSha256,
    keys,
    keysSha256,
    hmacKey: hmac,
    hmacKeySha256: hmacSha256,
  };
}

/** A line of a manifest as found. */
export interface ManifestLine {
  /** The line without its end. */
  text: string;
  /** What it says; absent for a torn or damaged one. */
  row?: ManifestRow;
}

/**
 * Yields the lines of a manifest behind its header; a missing header counts as
 * a damaged line. A last line without its end was torn and has no row, however
 * whole it looks: a longer hash may have been meant. CRLF, as spreadsheets
 * leave it, is as good as LF.
 */
export function* manifestLines(chunks: Iterable<Uint8Array>): Generator<ManifestLine> {
  const decoder = new TextDecoder(); // damaged bytes become characters that no row has
  let rest = "";
  let isFirst = true;
  for (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const text = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (isFirst) {
        isFirst = false;
        if (`${text}\n` === MANIFEST_HEADER) continue;
        yield { text: "" };
      }
      const row = parseManifestLine(text);
      yield row === undefined ? { text } : { text, row };
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield { text: rest };
}

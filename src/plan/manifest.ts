/**
 * The manifest: a row for each finished device, from its row in the values
 * file to the hashes of its files. It is only added to; the last row of an
 * image holds.
 *
 * @module
 */

import { join } from "@std/path";
import { csvLine } from "./csv_line.ts";
import type { Encryption } from "../keys/key_scheme.ts";
import { csvRecords } from "../input/csv_records.ts";

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
  /** Path of the key partition; empty when none was written. */
  keys: string;
  /** Hash of that file, or of the one that was given; empty without. */
  keysSha256: string;
  /** Path of the HMAC key; empty when none was written. */
  hmacKey: string;
  /** Hash of that file, or of the one that was given; empty without. */
  hmacKeySha256: string;
  encryption: Encryption;
}

/** Columns in their order, by the field of {@linkcode ManifestRow} that each holds. */
const COLUMN_OF = {
  batch: "batch",
  row: "row",
  fileId: "file_id",
  image: "image",
  imageBytes: "image_bytes",
  imageSha256: "image_sha256",
  keys: "keys",
  keysSha256: "keys_sha256",
  hmacKey: "hmac_key",
  hmacKeySha256: "hmac_key_sha256",
  encryption: "encryption",
} as const satisfies Record<keyof ManifestRow, string>;
const COLUMN_COUNT = Object.keys(COLUMN_OF).length;

/** The first line, with its end. */
export const MANIFEST_HEADER = `${Object.values(COLUMN_OF).join(",")}\n`;

/** Path of the manifest of a prefix. */
export function manifestPath(outdir: string, prefix: string): string {
  return join(outdir, `manifest-${prefix}.csv`);
}

/** A row as a line, with its end: LF, so that a shell's `read` takes the last cell whole. */
export function manifestLine(row: ManifestRow): string {
  return `${
    csvLine([
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
      row.encryption,
    ])
  }\n`;
}

const SHA256 = /^[0-9a-f]{64}$/;
const POSITIVE = /^[1-9]\d{0,14}$/;

/** Which of the two keys a row of each encryption has, as a file of the device or as a given one. */
const KEYS_OF: Record<Encryption, { keys: KeyCells; hmacKey: KeyCells }> = {
  none: { keys: "none", hmacKey: "none" },
  given: { keys: "hash", hmacKey: "none" },
  own: { keys: "file", hmacKey: "none" },
  "hmac-given": { keys: "file", hmacKey: "hash" },
  "hmac-own": { keys: "file", hmacKey: "file" },
};
/** What the two cells of a key hold: nothing, the hash alone, or path and hash. */
type KeyCells = "none" | "hash" | "file";

/** Reads a line; `undefined` for one that is torn, damaged or the header. */
export function parseManifestLine(line: string): ManifestRow | undefined {
  const cells = cellsOf(line);
  if (cells?.length !== COLUMN_COUNT) return undefined;
  const [batch, row, fileId, image, imageBytes, imageSha256] = cells as [string, ...string[]];
  const [keys, keysSha256, hmacKey, hmacKeySha256, encryption] = cells.slice(6) as [
    string,
    ...string[],
  ];
  if (!Object.hasOwn(KEYS_OF, encryption!)) return undefined;
  const expected = KEYS_OF[encryption as Encryption];
  const isWhole = POSITIVE.test(row!) && POSITIVE.test(imageBytes!) && SHA256.test(imageSha256!) &&
    isKey(expected.keys, keys!, keysSha256!) && isKey(expected.hmacKey, hmacKey!, hmacKeySha256!) &&
    batch !== "" && image !== "";
  if (!isWhole) return undefined;
  return {
    batch,
    row: Number(row),
    fileId: fileId!,
    image: image!,
    imageBytes: Number(imageBytes),
    imageSha256: imageSha256!,
    keys: keys!,
    keysSha256: keysSha256!,
    hmacKey: hmacKey!,
    hmacKeySha256: hmacKeySha256!,
    encryption: encryption as Encryption,
  };
}

function isKey(cells: KeyCells, path: string, sha256: string): boolean {
  return (path !== "") === (cells === "file") &&
    (cells === "none" ? sha256 === "" : SHA256.test(sha256));
}

function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(",");
  let isDamaged = false;
  const [record] = csvRecords(oneLine(line), { comments: false }, () => isDamaged = true);
  return isDamaged ? undefined : record?.fields;
}

function oneLine(line: string) {
  let isRead = false;
  return {
    line: 1,
    next: () => {
      if (isRead) return undefined;
      isRead = true;
      return line;
    },
  };
}

/** A line of a manifest as found. */
export interface ManifestLine {
  /** Byte offset of the line in the file. */
  offset: number;
  /** What it says; absent for a torn or damaged one. */
  row?: ManifestRow;
}

/** Thrown when a file is no manifest of this program. */
export class ManifestHeaderError extends Error {
  override name = "ManifestHeaderError";
}

const LF = 0x0A;
/** A row has its cells, and paths that the system has limits for: what is longer is no row. */
const MAX_LINE_BYTES = 64 * 1024;

/**
 * Yields the lines of a manifest behind its header. A last line without its
 * end was torn and has no row, however whole it looks: a longer hash may have
 * been meant. CRLF, as spreadsheets leave it, is as good as LF.
 *
 * @throws {ManifestHeaderError} If the file has another header. A header that was
 * torn, with nothing behind it, is none.
 */
export function* manifestLines(chunks: Iterable<Uint8Array>): Generator<ManifestLine> {
  const lines = rawLines(chunks);
  const header = lines.next();
  if (header.done) return;
  const { text, hasEnd } = header.value;
  if (!hasEnd && MANIFEST_HEADER.startsWith(text)) return;
  if (`${text}\n` !== MANIFEST_HEADER || !hasEnd) {
    throw new ManifestHeaderError(
      "is no manifest of this program, or one of another version: its first line is another; " +
        "move it away, or choose another --outdir or prefix",
    );
  }
  for (const { offset, text, hasEnd } of lines) {
    const row = hasEnd ? parseManifestLine(text) : undefined;
    yield row === undefined ? { offset } : { offset, row };
  }
}

interface RawLine {
  offset: number;
  /** Without its end; empty for a line that is too long for a row. */
  text: string;
  hasEnd: boolean;
}

function* rawLines(chunks: Iterable<Uint8Array>): Generator<RawLine> {
  const decoder = new TextDecoder(); // damaged bytes become characters that no row has
  let pieces: Uint8Array[] = []; // of a line that goes on in the next chunk
  let pieceBytes = 0;
  let offset = 0;
  const textOf = (last: Uint8Array): string => {
    const sizeBytes = pieceBytes + last.length;
    if (sizeBytes > MAX_LINE_BYTES) return "";
    let bytes = last;
    if (pieces.length > 0) {
      bytes = new Uint8Array(sizeBytes);
      let at = 0;
      for (const piece of [...pieces, last]) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
    const text = decoder.decode(bytes);
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  };
  for (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const text = textOf(chunk.subarray(start, end));
      yield { offset, text, hasEnd: true };
      offset += pieceBytes + end - start + 1;
      pieces = [];
      pieceBytes = 0;
      start = end + 1;
    }
    const rest = chunk.slice(start); // a copy: the reader may use its buffer again
    pieceBytes += rest.length;
    if (pieceBytes <= MAX_LINE_BYTES) pieces.push(rest);
  }
  if (pieceBytes > 0) yield { offset, text: textOf(new Uint8Array()), hasEnd: false };
}

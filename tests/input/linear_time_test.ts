/** The time to read a text is linear in its bytes, whatever they are. */

import { csvRecords } from "../../src/input/csv_records.ts";
import { TextError, TextReader } from "../../src/input/text_lines.ts";
import { utf16 } from "../cli/bad_inputs.ts";
import { assertLinear, TIMES } from "../linear_time.ts";

const MIB = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
type Read = (chunks: Iterable<Uint8Array>) => void;

const readLines: Read = (chunks) => {
  const reader = new TextReader(chunks);
  while (reader.next() !== undefined);
};

const readRefused: Read = (chunks) => {
  try {
    readLines(chunks);
  } catch (error) {
    if (error instanceof TextError) return;
    throw error;
  }
  throw new Error("The text is not refused");
};

const markEachLine: Read = (chunks) => {
  const reader = new TextReader(chunks);
  while (reader.next() !== undefined) reader.mark();
};

/** Every character is looked at, too: strings may put work off. */
const readRecords: Read = (chunks) => {
  const records = csvRecords(new TextReader(chunks), { comments: false }, () => {});
  for (const { fields } of records) fields.map((field) => field.lastIndexOf("\u0001"));
};

function repeated(text: string, sizeBytes: number): Uint8Array {
  const unit = new TextEncoder().encode(text);
  const bytes = new Uint8Array(sizeBytes - sizeBytes % unit.length);
  for (let at = 0; at < bytes.length; at += unit.length) bytes.set(unit, at);
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function* chunked(bytes: Uint8Array, chunkBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

const text = (unit: string) => (sizeBytes: number) => repeated(unit, sizeBytes);
const inUtf16 = (unit: string) => (sizeBytes: number) =>
  utf16(unit.repeat(sizeBytes / 2 / unit.length), true);
const quoted = (unit: string) => (sizeBytes: number) =>
  joined(repeated('a,"', 3), repeated(unit, sizeBytes), repeated('"\n', 2));
const unclosed = (unit: string) => (sizeBytes: number) =>
  joined(repeated('a,"', 3), repeated(unit, sizeBytes));
const LONG_LINE = `${"x".repeat(999)}\n`;

for (
  const [name, make, read, sizeBytes, chunkBytes] of [
    ["one line", text("x"), readLines, 31 * MIB, CHUNK_BYTES],
    ["one line in one chunk", text("x"), readLines, 31 * MIB, 31 * MIB],
    ["one line in chunks of a byte", text("x"), readLines, 2 * MIB, 1],
    ["CRs alone", text("\r"), readLines, 8 * MIB, CHUNK_BYTES],
    ["CRs alone in one chunk", text("\r"), readLines, 8 * MIB, 8 * MIB],
    ["CRs alone in chunks of a byte", text("\r"), readLines, MIB, 1],
    ["CRLFs alone", text("\r\n"), readLines, 8 * MIB, CHUNK_BYTES],
    [
      "CRs and then LFs",
      (size: number) => joined(repeated("\r", size / 2), repeated("\n", size / 2)),
      readLines,
      8 * MIB,
      8 * MIB,
    ],
    [
      "no UTF-8 at all",
      (size: number) => new Uint8Array(size).fill(0xFF),
      readRefused,
      8 * MIB,
      CHUNK_BYTES,
    ],
    [
      "no UTF-8 at the end",
      (size: number) => joined(repeated("a\n", size - 1), Uint8Array.of(0xFF)),
      readRefused,
      8 * MIB,
      8 * MIB,
    ],
    ["UTF-16 lines", inUtf16("é,語,🙂,abc\n"), markEachLine, 4 * MIB, CHUNK_BYTES],
    ["UTF-16 in chunks of a byte", inUtf16("🙂\n"), readLines, MIB / 4, 1],
    ["UTF-16 in one line", inUtf16("x"), readLines, 16 * MIB, 16 * MIB],
    ["UTF-16 of surrogates alone", inUtf16("\uD83D"), readRefused, 8 * MIB, CHUNK_BYTES],
    ["a mark behind each line", text("é,語,🙂,abc,def,ghi,jkl\n"), markEachLine, 2 * MIB, 2 * MIB],
    ["a quote never closed, long lines", unclosed(LONG_LINE), readRecords, 16 * MIB, CHUNK_BYTES],
    ["a quote never closed, short lines", unclosed("x\n"), readRecords, 16 * MIB, CHUNK_BYTES],
    ["quotes never closed", text('"x\n'), readRecords, 8 * MIB, CHUNK_BYTES],
    ["a cell of short lines", quoted("x\n"), readRecords, 4 * MIB, CHUNK_BYTES],
    ["a cell of empty lines", quoted("\n"), readRecords, 4 * MIB, CHUNK_BYTES],
    ["a cell of quotes", quoted('""'), readRecords, 8 * MIB, CHUNK_BYTES],
  ] as const
) {
  Deno.test(`linear time: ${name}`, async () => {
    const texts = [make(sizeBytes / TIMES), make(sizeBytes)] as const;
    await assertLinear((which) => read(chunked(texts[which], chunkBytes)));
  });
}

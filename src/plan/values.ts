/**
 * The values file, read from its start in the check and part by part later,
 * by several threads if need be. Each part has to be what was checked.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FileReader } from "../ports/file_system.ts";
import { csvRecords } from "../input/csv_records.ts";
import { type DeviceRow, deviceRows } from "../input/device_rows.ts";
import { csvFaultsTo, reportTextError } from "../input/faults.ts";
import type { Problems } from "../problems/problems.ts";
import type { Schema } from "../input/schema.ts";
import { SeparatorFinder } from "../input/separator.ts";
import { encodingNote, type TextEncoding } from "../input/text_encoding.ts";
import { TextError, TextReader } from "../input/text_lines.ts";
import { isHeaderOf, matchHeader, type ValuesHeader } from "../input/values_header.ts";
import { InputChangedError } from "./cell_files.ts";

/** Some rows of the values file that stand one behind the other. */
export interface ValuesPart {
  /** Byte offset of the first one in the file. */
  offset: number;
  sizeBytes: number;
  /** Line of the first one, from 1. */
  line: number;
  /** Number of the first device, from 1. */
  firstNumber: number;
  /** SHA-256 of the bytes in UTF-8, in hex. */
  sha256: string;
}

/** A values file that was checked, as plain data. */
export interface CheckedValues {
  path: string;
  encoding: TextEncoding;
  header: ValuesHeader;
  /** Cells of the first device, which hold what REPEAT columns repeat. */
  firstCells: readonly string[];
  /** All rows. */
  parts: readonly ValuesPart[];
  /** Bytes of the whole file, and their SHA-256 in hex. */
  sizeBytes: number;
  sha256: string;
}

/** What reads a values file for the first time. */
export interface OpenValues {
  header: ValuesHeader;
  /** The rows in order; what is wrong with one goes to the problems. */
  rows: Iterable<DeviceRow>;
  /** Whether something was wrong with a row so far, so that it may not have been among them. */
  hasFaultyRows(): boolean;
  /** Bytes read since the part at hand began, about. */
  partBytes(): number;
  /** Ends a part behind the row that was read last. */
  endPart(): void;
  /** What later passes need, once all rows were read and their part was ended. */
  checked(): CheckedValues;
  /** What the user should know about the file, once all rows were read. */
  notes(): string[];
}

/**
 * Opens a values file to check it. `undefined` if its header has a problem, or
 * it is no text; everything wrong goes to `problems`.
 */
export function openValues(
  files: FileReader,
  path: string,
  schema: Schema,
  problems: Problems,
  fileIdColumn?: string,
): OpenValues | undefined {
  const whole = createHash("sha256");
  let sizeBytes = 0;
  const text = new TextReader(hashed(files.readChunks(path), {
    update: (bytes) => {
      sizeBytes += bytes.length;
      whole.update(bytes);
    },
  }));
  const fail = (error: unknown) => reportTextError(error, path, problems);
  const separator = new SeparatorFinder(isHeaderOf(schema));
  const records = csvRecords(
    text,
    { comments: false, separator },
    csvFaultsTo(problems, path),
  );
  let header: ValuesHeader | undefined;
  try {
    const first = records.next();
    if (!first.done) {
      header = matchHeader(first.value, schema, path, problems, fileIdColumn);
    } else if (problems.total === 0) {
      problems.add(
        { file: path },
        "empty-file",
        "is empty; it needs a header of keys and a row for each device",
      );
    }
  } catch (error) {
    fail(error);
  }
  if (header === undefined || header.columns.length < schema.keys.length) return undefined;

  const parts: ValuesPart[] = [];
  const emptyRows = { count: 0, firstLine: 0 };
  let firstCells: readonly string[] = [];
  /** Number of the first device of the part at hand, and of the row that comes next. */
  let firstNumber = 1;
  let nextNumber = 1;
  let hasFaultyRows = false;
  let mark = text.mark();
  const found = header;
  return {
    header,
    rows: rows(),
    hasFaultyRows: () => hasFaultyRows,
    partBytes: () => text.bytesRead - mark.offset,
    endPart,
    checked: () => ({
      path,
      encoding: text.encoding,
      header: found,
      firstCells,
      parts,
      sizeBytes,
      sha256: whole.digest("hex"),
    }),
    notes: () => [
      ...encodingNote(path, text.encoding),
      ...separator.notes(path),
      ...emptyRowsNote(path, emptyRows),
    ],
  };

  function* rows(): Generator<DeviceRow> {
    let problemsBefore = problems.total;
    try {
      for (const row of deviceRows(records, found, path, problems, undefined, onEmptyRow)) {
        hasFaultyRows ||= problems.total > problemsBefore;
        if (row.number === 1) firstCells = row.cells;
        nextNumber = row.number + 1;
        yield row;
        problemsBefore = problems.total; // who takes a row may find something wrong with its cells
      }
    } catch (error) {
      fail(error);
    }
    hasFaultyRows ||= problems.total > problemsBefore;
  }

  function onEmptyRow(line: number): void {
    if (emptyRows.count++ === 0) emptyRows.firstLine = line;
  }

  function endPart(): void {
    const { offset, line } = mark;
    mark = text.mark();
    const sizeBytes = mark.offset - offset;
    if (sizeBytes > 0) parts.push({ offset, sizeBytes, line, firstNumber, sha256: mark.sha256 });
    firstNumber = nextNumber;
  }
}

function emptyRowsNote(
  path: string,
  { count, firstLine }: { count: number; firstLine: number },
): string[] {
  if (count === 0) return [];
  return [
    count === 1
      ? `${path}: the row of empty cells in line ${firstLine} is passed over`
      : `${path}: ${count} rows of empty cells are passed over, the first in line ${firstLine}`,
  ];
}

function* hashed(
  chunks: Iterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
): Generator<Uint8Array> {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/**
 * Yields the rows of a part again. Only when the last one was taken is it sure
 * that all of them are what was checked.
 *
 * @throws {InputChangedError} If the part is not what was checked.
 */
export function* rowsOfPart(
  files: FileReader,
  values: CheckedValues,
  part: ValuesPart,
  problems: Problems,
): Generator<DeviceRow> {
  const { path, encoding, header, firstCells } = values;
  const { offset, sizeBytes, line, firstNumber, sha256 } = part;
  try {
    const chunks = files.readChunks(path, offset, sizeBytes);
    const text = new TextReader(chunks, { line, offset, encoding });
    const { separator } = header;
    const records = csvRecords(text, { comments: false, separator }, () => {
      throw new InputChangedError(path);
    });
    yield* deviceRows(records, header, path, problems, { number: firstNumber, firstCells });
    const { offset: end, sha256: found } = text.mark();
    if (end !== offset + sizeBytes || found !== sha256) throw new InputChangedError(path);
  } catch (error) {
    if (error instanceof TextError) throw new InputChangedError(path);
    throw error;
  }
}

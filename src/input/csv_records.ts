/**
 * CSV text to records that know their physical line.
 *
 * `@std/csv` cannot stand here: its line numbers are off after a quoted line
 * break, it ends at the first fault, and it has no way to take a bare quote in
 * an unquoted cell literally, as Python's reader (and so Espressif's) does.
 *
 * @module
 */

import { type Separator, SeparatorFinder } from "./separator.ts";

/** One record. */
export interface CsvRecord {
  /** Line of its first character, from 1. */
  line: number;
  /** Its row as a spreadsheet shows it, from 1, where the source begins with the file. */
  row: number;
  fields: string[];
  /** What separates them. */
  separator: Separator;
}

/** A fault in the quoting of a record. */
export interface CsvFault {
  line: number;
  row: number;
  /** Number of the cell, from 1. */
  column: number;
  message: string;
}

/** Longer cells are a forgotten quote: the largest blob is about 1 MB in hex. */
const MAX_CELL_CHARACTERS = 4 * 1024 * 1024;

/** Lines one by one, such as a `TextReader`. */
export interface LineSource {
  /** The next line without its end; `undefined` when there is none. */
  next(): string | undefined;
  /** Number of the line that was returned last, from 1. */
  readonly line: number;
}

/** What to pass over before a record begins. */
export interface RecordOptions {
  /** Drop lines that begin with `#`. */
  comments: boolean;
  /** What separates the cells, or what finds it out; a comma by default. */
  separator?: Separator | SeparatorFinder;
  /**
   * Told of white space behind a closing quote, which then belongs to the cell, as
   * Python's reader takes it. Without it that is a fault.
   */
  onSpace?: (line: number) => void;
}

/**
 * Yields the records of a CSV. Blank lines between records are dropped; line
 * breaks inside quotes are kept, as LF. A record with a fault goes to
 * `onFault` and is not yielded.
 */
export function* csvRecords(
  source: LineSource,
  options: RecordOptions,
  onFault: (fault: CsvFault) => void,
): Generator<CsvRecord> {
  const { separator: given = "," } = options;
  let finder = given instanceof SeparatorFinder ? given : undefined;
  let separator: Separator = given instanceof SeparatorFinder ? "," : given;
  /** Lines that are no rows: a spreadsheet shows a cell of several lines as one, and no `sep=;`. */
  let linesWithin = 0;
  for (let text = source.next(); text !== undefined; text = source.next()) {
    // A line of tabs is a row where they separate cells.
    if (text.trim() === "" && !text.includes(separator)) continue;
    if (options.comments && text.startsWith("#")) continue;
    if (finder !== undefined) {
      const isNoRecord = finder.look(text, cellsOf);
      separator = finder.separator;
      finder = undefined;
      if (isNoRecord) {
        linesWithin++;
        continue;
      }
    }
    const { line } = source;
    const row = line - linesWithin;
    if (!text.includes('"')) {
      yield { line, row, fields: text.split(separator), separator };
      continue;
    }
    const onRowFault: OnQuotesFault = (column, message) => onFault({ line, row, column, message });
    const fields = readQuotedRecord(text, source, separator, onRowFault, options.onSpace);
    linesWithin += source.line - line;
    if (fields !== undefined) yield { line, row, fields, separator };
  }
}

type OnQuotesFault = (column: number, message: string) => void;

const NO_MORE_LINES: LineSource = { line: 1, next: () => undefined };

/** The cells of a line that is a whole record; none if it is not. */
function cellsOf(text: string, separator: Separator): string[] {
  return readQuotedRecord(text, NO_MORE_LINES, separator, () => {}, () => {}) ?? [];
}

function readQuotedRecord(
  firstText: string,
  source: LineSource,
  separator: Separator,
  onFault: OnQuotesFault,
  onSpace: RecordOptions["onSpace"],
): string[] | undefined {
  const fields: string[] = [];
  let text = firstText;
  let at = 0;
  while (true) {
    const column = fields.length + 1;
    if (text[at] !== '"') {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end < 0 ? undefined : end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let cell = "";
    at++;
    while (true) {
      const quote = text.indexOf('"', at);
      if (quote >= 0) {
        cell += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at++;
        continue;
      }
      cell += text.slice(at) + "\n";
      const nextText = cell.length > MAX_CELL_CHARACTERS ? undefined : source.next();
      if (nextText === undefined) {
        onFault(column, "the quote is never closed; put a quote behind the cell");
        // Everything behind the open quote was swallowed: no record can follow.
        while (source.next() !== undefined);
        return undefined;
      }
      text = nextText;
      at = 0;
    }
    const separatorAt = text.indexOf(separator, at);
    const end = separatorAt < 0 ? text.length : separatorAt;
    const behind = text.slice(at, end);
    if (behind !== "" && (onSpace === undefined || behind.trim() !== "")) {
      onFault(column, "text follows the closing quote; double each quote inside a quoted cell");
      return undefined;
    }
    if (behind !== "") onSpace?.(source.line);
    fields.push(cell + behind);
    if (separatorAt < 0) return fields;
    at = end + 1;
  }
}

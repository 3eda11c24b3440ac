/**
 * The record that a problem is in, with a caret under the cell, as compilers
 * show a line of source.
 *
 * @module
 */

import { displayWidth } from "./display_width.ts";
import { counted, printable } from "./printable.ts";

/** A record of a CSV and the cell that is meant. */
export interface Excerpt {
  cells: readonly string[];
  separator: string;
  /** Index of the cell, from 0. */
  cellIndex: number;
  /** Names of cells that may hold a secret, by index: of these the name and the length are shown. */
  hidden: ReadonlyMap<number, string>;
}

const GUTTER = " | ";
const ELLIPSIS = "…";
/** Columns of a cell that are shown at most, so that the next ones are seen too. */
const MAX_CELL_WIDTH = 40;
/** Narrower terminals get no excerpt. */
const MIN_WIDTH = 30;

/**
 * Two lines: the record, and carets under the cell.
 *
 * @param line Number of the record's line, which stands in front.
 * @param columns Columns of the terminal, which no line fills.
 */
export function excerptLines(excerpt: Excerpt, line: number, columns: number): string[] {
  const { cells, separator, cellIndex } = excerpt;
  if (columns < MIN_WIDTH || cellIndex >= cells.length) return [];
  const gutter = `${line}${GUTTER}`.padStart(String(line).length + GUTTER.length + 2);
  const room = columns - 1 - gutter.length;
  const texts = cells.map((_, index) => cellText(excerpt, index));
  const mark = texts[cellIndex]!;
  // Cells around it as far as there is room: those before it first, since they tell which row it is.
  let [first, end] = [cellIndex, cellIndex + 1];
  let width = displayWidth(mark) + 2 * ELLIPSIS.length;
  const takes = (text: string) => {
    const more = displayWidth(text) + 1;
    if (width + more > room) return false;
    width += more;
    return true;
  };
  while (first > 0 && takes(texts[first - 1]!)) first--;
  while (end < texts.length && takes(texts[end]!)) end++;
  const shownSeparator = separator === "\t" ? " " : separator;
  const before = (first > 0 ? ELLIPSIS : "") +
    texts.slice(first, cellIndex).map((text) => text + shownSeparator).join("");
  const after = texts.slice(cellIndex + 1, end).map((text) => shownSeparator + text).join("") +
    (end < texts.length ? ELLIPSIS : "");
  const indent = " ".repeat(gutter.length - GUTTER.length) + GUTTER +
    " ".repeat(displayWidth(before));
  return [gutter + before + mark + after, indent + "^".repeat(Math.max(displayWidth(mark), 1))];
}

function cellText({ cells, separator, hidden }: Excerpt, index: number): string {
  const cell = cells[index]!;
  const name = hidden.get(index);
  if (name !== undefined && cell !== "") {
    const count = counted(cell.length, "character");
    return `<${cutToWidth(printable(name))}: ${count}>`;
  }
  const text = cutToWidth(printable(cell));
  return /["\n]/.test(cell) || cell.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text cut to the width of a cell. */
function cutToWidth(text: string): string {
  if (text.length <= MAX_CELL_WIDTH && displayWidth(text) <= MAX_CELL_WIDTH) return text;
  let width = 0;
  let shown = "";
  for (const character of text) {
    width += displayWidth(character);
    if (width >= MAX_CELL_WIDTH) break;
    shown += character;
  }
  return shown + ELLIPSIS;
}

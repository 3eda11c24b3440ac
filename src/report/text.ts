/**
 * Text of unknown origin made safe to print, and its width on a terminal.
 *
 * @module
 */

import { printable } from "../input/printable.ts";

export { printable };

/** A text in quotes; quotes and backslashes in it are escaped too, so that nothing is ambiguous. */
export function quoted(text: string): string {
  return `"${printable(text.replace(/["\\]/g, "\\$&"))}"`;
}

/** A document with two spaces of indent; what a terminal could obey is escaped as JSON does it. */
export function jsonText(document: unknown): string {
  return `${escaped(JSON.stringify(document, null, 2))}\n`;
}

/** The same on one line, without its end. */
export function jsonLine(document: unknown): string {
  return escaped(JSON.stringify(document));
}

function escaped(json: string): string {
  return json.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, jsonEscape);
}

function jsonEscape(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

const NO_WIDTH = /\p{M}/u;
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/**
 * Columns that a text takes on a terminal. `unicodeWidth` of `@std/cli` cannot
 * stand here: the package on npm lacks its table of widths, `_data.json`.
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character < "\u0300") width++;
    else if (DOUBLE_WIDTH.test(character)) width += 2;
    else if (!NO_WIDTH.test(character)) width++;
  }
  return width;
}

/** A text filled up with spaces, in front for a number. */
export function padded(text: string, width: number, isNumber = false): string {
  const spaces = " ".repeat(Math.max(width - displayWidth(text), 0));
  return isNumber ? spaces + text : text + spaces;
}

/** "device/serial". */
export function nameOf({ namespace, key }: { namespace: string; key: string }): string {
  return `${printable(namespace)}/${printable(key)}`;
}

/** "1 finding", "2 findings", "no findings". */
export function countOf(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${count === 1 ? noun : `${noun}s`}`;
}

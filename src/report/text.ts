/**
 * Text of unknown origin made safe to print, and its width on a terminal.
 *
 * @module
 */

import { displayWidth } from "../problems/display_width.ts";
import { counted, printable } from "../problems/printable.ts";

export { counted, printable };

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

/** A text filled up with spaces, in front for a number. */
export function padded(text: string, width: number, isNumber = false): string {
  const spaces = " ".repeat(Math.max(width - displayWidth(text), 0));
  return isNumber ? spaces + text : text + spaces;
}

/** A text in lines of at most `columns` characters, broken at its spaces. */
export function wrapped(text: string, columns: number): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join("\n");
}

/** "device/serial". */
export function nameOf({ namespace, key }: { namespace: string; key: string }): string {
  return `${printable(namespace)}/${printable(key)}`;
}

/** "1 finding", "2 findings", "no findings". */
export function countOf(count: number, noun: string): string {
  return count === 0 ? `no ${noun}s` : counted(count, noun);
}

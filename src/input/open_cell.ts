/**
 * What of a cell may be shown. A secret gets into a column of numbers or paths
 * when cells are shifted, so only what looks like one of them is.
 *
 * @module
 */

import type { Encoding } from "./encoding.ts";

/** Any text of so few characters is shown: `n/a`, `FALSE`, `12 V`. */
const MAX_SHORT_CHARACTERS = 5;
/** The largest number of 64 bits has 20 digits; a key in hex has 32 at least. */
const MAX_NUMBER_CHARACTERS = 24;
const DIGIT = /\p{Nd}/gu;
const LINE_BREAK = /[\r\n]/;
/** No system has longer names of files and folders. */
const MAX_NAME_CHARACTERS = 255;

/**
 * Whether the cell of a key may be shown whole.
 *
 * @param type What the configuration says: data or file.
 */
export function isOpenCell(
  type: string,
  kind: Encoding["kind"] | undefined,
  cell: string,
): boolean {
  if (type === "file") return looksLikePath(cell);
  return (kind === "integer" || kind === "floating") && looksLikeNumber(cell);
}

/** Whether a text is a number, or may have been meant as one. */
export function looksLikeNumber(text: string): boolean {
  if (text.length <= MAX_SHORT_CHARACTERS) return true;
  if (text.length > MAX_NUMBER_CHARACTERS) return false;
  return 2 * (text.match(DIGIT)?.length ?? 0) > text.length;
}

/** Whether a text may be the path of a file: a key in PEM is none. */
export function looksLikePath(text: string): boolean {
  if (LINE_BREAK.test(text)) return false;
  return text.split(/[/\\]/).every((name) => name.length <= MAX_NAME_CHARACTERS);
}

/**
 * Columns on a terminal. `@std/cli` counts them too, but its copy on npm lacks
 * the table that it reads.
 *
 * @module
 */

const NO_WIDTH = /\p{M}/u;
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character < "\u0300") width++;
    else if (DOUBLE_WIDTH.test(character)) width += 2;
    else if (!NO_WIDTH.test(character)) width++;
  }
  return width;
}

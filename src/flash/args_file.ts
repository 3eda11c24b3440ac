/**
 * Files of arguments, as `esptool @FILE` and `espefuse @FILE` read them: line by
 * line, each split into words like a POSIX shell does (Python's `shlex.split`),
 * with no comments and nothing that goes over the end of a line.
 *
 * @module
 */

/** What needs no quotes, in a shell either. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Whether a word can stand in such a file at all. */
export function isArgument(word: string): boolean {
  return !/\p{Cc}|\u2028|\u2029/u.test(word);
}

/** A word with quotes if it needs some; `splitArguments` gives it back. */
export function quotedArgument(word: string): string {
  return PLAIN.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}

/** Thrown when a quote is not closed, or nothing follows a backslash. */
export class ArgumentsError extends Error {
  override name = "ArgumentsError";
}

/**
 * The words of a file of arguments.
 *
 * @throws {ArgumentsError} If a line ends within a word.
 */
export function splitArguments(text: string): string[] {
  return text.split(/\r?\n/).flatMap(wordsOf);
}

function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    const next = line[at + 1];
    if (quote === "'" && character !== "'") word += character;
    else if (character === "\\") {
      if (next === undefined) throw new ArgumentsError("ends with a backslash");
      if (quote === '"' && next !== '"' && next !== "\\") word += character;
      else {
        word = (word ?? "") + next;
        at++;
      }
    } else if (character === quote) quote = "";
    else if (quote !== "") word += character;
    else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (character === " " || character === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new ArgumentsError(`has an unclosed ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Words of a command as a shell reads them: for the commands that messages tell
 * the user to type.
 *
 * @module
 */

/** Words that a POSIX shell takes as they are. */
const PLAIN_POSIX = /^[\w@%+=:,./-]+$/;
/** The same for PowerShell and cmd: PowerShell makes lists of commas, and more of `@`. */
const PLAIN_WINDOWS = /^[\w.:/\\=+-]+$/;
/** PowerShell may cut these in two. */
const CUT_OPTION = /^-.*[.:]/;
/** What quotes do not protect, in PowerShell or in cmd; PowerShell takes typographic quotes for quotes. */
const ALIVE_IN_QUOTES = /["“”„$`%!]/;

/** A command as the user's shell reads it: a POSIX shell; on Windows PowerShell, and cmd if possible. */
export function shellCommand(words: readonly string[], isWindows: boolean): string {
  return words.map(isWindows ? windowsWord : posixWord).join(" ");
}

function posixWord(word: string): string {
  return PLAIN_POSIX.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function windowsWord(word: string): string {
  if (PLAIN_WINDOWS.test(word) && !CUT_OPTION.test(word)) return word;
  // Double quotes mean the same to both; backslashes before the last one would escape it.
  if (!ALIVE_IN_QUOTES.test(word)) return `"${word.replace(/\\+$/, "$&$&")}"`;
  // cmd has no way to write some of these; PowerShell has.
  return `'${word.replace(/['‘’‚‛]/g, "$&$&")}'`;
}

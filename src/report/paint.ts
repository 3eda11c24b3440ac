/** What a piece of text is; a terminal shows each in its colour. */
export type Style = keyof typeof SGR;

/** Adds colour, or leaves it. */
export type Paint = (style: Style, text: string) => string;

/** Numbers of the terminal's "select graphic rendition" sequence. */
const SGR = {
  strong: "1",
  faint: "2",
  good: "32",
  bad: "1;31",
  name: "36",
  namespace: "35",
  number: "34",
  string: "32",
  "blob-data": "33",
  "blob-index": "1;33",
  blob: "36",
  erased: "2",
  empty: "2",
  faulty: "1;37;41",
} as const;

/** For a file, a pipe, or a terminal that shall have no colour. */
export const withoutColour: Paint = (_style, text) => text;

/** For a terminal. */
export const withColour: Paint = (style, text) =>
  text === "" ? "" : `\x1B[${SGR[style]}m${text}\x1B[0m`;

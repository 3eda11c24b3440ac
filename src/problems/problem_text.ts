/**
 * Problems as lines of text.
 *
 * @module
 */

import { type Excerpt, excerptLines } from "./excerpt.ts";
import { printable } from "./printable.ts";
import type { Place, Problem, ProblemGroup, Problems } from "./problems.ts";

/** Characters of a file id that are shown. */
const MAX_FILE_ID = 60;

/** A problem as one line: `file:line:column (row 7, SN-6): key "k": message`. */
export function formatProblem(problem: Problem): string {
  return printable(`${placeText(problem)}:${keyText(problem)} ${problem.message}`);
}

/**
 * All problems as lines: each group with its first places, and how many more
 * there are.
 *
 * @param columns Columns of the terminal that shows them; without, there are no excerpts.
 */
export function problemLines(problems: Problems, columns?: number): string[] {
  const lines: string[] = [];
  let toldCount = 0;
  const shown = new Set<Excerpt>();
  for (const group of problems.groups) {
    toldCount += group.total;
    const { kind: { excerpt }, first: [first] } = group;
    const isNew = excerpt !== undefined && !shown.has(excerpt);
    if (isNew) shown.add(excerpt);
    const excerpted = isNew && columns !== undefined && first?.line !== undefined
      ? excerptLines(excerpt, first.line, columns)
      : [];
    lines.push(...groupLines(group, excerpted));
  }
  const more = problems.total - toldCount;
  if (more > 0) lines.push(`… and ${more} more`);
  for (const { summary } of problems.kinds) {
    if (summary !== undefined) lines.push(`hint: ${printable(summary)}`);
  }
  return lines;
}

function groupLines({ kind: { code }, total, first }: ProblemGroup, excerpted: string[]): string[] {
  const lines: string[] = [];
  for (const message of new Set(first.map(({ message }) => message))) {
    const [one, ...others] = first.filter((problem) => problem.message === message);
    lines.push(formatProblem(one!), ...(lines.length === 0 ? excerpted : []));
    if (others.length > 0) {
      lines.push(`  the same in ${printable(others.map(placeText).join(", "))}`);
    }
  }
  const more = total - first.length;
  if (more > 0) lines.push(`  and ${more} more like that, ${total} in all (${code})`);
  return lines;
}

/** `values.csv:3478:5 (row 318, SN-0317)`. */
export function placeText(place: Place): string {
  const { file, line, row, column } = place;
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  const inFile = [
    ...(row === undefined || row === line ? [] : [`row ${row}`]),
    ...deviceText(place),
  ];
  return inFile.length === 0 ? position : `${position} (${inFile.join(", ")})`;
}

function deviceText({ device, fileId }: Place): string[] {
  if (fileId === undefined || fileId === "") {
    return device === undefined ? [] : [`device ${device}`];
  }
  return [fileId.length <= MAX_FILE_ID ? fileId : `${fileId.slice(0, MAX_FILE_ID - 1)}…`];
}

/** ` key "k":`, where it is about one. */
export function keyText({ key }: Place): string {
  return key === undefined ? "" : ` key "${key}":`;
}

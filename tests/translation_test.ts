/** The Chinese pages against the English ones: neither has what the other lacks. */

import { assert, assertEquals } from "@std/assert";
import { posix } from "node:path";
import { projectPath } from "./helpers.ts";

/** The English page of each Chinese one. */
const ORIGINALS: Readonly<Record<string, string>> = {
  "README_CN.md": "README.md",
  "docs/zh_CN/guide.md": "docs/guide.md",
};

const FENCED = /(?:<!-- example: [^\n]* -->\n\n)?^ *```[^]*?^ *```$/gm;

interface Section {
  /** Number signs of its heading. */
  level: number;
  /** The sources of its fenced blocks, with their marks as examples. */
  blocks: string[];
  /** What stands in backticks outside of them, sorted: languages order words differently. */
  code: string[];
  /** The files that its links lead to, below the project, with `/`; sorted. */
  links: string[];
  /** Cells in each row of its tables. */
  rows: number[];
  /** Items of its lists. */
  items: number;
}

function sectionsOf(path: string): Section[] {
  const text = Deno.readTextFileSync(projectPath(path)).replaceAll("\r\n", "\n");
  const blocks: string[] = [];
  // Blocks may hold lines that look like headings, so a number stands for each.
  const prose = text.replace(FENCED, (block) => `@@${blocks.push(block) - 1}@@`);
  return prose.split(/^(?=#+ )/m).map((section) => ({
    level: /^#+/.exec(section)?.[0].length ?? 0,
    blocks: [...section.matchAll(/@@(\d+)@@/g)].map(([, index]) => blocks[Number(index)]!),
    code: [...section.matchAll(/`[^`]+`/g)].map(([code]) => code.replace(/\s+/g, " ")).toSorted(),
    links: [...section.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
      .map(([, target]) => originalOf(posix.join(posix.dirname(path), target!)))
      .filter((target) => target !== originalOf(path))
      .toSorted(),
    rows: section.split("\n").filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").length),
    items: section.match(/^ *(?:-|\d+\.) /gm)?.length ?? 0,
  }));
}

function originalOf(path: string): string {
  return ORIGINALS[path] ?? path;
}

for (const [translation, original] of Object.entries(ORIGINALS)) {
  Deno.test(`${translation} has the sections, examples, options and links of ${original}`, () => {
    const [translated, sections] = [translation, original].map(sectionsOf);
    assert(sections!.length > 8, `${sections!.length} sections`);
    assertEquals(translated!.map(({ level }) => level), sections!.map(({ level }) => level));
    for (const [index, section] of sections!.entries()) {
      assertEquals(translated![index], section, `section ${index + 1}`);
    }
  });

  Deno.test(`${translation} and ${original} lead to each other in their first lines`, () => {
    for (const [path, other] of [[translation, original], [original, translation]]) {
      const [, , line] = Deno.readTextFileSync(projectPath(path!)).split(/\r?\n/);
      const target = /\]\(([^)]+)\)/.exec(line!)?.[1];
      assertEquals(posix.join(posix.dirname(path!), target ?? ""), other);
    }
  });
}

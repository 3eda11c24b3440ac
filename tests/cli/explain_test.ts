/** `explain`, and the table behind it: every code explained, and the page in docs/ the same. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { PROBLEMS_PAGE, problemsPage } from "../../scripts/problems_page.ts";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { FLAGS } from "../../src/cli/flags.ts";
import { FINDING_RULES, REMARK_RULES } from "../../src/nvs/findings.ts";
import type { Explanation } from "../../src/problems/explanation.ts";
import { EXPLANATIONS } from "../../src/problems/explanations.ts";
import { inTempFolder, projectPath, runProgram } from "../helpers.ts";

const CODES = Object.entries<Explanation>(EXPLANATIONS);
const RULES: Readonly<Record<string, string>> = { ...FINDING_RULES, ...REMARK_RULES };

function explain(...args: string[]) {
  return inTempFolder((cwd) => runProgram(["explain", ...args], { cwd }));
}

/** White space of any kind as one space. */
function flat(text: string): string {
  return text.replace(/\s+/g, " ");
}

Deno.test(`${PROBLEMS_PAGE} is what the table makes`, async () => {
  const page = Deno.readTextFileSync(projectPath(PROBLEMS_PAGE));
  assertEquals(page, await problemsPage(), "run: deno run -A scripts/problems_page.ts");
});

Deno.test("every code has a title, a paragraph and an example, in the words of the field", () => {
  assert(CODES.length > 50);
  for (const [code, { title, text, example }] of CODES) {
    assertMatch(code, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assertMatch(title, /^[A-Z-].{10,}[^.]$/, code);
    assertMatch(text, /^[^ ].{40,}\.$/, code);
    assert(!/ {2}|\n/.test(text), code);
    assert(example.length > 0 && example.every((line) => line.length <= 90), code);
    assert(!Object.hasOwn(RULES, code), `${code} is a finding too`);
  }
});

Deno.test("explanations name only options that there are, and commands", () => {
  const options = new Set<string>(FLAGS.map(({ name }) => name));
  const commands = new Set<string>(COMMANDS.map(({ name }) => name));
  for (const [code, { text, example }] of CODES) {
    const lines = [text, ...example];
    const named = lines.flatMap((line) => [...line.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)]);
    assertEquals(named.map(([, name]) => name).filter((name) => !options.has(name!)), [], code);
    const called = example.flatMap((line) => /^mfg_gen ([\w-]+)/.exec(line)?.[1] ?? []);
    assertEquals(called.filter((name) => !commands.has(name)), [], code);
  }
});

Deno.test("explain prints every code: title, paragraph and example", async () => {
  const codes = CODES.map(([code]) => code);
  const { code, stdout, stderr } = await explain(...codes);
  assertEquals([code, stderr], [0, ""]);
  for (const [code, { title, text, example }] of CODES) {
    assert(flat(stdout).includes(flat(`${code}: ${title} ${text}`)), code);
    for (const line of example) assert(stdout.includes(`\n    ${line}\n`), line);
  }
  for (const line of stdout.split("\n")) assert(line.length <= 94, line);
});

Deno.test("explain tells what a finding of inspect means", async () => {
  for (const [rule, text] of Object.entries(RULES)) {
    const { code, stdout } = await explain(rule);
    assertEquals([code, flat(stdout)], [0, `${rule}: ${text} `]);
  }
});

Deno.test("explain --json gives the parts", async () => {
  const { code, stdout } = await explain("not-hex", "page-state", "--json");
  assertEquals(code, 0);
  const [hex, page] = JSON.parse(stdout).explanations;
  assertEquals(hex, { code: "not-hex", ...EXPLANATIONS["not-hex"] });
  assertEquals([page.code, page.title], ["page-state", FINDING_RULES["page-state"]]);
});

for (
  const [args, says] of [
    [["not-hexx"], 'code "not-hexx" is unknown; did you mean not-hex?'],
    [["zzzzzzzzzzzz"], 'code "zzzzzzzzzzzz" is unknown; docs/problems.md lists them'],
    [["constructor"], 'code "constructor" is unknown; docs/problems.md lists them'],
    [["not-hex", "nothing-here"], 'code "nothing-here" is unknown; docs/problems.md lists them'],
    [[], "missing: code (code of a problem, as the list of problems ends with)"],
  ] as const
) {
  Deno.test(`explain ${args.join(" ") || "nothing"} is a usage error`, async () => {
    const { code, stdout, stderr } = await explain(...args);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, `error: ${says}\nTry: mfg_gen explain --help\n`);
  });
}

/**
 * The PowerShell that is handed out: examples, completions and what the pages
 * say to type, read by tree-sitter's grammar of PowerShell, where no PowerShell
 * is needed.
 *
 * The grammar lacks `-cin` and `-cnotin`, for which `-ccontains` and
 * `-cnotcontains` say the same. It takes some things that PowerShell does not, a
 * quote in a word among them: so the completions' strings are compared too.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { SHELLS } from "../../src/cli/completions.ts";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import { shellCommand } from "../../src/cli/shell_words.ts";
import { inTempFolder, projectPath, runProgram } from "../helpers.ts";
import { type Parsed, parsePowershell, whyNoParser } from "./powershell_parser.ts";

interface Script {
  /** The file that it is in, below the project, with `/`. */
  path: string;
  /** The script, where it is in its file: empty lines stand for what is before it. */
  text: string;
}

const EXAMPLES: readonly Script[] = namesIn("examples", ".ps1").map(scriptAt);

/** What the pages have in blocks for PowerShell. */
const BLOCKS: readonly Script[] = ["README.md", "SECURITY.md", ...namesIn("docs", ".md")]
  .map(scriptAt)
  .flatMap(({ path, text }) =>
    [...text.matchAll(/^ *```(?:powershell|pwsh|ps1)\b.*\n([\s\S]*?)^ *```$/gim)].map((found) => {
      const [fenced, block] = found;
      const start = found.index + fenced.indexOf("\n") + 1;
      return { path, text: text.slice(0, start).replace(/[^\n]+/g, "") + block };
    })
  );

function namesIn(folder: string, ending: string): string[] {
  return [...Deno.readDirSync(projectPath(folder))]
    .filter(({ name }) => name.endsWith(ending))
    .map(({ name }) => `${folder}/${name}`)
    .sort();
}

function scriptAt(path: string): Script {
  return { path, text: Deno.readTextFileSync(projectPath(path)) };
}

function completionsOf(shell: string): Promise<Script> {
  return inTempFolder(async (cwd) => {
    const { code, stdout } = await runProgram(["completions", shell], { cwd });
    assertEquals(code, 0);
    return { path: `completions ${shell}`, text: stdout };
  });
}

const unavailable = await whyNoParser();

/** A test that is ignored where the grammar cannot be had. */
function withGrammar(name: string, fn: () => Promise<void>) {
  const reason = unavailable === undefined ? "" : ` (${unavailable})`;
  Deno.test({ name: `PowerShell: ${name}${reason}`, ignore: unavailable !== undefined, fn });
}

function faultsIn({ path }: Pick<Script, "path">, { faults }: Parsed): string[] {
  return faults.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
}

async function assertPowershell(script: Script): Promise<Parsed> {
  const [parsed] = await parsePowershell([script.text]);
  assertEquals(faultsIn(script, parsed!), []);
  return parsed!;
}

Deno.test("PowerShell: examples and blocks are found", () => {
  const paths = [...EXAMPLES, ...BLOCKS].map(({ path }) => path);
  for (const path of ["examples/station.ps1", "docs/guide.md", "docs/windows.md"]) {
    assert(paths.includes(path), path);
  }
});

for (const script of EXAMPLES) {
  withGrammar(`${script.path} parses`, async () => {
    await assertPowershell(script);
  });
}

for (const script of BLOCKS) {
  const [before] = /^\n*/.exec(script.text)!;
  withGrammar(`${script.path}, the block at line ${before.length + 1}, parses`, async () => {
    await assertPowershell(script);
  });
}

withGrammar("the completions parse, and each name and each text is one string", async () => {
  const { strings } = await assertPowershell(await completionsOf("powershell"));
  const expected = [
    ...COMMANDS.flatMap(({ name, summary }) => [name, summary]),
    ...COMMANDS.flatMap(({ name }) => [
      name,
      ...flagsOf(name)
        .filter(({ hidden }) => !hidden)
        .flatMap((flag) => [`--${flag.name}`, flag.helpOf?.[name] ?? flag.help]),
    ]),
  ];
  assertEquals(strings.slice(0, expected.length), expected);
});

/** What is wrong, the script, and what is said of it. */
const BROKEN: readonly (readonly [string, string, string])[] = [
  ["an unclosed quote", "Get-Item 'out\n", `1:1: "Get-Item 'out" is not understood`],
  ["an unclosed double quote", 'Get-Item x\ncat "out\n', '2:1: "cat "out" is not understood'],
  [
    "a quote that is not doubled",
    "$x = 'devices' keys'\n",
    `1:1: "$x = 'devices' keys'" is not understood`,
  ],
  ["an unclosed brace", "if ($x) {\n  Get-Item x\n", '2:13: "}" is missing'],
  ["an unclosed table", "$x = @{\n  a = 1\n", '1:1: "$x = @{..." is not understood'],
  ["a stray brace", "Get-Item x\n}\n", '2:1: "}" is not understood'],
  ["an unclosed parenthesis", "$x = (1 + 2\n", '1:1: "$x = (1 + 2" is not understood'],
  ["a stray parenthesis", "$x = 1 + 2)\n", '1:11: ")" is not understood'],
  ["an unclosed comment", "<# and so\nGet-Item x\n", '1:1: "<# and so..." is not understood'],
  ["nothing behind a pipe", "Get-Item x |\n", '1:1: "Get-Item x |" is not understood'],
];

for (const [what, text, fault] of BROKEN) {
  withGrammar(`${what} is reported`, async () => {
    const [parsed] = await parsePowershell([text]);
    assertEquals(faultsIn({ path: "x.ps1" }, parsed!), [`x.ps1:${fault}`]);
  });
}

withGrammar("no brace can be taken out of a script unnoticed", async () => {
  for (const { path, text } of [...EXAMPLES, await completionsOf("powershell")]) {
    const braces = [...text.matchAll(/[{}]/g)]
      .map(({ index }) => ({ index, before: text.slice(0, index).split("\n") }))
      // A brace in quotes is one of a regular expression.
      .filter(({ before }) => before.at(-1)!.split("'").length % 2 === 1);
    assert(braces.length >= 40, `${path}: ${braces.length} braces`);
    const parsed = await parsePowershell(
      braces.map(({ index }) => text.slice(0, index) + text.slice(index + 1)),
    );
    const unnoticed = braces.filter((_, place) => parsed[place]!.faults.length === 0);
    assertEquals(unnoticed.map(({ before }) => `${path}:${before.length}`), []);
  }
});

withGrammar("the commands that messages quote parse, and strings say what was meant", async () => {
  // Not the typographic quotes, which the grammar does not know for quotes.
  const quoted = ["$HOME", "it's $5", "50%", "a`b"];
  const plain = [
    "mfg_gen",
    "generate",
    "a b",
    "a,b",
    "@out",
    "#1",
    "(a)",
    "{a}",
    "a;b",
    "a|b",
    "<",
  ];
  const text = `${shellCommand([...plain, ...quoted], true)}\n`;
  const { strings } = await assertPowershell({ path: "command", text });
  assertEquals(strings, quoted);
});

/** Windows PowerShell 5.1 reads a file without a BOM in the system's code page, and ’ is a quote. */
function assertAscii({ path, text }: Script): void {
  const foreign = text.split("\n").flatMap((line, index) =>
    [...line.matchAll(/[^\t\x20-\x7e]/gu)].map(({ 0: character, index: column }) =>
      `${path}:${index + 1}:${column + 1}: "${character}"`
    )
  );
  assertEquals(foreign, []);
}

for (const script of EXAMPLES) {
  Deno.test(`PowerShell: ${script.path} is ASCII`, () => assertAscii(script));
}

for (const shell of SHELLS) {
  Deno.test(`completions ${shell}: ASCII, whatever code page the console has`, async () => {
    assertAscii(await completionsOf(shell));
  });
}

/** README.md and docs/ against the program: links, options, exit statuses, JSON, command lines, examples. */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { dirname, join } from "@std/path";
import { findCommand, parseCommandLine } from "../src/cli/args.ts";
import { EXIT } from "../src/cli/exit_code.ts";
import { COMMANDS } from "../src/cli/command_table.ts";
import { type Flag, FLAGS } from "../src/cli/flags.ts";
import { ENCODING_EXAMPLES, parseEncoding } from "../src/input/encoding.ts";
import { filesIn, inTempFolder, projectPath, runProcess, writeFiles } from "./helpers.ts";

const ALL_FLAGS: readonly Flag[] = FLAGS;

interface Page {
  /** Path below the project, with `/`. */
  path: string;
  text: string;
}

/** All pages for users: those beside README.md, and docs/. */
const PAGES: readonly Page[] = ["", "docs/", "docs/zh_CN/"].flatMap((folder) =>
  [...Deno.readDirSync(projectPath(folder))]
    .filter(({ name, isFile }) => isFile && name.endsWith(".md"))
    .map(({ name }) => `${folder}${name}`)
    .sort()
    .map((path) => ({ path, text: Deno.readTextFileSync(projectPath(path)) }))
);

const README = pageOf("README.md").text;
const REFERENCE = pageOf("docs/reference.md").text;

function pageOf(path: string): Page {
  const page = PAGES.find((known) => known.path === path);
  assert(page !== undefined, `${path} is missing`);
  return page;
}

interface Block {
  language: string;
  /** What the comment `<!-- example: … -->` above it says. */
  example?: string;
  text: string;
}

/** The fenced blocks of a page. */
function blocksOf(text: string): Block[] {
  const found = text.matchAll(
    /(?:<!-- example: ([^\n]*) -->\n\n)?^ *```(\w*)\n([\s\S]*?)^ *```$/gm,
  );
  return [...found].map(([, example, language, text]) => ({
    language: language!,
    ...(example === undefined ? {} : { example }),
    text: text!,
  }));
}

const FENCED = /^ *```[\s\S]*?^ *```$/gm;

/** A page without its fenced blocks and without what stands in backticks. */
function proseOf(text: string): string {
  return text.replace(FENCED, "").replace(/`[^`\n]*`/g, "");
}

/** Columns of a line; a Chinese character takes two. */
function widthOf(line: string): number {
  return line.replace(/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/gu, "xx").length;
}

/** Where GitHub puts the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(FENCED, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, title]) =>
      title!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

Deno.test("the pages are found", () => {
  for (const path of ["README.md", "SPEC.md", "docs/guide.md", "docs/migrate.md"]) pageOf(path);
});

Deno.test("README.md can be read in one go: it has at most 250 lines", () => {
  assertLessOrEqual(README.trimEnd().split("\n").length, 250);
});

Deno.test("README.md: the picture has every folder of src/", () => {
  const folders = [...Deno.readDirSync(projectPath("src"))].filter(({ isDirectory }) =>
    isDirectory
  );
  assert(folders.length > 10);
  assertEquals(folders.filter(({ name }) => !new RegExp(`src/${name}\\b`).test(README)), []);
});

for (const { path, text } of PAGES) {
  Deno.test(`${path}: its tables fit 100 columns`, () => {
    const lines = text.split("\n").filter((line) => line.startsWith("|"));
    assertEquals(lines.filter((line) => widthOf(line) > 100), []);
  });

  Deno.test(`${path}: the files of the project that it names are there`, () => {
    const named = [
      ...text.replace(FENCED, "").matchAll(/`((?:src|tests|scripts|bench|examples)\/[\w./-]+)`/g),
    ]
      .map(([, file]) => file!);
    assertEquals(named.filter((file) => !exists(file)), []);
  });

  Deno.test(`${path}: every relative link leads somewhere`, () => {
    const dead: string[] = [];
    for (const [, target] of proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file = "", anchor] = target!.split("#");
      const linked = file === "" ? path : join(dirname(path), file).replaceAll("\\", "/");
      if (!exists(linked)) dead.push(target!);
      else if (anchor !== undefined && linked.endsWith(".md")) {
        const { text } = linked === path ? pageOf(path) : {
          text: Deno.readTextFileSync(projectPath(linked)),
        };
        if (!anchorsOf(text).has(anchor)) dead.push(target!);
      }
    }
    assertEquals(dead, []);
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(projectPath(path));
    return true;
  } catch {
    return false;
  }
}

Deno.test("docs/reference.md shows how every command is called", () => {
  const missing = COMMANDS.filter(({ name }) => !REFERENCE.includes(`\nmfg_gen ${name} `));
  assertEquals(missing.map(({ name }) => name), []);
});

Deno.test("docs/reference.md lists every option once, with its values and the commands that take it", () => {
  const listed = [...REFERENCE.matchAll(/^- `(--[^`]+)` \(([^)]+)\):/gm)]
    .map(([, usage, commands]) => [usage!, commandsIn(commands!.replace(/\s+/g, " "))] as const);
  assertEquals(listed.length, new Set(listed.map(([usage]) => usage)).size, "an option twice");
  const known = new Map<string, string[]>();
  for (const { name, values, commands } of ALL_FLAGS.filter(({ hidden }) => !hidden)) {
    const usage = `--${[name, ...values].join(" ")}`;
    const takers = [...known.get(usage) ?? [], ...commands];
    known.set(usage, COMMANDS.map(({ name }) => name).filter((each) => takers.includes(each)));
  }
  assertEquals(Object.fromEntries(listed), Object.fromEntries(known));
});

/** "generate, verify", "all" or "all but version" as names of commands. */
function commandsIn(cell: string): string[] {
  const names: string[] = COMMANDS.map(({ name }) => name);
  if (cell === "all") return names;
  const excepted = /^all but (.*)$/.exec(cell)?.[1]?.split(", ");
  if (excepted !== undefined) return names.filter((name) => !excepted.includes(name));
  const listed = cell.split(", ");
  assertEquals(listed.filter((name) => !names.includes(name)), [], cell);
  return names.filter((name) => listed.includes(name));
}

Deno.test("docs/reference.md lists every encoding", () => {
  const [table] = /^\| encoding [^]*?\n\n/m.exec(REFERENCE)!;
  const listed = [...table.matchAll(/^\| (`[^|]*)\|/gm)]
    .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
  assert(listed.length > 10);
  const example = (name: string) => name.replace("(n;0xNN)", "(16;0xFF)");
  assertEquals(listed.filter((name) => parseEncoding(example(name)) === undefined), []);
  assertEquals(ENCODING_EXAMPLES.filter((name) => !listed.map(example).includes(name)), []);
});

Deno.test("docs/reference.md lists every exit status", () => {
  const listed = [...REFERENCE.matchAll(/^\| (\d+) +\| /gm)].map(([, status]) => Number(status));
  assertEquals(listed, Object.values(EXIT));
});

/** The words of a command line in a shell, up to a pipe, a redirection or a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, bare, double, single] of line.matchAll(/([^\s"']+)|"([^"]*)"|'([^']*)'/g)) {
    const word = bare ?? double ?? single!;
    if (bare !== undefined && /^(\||#|;|&&|\d?>|\\$)/.test(bare)) break;
    words.push(word);
  }
  return words;
}

/** The command lines of the program in a page's blocks for shells, fenced or indented. */
function commandLinesOf({ text }: Page): string[] {
  const fenced = blocksOf(text)
    .filter(({ language }) => ["console", "sh", "powershell"].includes(language))
    .flatMap(({ text }) => text.replace(/ *[\\`]\n\s*/g, " ").split("\n"));
  const indented = text.replace(FENCED, "").split("\n").filter((line) => /^ {4}\S/.test(line));
  return [...fenced, ...indented]
    .map((line) => line.trim().replace(/^\$ /, ""))
    .filter((line) => line.startsWith("mfg_gen "));
}

Deno.test("every command line of README.md and docs/ is one that the program understands", () => {
  let count = 0;
  for (const page of PAGES.filter(({ path }) => path !== "SPEC.md")) {
    for (const line of commandLinesOf(page)) {
      count++;
      const [, name = "", ...args] = wordsOf(line);
      if (name === "--help" || name === "-V") continue;
      try {
        parseCommandLine(findCommand(name), args);
      } catch (error) {
        throw new Error(`${page.path}: ${line}`, { cause: error });
      }
    }
  }
  assert(count > 10, `${count} command lines`);
});

/** The block of README.md that is marked with a comment. */
function exampleOf(name: string): string {
  const blocks = blocksOf(README).filter(({ example }) => example === name);
  assertEquals(blocks.length, 1, `<!-- example: ${name} -->`);
  return blocks[0]!.text;
}

/** The command of a console block, and what it is said to print. */
function transcriptOf(name: string): { args: string[]; output: string } {
  const [command = "", ...output] = exampleOf(name).split("\n");
  assert(command.startsWith("$ mfg_gen "), command);
  return { args: wordsOf(command.slice("$ mfg_gen ".length)), output: output.join("\n") };
}

/** A report without what differs from run to run. */
function timeless(text: string): string {
  return text.replace(/in [\d.]+ s \(\d+ devices\/s\)/, "in … s").replaceAll("\\", "/");
}

Deno.test("README.md: the first batch runs, and prints what is shown and leaves the files", async () => {
  await inTempFolder(async (cwd) => {
    const inputs = {
      "conf.csv": exampleOf("conf.csv"),
      "values.csv": exampleOf("values.csv"),
    };
    writeFiles(cwd, inputs);
    for (const name of ["command", "verify", "inspect"]) {
      const { args, output } = transcriptOf(name);
      const outcome = await runProcess(args, { cwd });
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
      assertEquals(timeless(outcome.stdout), timeless(output));
    }
    const made = filesIn(cwd).filter((path) => !Object.hasOwn(inputs, path));
    assertEquals(made, [
      ...["out/bin/Dev-A7.bin", "out/bin/Dev-A8.bin", "out/csv/Dev-A7.csv", "out/csv/Dev-A8.csv"],
      ...["out/manifest-Dev.csv", "values_created.csv"],
    ]);
  });
});

Deno.test("README.md: the faults of the example are reported as shown", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": exampleOf("conf.csv"),
      "values.csv": exampleOf("values.csv with faults"),
    });
    const { args, output } = transcriptOf("problems");
    const outcome = await runProcess(args, { cwd });
    assertEquals(outcome, { code: EXIT.rejected, stdout: "", stderr: output });
    assertEquals(filesIn(cwd), ["conf.csv", "values.csv"]);
  });
});

Deno.test("docs/library.md: the example runs", async () => {
  const [example] = blocksOf(pageOf("docs/library.md").text).filter(({ language }) =>
    language === "ts"
  );
  assert(example !== undefined);
  await inTempFolder(async (cwd) => {
    const { href } = new URL("../mod.ts", import.meta.url);
    writeFiles(cwd, { "example.ts": example.text.replace("./mod.ts", href) });
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--cached-only", `--config=${projectPath("deno.json")}`, "--check"],
        ...["--allow-write=.", "example.ts"],
      ],
      cwd,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(Deno.statSync(join(cwd, "Dev-1.bin")).size, 0x3000);
  });
});

/** The arrows of the architecture, read from the sources: who may import whom, who touches the system. */

import { assert, assertEquals } from "@std/assert";
import { dirname, join, relative } from "@std/path";
import { projectPath } from "./helpers.ts";

const ROOT = projectPath(".");
const MAX_LINES = 400;

/** Folders of `src/` that each may import, besides itself. Code, not types, flows along them. */
const ARROWS: Record<string, readonly string[]> = {
  problems: [],
  nvs: [],
  flash: ["nvs"],
  crypto: ["nvs"],
  input: ["problems", "nvs"],
  files: ["ports", "problems"],
  keys: ["crypto"],
  lanes: ["ports"],
  plan: ["ports", "files", "problems", "input", "keys", "crypto", "nvs"],
  output: ["ports", "files", "problems", "plan", "input", "keys", "crypto", "lanes", "nvs"],
  verify: ["ports", "problems", "plan", "input", "keys", "crypto", "lanes", "nvs"],
  flash_plan: ["ports", "files", "problems", "plan", "keys", "crypto", "flash", "nvs"],
  report: ["problems", "verify", "input", "flash", "nvs"],
  library: [
    "ports",
    "files",
    "problems",
    "output",
    "report",
    "plan",
    "input",
    "keys",
    "crypto",
    "nvs",
    "host",
  ],
  cli: [
    "ports",
    "files",
    "problems",
    "output",
    "report",
    "verify",
    "plan",
    "input",
    "keys",
    "crypto",
    "lanes",
    "flash_plan",
    "flash",
    "nvs",
    "version.ts",
  ],
};

/** Rooms that look at files and write none. */
const READING_ROOMS = ["plan", "verify", "flash_plan", "report"];

interface Source {
  /** Path below the project, with `/`. */
  path: string;
  text: string;
  /** The text without its comments. */
  code: string;
}

function sourcesIn(folder: string): Source[] {
  const sources: Source[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) sources.push(...sourcesIn(path));
    else if (name.endsWith(".ts")) sources.push(sourceOf(path));
  }
  return sources;
}

function sourceOf(path: string): Source {
  const text = Deno.readTextFileSync(join(ROOT, path));
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return { path, text, code };
}

/** All modules that a source names. */
function importsOf({ path, code }: Source): { name: string; isType: boolean }[] {
  const found = code.matchAll(
    /(?:\b(import|export)( type)?\b[^;"']*?\bfrom|\bimport\(?|new URL\()\s*"([^"]+)"/g,
  );
  return [...found].map(([, , type, specifier]) => {
    const isOurs = specifier!.startsWith(".");
    const name = isOurs
      ? relative(ROOT, join(ROOT, dirname(path), specifier!)).replaceAll("\\", "/")
      : specifier!;
    return { name, isType: type !== undefined };
  });
}

const SOURCES = sourcesIn("src");

/** Modules of ours that each source names, types too. */
const GRAPH = new Map(SOURCES.map((source) => [
  source.path,
  importsOf(source).map(({ name }) => name).filter((name) => partOf(name) !== undefined),
]));

/** `src/nvs/page.ts` is of `nvs`; `src/version.ts` stands for itself. */
function partOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1];
}

Deno.test("the sources are found, and their imports", () => {
  assert(SOURCES.length > 30);
  for (const part of Object.keys(ARROWS)) {
    assert(SOURCES.some(({ path }) => path.startsWith(`src/${part}/`)), part);
  }
  const main = importsOf(sourceOf("main.ts")).map(({ name }) => name);
  assertEquals(main.sort(), ["src/cli/run.ts", "src/host/deno_host.ts"]);
  const thread = importsOf(sourceOf("src/host/deno_host.ts")).map(({ name }) => name);
  assert(thread.includes("src/host/thread.ts"), "a thread's script is an import too");
});

for (const [part, targets] of Object.entries(ARROWS)) {
  Deno.test(`src/${part} imports ${targets.join(", ") || "nothing else of ours"}`, () => {
    const violations = SOURCES.filter(({ path }) => partOf(path) === part).flatMap((source) =>
      importsOf(source)
        .map(({ name }) => name)
        .filter((name) => partOf(name) !== undefined && partOf(name) !== part)
        .filter((name) => !targets.includes(partOf(name)!))
        .map((name) => `${source.path} → ${name}`)
    );
    assertEquals(violations, []);
  });
}

Deno.test("nothing imports itself, not even over others, not even for a type", () => {
  const isDone = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
      return;
    }
    if (isDone.has(path)) return;
    for (const name of GRAPH.get(path) ?? []) walk(name, [...way, path]);
    isDone.add(path);
  };
  for (const path of GRAPH.keys()) walk(path, []);
  assertEquals(circles, []);
});

Deno.test("every module of ours that is named is there", () => {
  const named = [...GRAPH.values()].flat();
  assert(named.length > GRAPH.size);
  assertEquals(named.filter((name) => !GRAPH.has(name)), []);
});

for (const part of READING_ROOMS) {
  Deno.test(`src/${part} writes nothing: it knows how files are read, and no method that writes`, () => {
    const port = /export interface FileSystem extends FileReader \{([\s\S]*?)\n\}/.exec(
      sourceOf("src/ports/file_system.ts").code,
    )![1]!;
    const methods = [...port.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name!);
    assert(methods.includes("createNew") && methods.length >= 8, methods.join(" "));
    const isForbidden = RegExp(`\\bFileSystem\\b|\\.(${methods.join("|")})\\(`);
    const violations = SOURCES.filter(({ path }) => partOf(path) === part).flatMap((source) => {
      const calls = source.code.split("\n").filter((line) => isForbidden.test(line));
      return calls.map((line) => `${source.path}: ${line.trim()}`);
    });
    assertEquals(violations, []);
  });
}

Deno.test("src/plan, src/verify and src/report name no file that writes", () => {
  const writers = SOURCES
    .filter(({ code }) => /\bFileSystem\b/.test(code))
    .map(({ path }) => path)
    .filter((path) => path !== "src/ports/file_system.ts");
  assert(writers.includes("src/files/disk.ts"), writers.join(" "));
  const violations = [...GRAPH].flatMap(([path, names]) =>
    READING_ROOMS.includes(partOf(path)!)
      ? names.filter((name) => writers.includes(name)).map((name) => `${path} → ${name}`)
      : []
  );
  // A thread comes from the host's port, which names the whole machine.
  assertEquals(violations.filter((arrow) => !arrow.endsWith("src/ports/host.ts")), []);
});

Deno.test("src/ports names types of others, and no code", () => {
  const violations = SOURCES.filter(({ path }) => partOf(path) === "ports").flatMap((source) =>
    importsOf(source)
      .filter(({ name, isType }) => partOf(name) !== "ports" && !isType)
      .map(({ name }) => `${source.path} → ${name}`)
  );
  assertEquals(violations, []);
});

Deno.test("src/crypto/xts.ts knows nothing of NVS", () => {
  const names = importsOf(sourceOf("src/crypto/xts.ts")).map(({ name }) => name);
  assertEquals(names, ["node:crypto"]);
});

Deno.test("only main.ts imports the host, besides the host itself; the library takes its files", () => {
  const users = SOURCES
    .filter(({ path }) => partOf(path) !== "host")
    .flatMap((source) =>
      importsOf(source)
        .filter(({ name }) => partOf(name) === "host")
        .map(({ name }) => `${source.path} → ${name}`)
    );
  assertEquals(users, ["src/library/batch.ts → src/host/deno_files.ts"]);
});

Deno.test("Deno.* is in main.ts and src/host alone", () => {
  const users = [...SOURCES, sourceOf("mod.ts")]
    .filter(({ code }) => /\bDeno\s*[.[]/.test(code))
    .map(({ path }) => path)
    .filter((path) => partOf(path) !== "host");
  assertEquals(users, []);
});

Deno.test("nobody ends the process: main.ts sets the exit status, but for a wait that nobody ends", () => {
  const all = [...SOURCES, sourceOf("main.ts"), sourceOf("mod.ts")];
  const ends = all.flatMap(({ path, code }) =>
    [...code.matchAll(/^.*\b(?:Deno|process)\.exit\(.*$/gm)].map(([line]) => [path, line.trim()])
  );
  assertEquals(ends, [
    ["src/host/deno_host.ts", "const timer = setTimeout(() => Deno.exit(), milliseconds);"],
  ]);
});

Deno.test("src/nvs, src/flash and src/input have no clock, no randomness and no environment", () => {
  const impure =
    /\bDate\b|performance\.|Math\.random|getRandomValues|randomBytes|process\.|fetch\(/;
  const violations = SOURCES
    .filter(({ path }) => ["nvs", "flash", "input"].includes(partOf(path)!))
    .filter(({ code }) => impure.test(code))
    .map(({ path }) => path);
  assertEquals(violations, []);
});

Deno.test("packages: Deno's standard library by bare names, and node: for AES, hashes, CRC and V8", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const used = [...SOURCES, sourceOf("main.ts"), sourceOf("mod.ts")]
    .flatMap(importsOf)
    .map(({ name }) => name)
    .filter((name) => partOf(name) === undefined && name !== "deno.json");
  const known = [
    ...Object.keys(imports),
    "node:crypto",
    "node:zlib",
    "node:v8",
    "node:vm",
  ];
  assertEquals([...new Set(used)].filter((name) => !known.includes(name)), []);
  for (const name of Object.keys(imports)) assert(name.startsWith("@std/"), name);
});

Deno.test(`no source is longer than ${MAX_LINES} lines`, () => {
  const tooLong = SOURCES
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assertEquals(tooLong, []);
});

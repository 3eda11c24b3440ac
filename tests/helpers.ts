/**
 * Runs the real program in a child process, in folders of its own.
 *
 * With `MFG_GEN` set it is that executable; otherwise it runs under the Deno
 * that runs the tests, with the permissions that the README promises and no
 * other.
 *
 * @module
 */

import { hash } from "node:crypto";
import { dirname, join, resolve } from "@std/path";
import { StandingProgram } from "./standing_program.ts";

const ROOT = new URL("..", import.meta.url);

/** Whether the tests run on Windows. */
export const isWindows: boolean = Deno.build.os === "windows";

/** The absolute path of a file of the project. */
export function projectPath(path: string): string {
  const { pathname } = new URL(path, ROOT);
  return decodeURIComponent(isWindows ? pathname.slice(1) : pathname);
}

/** Exit statuses as the README publishes them. */
export const DONE = 0, USAGE = 2, REJECTED = 3, IO = 4, DIFFERENCE = 5, INTERRUPTED = 130;

/** What a run of the program left behind, apart from files. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a run of the program is started. */
export interface RunOptions {
  /** The folder that it runs in. */
  cwd: string;
  /** Flags for Deno beyond `--allow-read --allow-write`; a compiled executable gets none. */
  denoFlags?: readonly string[];
}

const PERMISSIONS = ["--allow-read", "--allow-write"];
/** Among `denoFlags`, in place of those. */
export const ALL_PERMISSIONS = "--allow-all";
const executable = Deno.env.get("MFG_GEN");

/** Whether the runs are of a compiled executable. */
export const isCompiled = executable !== undefined && executable !== "";

/** The program and its first arguments, ready for `Deno.Command`. */
export function programCommand(denoFlags: readonly string[] = []): string[] {
  return isCompiled ? [resolve(executable!)] : denoCommand("main.ts", denoFlags);
}

/** Deno with a script of the project and the program's permissions, ready for `Deno.Command`. */
export function denoCommand(script: string, denoFlags: readonly string[] = []): string[] {
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    `--config=${projectPath("deno.json")}`,
    ...denoFlags.includes(ALL_PERMISSIONS) ? [] : PERMISSIONS,
    ...denoFlags,
    projectPath(script),
  ];
}

/** What becomes of what a process prints, if not a pipe. */
type Streams = Pick<Deno.CommandOptions, "stdout" | "stderr">;

/** Starts the program as a process of its own. */
export function startProcess(
  args: readonly string[],
  { cwd, denoFlags, ...streams }: RunOptions & Streams,
): Deno.ChildProcess {
  const [command, ...first] = programCommand(denoFlags);
  const all = [...first, ...args];
  const piped = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(command!, { args: all, cwd, ...piped, ...streams }).spawn();
}

/** Waits for the end of a process whose output is piped. */
export async function outcomeOf(process: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Runs the program to its end as a process of its own. */
export function runProcess(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return outcomeOf(startProcess(args, options));
}

const standing = new StandingProgram(denoCommand("tests/serve_program.ts"));

/**
 * Runs the program to its end: an executable, or with flags for Deno, as a
 * process of its own, else in one that stays, where a run takes milliseconds.
 * There is one run at a time.
 */
export function runProgram(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return isCompiled || options.denoFlags !== undefined
    ? runProcess(args, options)
    : standing.run({ args, cwd: options.cwd });
}

/** What the program printed, with `/` in paths where Windows has `\\`. */
export function withSlashes(text: string): string {
  return isWindows ? text.replaceAll("\\", "/") : text;
}

/** Input files by their path: text is written as UTF-8; a path ending in `/` is an empty folder. */
export type Files = Record<string, string | Uint8Array>;

/** Writes files below a folder, with the folders that they need. */
export function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const fullPath = join(folder, path);
    if (path.endsWith("/")) {
      Deno.mkdirSync(fullPath, { recursive: true });
      continue;
    }
    Deno.mkdirSync(dirname(fullPath), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(fullPath, content);
    else Deno.writeFileSync(fullPath, content);
  }
}

/** Calls `use` with a new folder, and removes it afterwards. */
export async function inTempFolder<T>(use: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "mfg_gen_test_" }));
  try {
    return await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Whether files have modes here, which say who may read them. */
export const HAS_MODES = !isWindows;

/** Whether symbolic links can be made here: Windows gives few the right, Wine makes none. */
export const CAN_LINK: boolean = canLink();

function canLink(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "mfg_gen_test_" });
  try {
    Deno.symlinkSync("nothing", join(folder, "link"), { type: "file" });
    return Deno.lstatSync(join(folder, "link")).isSymlink;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Whether a program can be started. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return true;
  } catch {
    return false;
  }
}

/** Everything below a folder, sorted, with `/`: SHA-256 of a file, "folder", or where a link leads. */
export function treeOf(folder: string): Record<string, string> {
  const tree: [string, string][] = [];
  const walk = (path: string) => {
    for (const entry of Deno.readDirSync(join(folder, path))) {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      const fullPath = join(folder, child);
      if (entry.isDirectory) {
        tree.push([`${child}/`, "folder"]);
        walk(child);
      } else if (entry.isSymlink) tree.push([child, Deno.readLinkSync(fullPath)]);
      else tree.push([child, hash("sha256", Deno.readFileSync(fullPath), "hex")]);
    }
  };
  walk("");
  return Object.fromEntries(tree.sort(([a], [b]) => a < b ? -1 : 1));
}

/** The files in a tree, without folders. */
export function filesIn(folder: string): string[] {
  return Object.keys(treeOf(folder)).filter((path) => !path.endsWith("/"));
}

/** Calls `run` for each item, at most `width` at a time; results in the order of the items. */
export async function pool<T, R>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await run(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** Children that run at the same time, in files that start many. */
export const POOL_WIDTH = 2;

/** A PRNG (mulberry32) for tests that need many cases and the same ones every time. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes of such a PRNG; they look like ciphertext. */
export function drawnBytes(random: () => number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: sizeBytes }, () => Math.floor(random() * 0x100));
}

/** `assertEquals` takes long over two images, and says too much. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

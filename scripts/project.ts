/**
 * The project's files, as the archives take them.
 *
 * Archives are made of what is named here and of nothing else: a folder that
 * somebody works in also holds images, keys and other things of theirs.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import config from "../deno.json" with { type: "json" };
import type { ZipEntry } from "./zip.ts";

export const ROOT: string = dirname(import.meta.dirname!);
export const VERSION: string = config.version;
export const DIST: string = join(ROOT, "dist");

/** What a user of the executable or of the source reads and tries out. */
const FOR_USERS = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "README_CN.md",
  "SECURITY.md",
  "SPEC.md",
  "docs",
  "examples",
  "samples",
];

/** What the samples refer to. */
const isForSamples = (path: string) => /^testdata\/sample[^/]*$/.test(path);

/** Everything beyond that in the source, but for `deno.json`: that is rewritten. */
const SOURCE = [
  ".gitattributes",
  ".gitignore",
  "bench",
  "main.ts",
  "mod.ts",
  "scripts",
  "src",
  "testdata",
  "tests",
];

const EXECUTABLE_TEXT = /\.sh$/;
/** Made by running a sample. */
const BY_PRODUCT = /^samples\/.*_created\.csv$/;

/** The files that go into an executable's archive, beside the executable. */
export function filesForUsers(): ZipEntry[] {
  return [...entriesOf(FOR_USERS), ...entriesOf(["testdata"], isForSamples)];
}

/** The files of the source archive, but for those that it needs from elsewhere. */
export function sourceFiles(): ZipEntry[] {
  return [...entriesOf(FOR_USERS), ...entriesOf(SOURCE)];
}

function entriesOf(names: readonly string[], isWanted = (_path: string) => true): ZipEntry[] {
  return names.flatMap(pathsBelow)
    .filter((path) => !BY_PRODUCT.test(path) && isWanted(path))
    .map((path) => ({
      path,
      data: Deno.readFileSync(join(ROOT, path)),
      isExecutable: EXECUTABLE_TEXT.test(path),
    }));
}

/** The files below a folder of the project, or the file itself, with `/`. */
function pathsBelow(path: string): string[] {
  if (Deno.statSync(join(ROOT, path)).isFile) return [path];
  return [...Deno.readDirSync(join(ROOT, path))].flatMap(({ name }) =>
    pathsBelow(`${path}/${name}`)
  );
}

/** Puts entries below a folder, so that an archive does not spill into where it is unpacked. */
export function inFolder(folder: string, entries: readonly ZipEntry[]): ZipEntry[] {
  return entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}

/** Runs a program to its end and returns its standard output. */
export async function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with status ${code}`);
  return new TextDecoder().decode(stdout);
}

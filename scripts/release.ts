/**
 * Makes the archives of a release, and their sums.
 *
 *     deno task release [TARGET…]
 *
 * Without a TARGET these are the executables of all systems and the source; a
 * TARGET is a target triple of `deno compile`, or `source`. What is left in
 * `dist/release/` is what this run made:
 *
 *     mfg_gen-1.0.0-linux-x86_64.zip     executable, documents, samples
 *     mfg_gen-1.0.0-source.zip           see airgap.ts
 *     SHA256SUMS                         as `sha256sum` writes and checks them
 *
 * @module
 */

import { hash } from "node:crypto";
import { join } from "@std/path";
import { SOURCE_ARCHIVE, sourceArchive } from "./airgap.ts";
import { type Bundle, bundle, compile, type Compiler, compilerFromEnvironment } from "./compile.ts";
import { executableKind } from "./executable_kind.ts";
import { DIST, filesForUsers, inFolder } from "./project.ts";
import { archiveName, TARGETS } from "./targets.ts";
import { zip } from "./zip.ts";

const SOURCE = "source";

/** What to make by the arguments; nothing named is everything. */
export function chosenTargets(args: readonly string[]): string[] {
  const all = [...Object.keys(TARGETS), SOURCE];
  for (const arg of args) {
    if (!all.includes(arg)) {
      throw new RangeError(`Cannot release "${arg}": there are ${all.join(", ")}`);
    }
  }
  return args.length === 0 ? all : all.filter((target) => args.includes(target));
}

/** The lines of `sha256sum` for files by their names. */
export function sha256Sums(files: Readonly<Record<string, Uint8Array>>): string {
  return Object.entries(files)
    .toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([name, data]) => `${hash("sha256", data, "hex")}  ${name}\n`)
    .join("");
}

/** Where a release is made, and by what. */
export interface ReleaseOptions {
  /** The folder that gets `bundle/`, `build/` and `release/`. */
  dist: string;
  compiler: Compiler;
}

/**
 * Makes the archives and `SHA256SUMS` in `release/`, in place of what is there.
 *
 * @throws {Error} If a target cannot be compiled, naming it; there are no sums then.
 */
export async function release(targets: readonly string[], options: ReleaseOptions): Promise<void> {
  const folder = join(options.dist, "release");
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(folder, { recursive: true });
  const files = await bundle(join(options.dist, "bundle"));
  const archives: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const target of targets) {
    const isSource = target === SOURCE;
    const name = `${isSource ? SOURCE_ARCHIVE : archiveName(TARGETS[target]!)}.zip`;
    const archive = isSource
      ? await sourceArchive()
      : await executableArchive(target, files, options);
    await Deno.writeFile(join(folder, name), archive);
    archives[name] = archive;
    console.log(`${join(folder, name)}: ${archive.length} bytes`);
  }
  // Last: sums stand for a release that is whole.
  await Deno.writeTextFile(join(folder, "SHA256SUMS"), sha256Sums(archives));
}

async function executableArchive(
  triple: string,
  files: Bundle,
  { dist, compiler }: ReleaseOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = TARGETS[triple]!;
  const executable = target.os === "windows" ? "mfg_gen.exe" : "mfg_gen";
  const output = join(dist, "build", triple, executable);
  await compile(files, output, triple, compiler);
  const data = await Deno.readFile(output);
  // DENORT_BIN, for one, makes `deno compile` take any runtime for any target.
  const made = executableKind(data);
  if (made?.os !== target.os || made.arch !== target.arch) {
    const what = made === undefined ? "no program of a known kind" : `for ${made.os} ${made.arch}`;
    throw new Error(`Cannot compile for ${triple}: the result is ${what}`);
  }
  return zip(inFolder(archiveName(target), [
    { path: executable, data, isExecutable: true },
    ...filesForUsers(),
  ]));
}

if (import.meta.main) {
  try {
    await release(chosenTargets(Deno.args), { dist: DIST, compiler: compilerFromEnvironment() });
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}

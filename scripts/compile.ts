/**
 * Makes the executable.
 *
 *     deno task compile [OUTPUT]
 *
 * The program is bundled first: one file starts faster than two hundred, and
 * the runtime keeps V8's compiled code between runs only when no npm package is
 * embedded. What is compiled by default is `dist/mfg_gen`, for this system.
 *
 * `COMPILE_DENO` names another Deno to compile with. The runtime that is put
 * into the executable is that of the Deno which compiles.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { iconFile } from "./icon.ts";
import { DIST, run } from "./project.ts";

/**
 * All that an executable may ever do; it asks for nothing more. Deno opens
 * network shares on Windows with all permissions only, and factories keep their
 * batches on shares. What the program makes of its permissions is shown by
 * `tests/shipping/rights_test.ts`.
 */
export function permissionsFor(target: string): string[] {
  return isForWindows(target)
    ? ["--no-prompt", "--allow-all"]
    : ["--no-prompt", "--allow-read", "--allow-write"];
}

function isForWindows(target: string): boolean {
  return target.includes("-windows-");
}

const FILE_TIME = new Date("1980-01-01T00:00:00Z");

/** The bundled program. */
export interface Bundle {
  main: string;
  /** Loaded by `src/host/deno_host.ts` as `./thread.ts`, so it has to stand beside `main`. */
  worker: string;
}

/** Bundles the program and its worker into a folder. */
export async function bundle(folder: string): Promise<Bundle> {
  const files = { main: join(folder, "main.js"), worker: join(folder, "thread.ts") };
  // Not minified: a bug report then shows names that occur in the source.
  for (
    const [source, output] of [["main.ts", files.main], ["src/host/thread.ts", files.worker]]
  ) {
    await run(Deno.execPath(), ["bundle", "--quiet", "--output", output!, source!]);
    // The time goes into the executable, which else would differ from build to build.
    await Deno.utime(output!, FILE_TIME, FILE_TIME);
  }
  return files;
}

/**
 * Compiles a bundle.
 *
 * @param target A target triple of `deno compile`.
 * @throws {Error} If that is not possible, naming the target.
 */
export async function compile(
  { main, worker }: Bundle,
  output: string,
  target: string = Deno.build.target,
  compiler: Compiler = compilerFromEnvironment(),
): Promise<void> {
  const icon = join(dirname(main), "icon.ico");
  if (isForWindows(target)) await Deno.writeFile(icon, iconFile());
  const args = [
    "compile",
    "--quiet",
    ...permissionsFor(target),
    // The bundle is plain JavaScript that needs no settings of the project and no package.
    "--no-config",
    "--no-check",
    `--include=${worker}`,
    ...isForWindows(target) ? [`--icon=${icon}`] : [],
    `--target=${target}`,
    `--output=${output}`,
    main,
  ];
  try {
    const { deno, runtime } = compiler;
    await run(deno, args, runtime === undefined ? {} : { DENORT_BIN: runtime });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot compile for ${target}: ${reason}`, { cause: error });
  }
}

/** What compiles. */
export interface Compiler {
  /** Path of a Deno. */
  deno: string;
  /** Path of the runtime to put into the executable; its own if absent. */
  runtime?: string;
}

/** What compiles, by `COMPILE_DENO`. */
export function compilerFromEnvironment(): Compiler {
  return { deno: Deno.env.get("COMPILE_DENO") || Deno.execPath() };
}

if (import.meta.main) {
  await compile(await bundle(join(DIST, "bundle")), Deno.args[0] ?? join(DIST, "mfg_gen"));
}

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

import { join } from "@std/path";
import { DIST, run } from "./project.ts";

/**
 * All that an executable may ever do; it asks for nothing more. Deno opens
 * network shares on Windows with all permissions only, and factories keep their
 * batches on shares. What the program makes of its permissions is shown by
 * `tests/shipping/rights_test.ts`.
 */
export function permissionsFor(target: string): string[] {
  return target.includes("-windows-")
    ? ["--no-prompt", "--allow-all"]
    : ["--no-prompt", "--allow-read", "--allow-write"];
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
  compiler: string = compilerFromEnvironment(),
): Promise<void> {
  const args = [
    "compile",
    "--quiet",
    ...permissionsFor(target),
    // The bundle is plain JavaScript that needs no settings of the project and no package.
    "--no-config",
    "--no-check",
    `--include=${worker}`,
    `--target=${target}`,
    `--output=${output}`,
    main,
  ];
  try {
    await run(compiler, args);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot compile for ${target}: ${reason}`, { cause: error });
  }
}

/** The Deno to compile with. */
export function compilerFromEnvironment(): string {
  return Deno.env.get("COMPILE_DENO") || Deno.execPath();
}

if (import.meta.main) {
  await compile(await bundle(join(DIST, "bundle")), Deno.args[0] ?? join(DIST, "mfg_gen"));
}

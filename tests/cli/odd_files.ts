/**
 * What may stand where a regular file or folder is expected, and runs of the
 * program that end whatever they meet.
 *
 * @module
 */

import { assert } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { type Outcome, outcomeOf, programCommand } from "../helpers.ts";
import { system } from "../mounts.ts";

/** Links, pipes, devices and a limit of memory as Linux has them. */
export const hasOddFiles = Deno.build.os === "linux";

/** So long that only a run that hangs takes longer, however busy the machine is. */
const MAX_SECONDS = 120;
/** Memory that a run may write to, in KiB as `ulimit` takes it: less than {@linkcode HUGE_BYTES}. */
const MAX_MEMORY_KIB = 2 * 1024 * 1024;
/** Bytes of a file that takes no room on the disk. */
export const HUGE_BYTES = 3 * 1024 ** 3;

/** Runs the program with little memory, and ends it when it takes too long; then it has no outcome. */
export async function boundedRun(
  args: readonly string[],
  cwd: string,
): Promise<Outcome | undefined> {
  const limit = `ulimit -d ${MAX_MEMORY_KIB}; exec "$@"`;
  const child = new Deno.Command("sh", {
    args: ["-c", limit, "sh", ...programCommand(), ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, MAX_SECONDS * 1000);
  const outcome = await outcomeOf(child);
  clearTimeout(timer);
  return isLate ? undefined : outcome;
}

/** Asserts that a run ended in time. */
export function assertEnded(outcome: Outcome | undefined): asserts outcome is Outcome {
  assert(outcome !== undefined, `it does not end in ${MAX_SECONDS} s`);
}

/** Makes a pipe that nobody writes to. */
export async function makePipe(path: string): Promise<void> {
  await system("mkfifo", path);
}

/** Makes a file of {@linkcode HUGE_BYTES}: a good one, then zeros. */
export function makeHuge(path: string, goodFile: string): void {
  Deno.copyFileSync(goodFile, path);
  Deno.truncateSync(path, HUGE_BYTES);
}

/**
 * Everything below a folder without following or opening what is odd: kind,
 * target of a link, size, time and SHA-256 of a file.
 */
export function looksOf(folder: string): Record<string, string> {
  const looks: Record<string, string> = {};
  for (const { name } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    const info = Deno.lstatSync(path);
    if (info.isSymlink) looks[name] = `link to ${Deno.readLinkSync(path)}`;
    else if (info.isDirectory) {
      looks[name] = "folder";
      for (const [below, look] of Object.entries(looksOf(path))) looks[`${name}/${below}`] = look;
    } else if (info.isFile) {
      looks[name] = `file of ${info.size} bytes, ${info.nlink} names, ${info.mtime!.getTime()}`;
      if (info.size < HUGE_BYTES) looks[name] += hash("sha256", Deno.readFileSync(path), "hex");
    } else looks[name] = "neither file nor folder";
  }
  return looks;
}

/**
 * Stand-ins for programs that the examples call: each writes its arguments to
 * `calls.txt`, a line a call.
 *
 * @module
 */

import { join } from "@std/path";
import { isWindows, type Outcome, programCommand, projectPath } from "../helpers.ts";

/** Why the shell examples cannot run, or `undefined` if they can. */
export function whyNoShell(): string | undefined {
  return isWindows ? "no POSIX shell on Windows" : undefined;
}

/** A shell word that means exactly this text. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Writes an executable shell script. */
export function writeScript(path: string, script: string): void {
  Deno.writeTextFileSync(path, `#!/bin/sh\n${script}\n`);
  Deno.chmodSync(path, 0o755);
}

/** Puts a program called `mfg_gen` into a folder. */
export function writeMfgGen(folder: string): void {
  writeScript(join(folder, "mfg_gen"), `exec ${programCommand().map(shellWord).join(" ")} "$@"`);
}

/** A program that says what a real one would, and fails while a file `<name>.fails` is there. */
export function writeTool(folder: string, name: string, says = ""): void {
  writeScript(
    join(folder, name),
    `echo ${shellWord(name)} "$@" >>calls.txt
[ ! -e ${shellWord(join(folder, `${name}.fails`))} ] || exit 2
${says}`,
  );
}

/** Runs an example from its folder, with `tools` in front of the PATH. */
export async function runExample(
  name: string,
  args: readonly string[],
  options: { cwd: string; tools: string; env?: Record<string, string>; stdin?: string },
): Promise<Outcome> {
  const process = new Deno.Command(projectPath(`examples/${name}`), {
    args: [...args],
    cwd: options.cwd,
    env: { ...options.env, PATH: `${options.tools}:${Deno.env.get("PATH")}` },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(options.stdin ?? ""));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

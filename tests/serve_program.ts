/**
 * The program as a process that stays: for each line on standard input, the
 * arguments and the folder of a run as JSON, it calls what `main.ts` calls and
 * answers with a line, the outcome. See `standing_program.ts`.
 *
 * @module
 */

import { runCli } from "../src/cli/run.ts";
import { denoHost } from "../src/host/deno_host.ts";
import type { Host } from "../src/ports/host.ts";
import type { Outcome } from "./helpers.ts";

/** A run that is asked for. */
export interface Order {
  args: readonly string[];
  /** The folder that it runs in. */
  cwd: string;
}

const home = Deno.cwd();

async function run({ args, cwd }: Order): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const host: Host = {
    ...denoHost(),
    print: (text) => void (stdout += text),
    printError: (text) => void (stderr += text),
    errorColumns: () => undefined,
    inputIsTerminal: () => false,
    outputIsTerminal: () => false,
    outputHasColor: () => false,
  };
  Deno.chdir(cwd);
  try {
    const code = await runCli(args, host);
    return { code, stdout: asPiped(stdout), stderr: asPiped(stderr) };
  } finally {
    Deno.chdir(home); // Windows removes no folder that a process is in
  }
}

/** A text as it comes out of a pipe: lone surrogates and a byte order mark do not. */
function asPiped(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}

async function serve(): Promise<void> {
  let pending = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (pending + text).split("\n");
    pending = lines.pop()!;
    for (const line of lines) {
      const outcome = await run(JSON.parse(line));
      const bytes = new TextEncoder().encode(`${JSON.stringify(outcome)}\n`);
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  }
}

if (import.meta.main) await serve();

import { DenoFiles } from "./deno_files.ts";
import type { Host } from "./host.ts";

/** The machine that the program runs on. */
export function denoHost(): Host {
  return {
    files: new DenoFiles(),
    print: (text) => writeAll(Deno.stdout, text),
    printError: (text) => writeAll(Deno.stderr, text),
    errorColumns,
    now: () => performance.now(),
    localTime: () => new Date(),
    randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
    pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}

const utf8 = new TextEncoder();

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = utf8.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function errorColumns(): number | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80; // a terminal that does not tell its size
  }
}

import { DenoFiles, ioError } from "./deno_files.ts";
import { runLanes } from "./lanes.ts";
import { collectGarbage, GarbagePacer } from "./memory.ts";
import type { Host } from "../ports/host.ts";

/** The machine that the program runs on. */
export function denoHost(): Host {
  const files = new DenoFiles();
  const garbage = new GarbagePacer();
  return {
    files,
    print: (text) => writeAll(Deno.stdout, "standard output", text),
    printError: (text) => writeAll(Deno.stderr, "standard error", text),
    errorColumns,
    outputIsTerminal: () => Deno.stdout.isTerminal(),
    outputHasColor: () => Deno.stdout.isTerminal() && !Deno.noColor,
    now: () => performance.now(),
    localTime: () => new Date(),
    randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    paceGarbage: () => garbage.step(),
    collectGarbage,
    cores: navigator.hardwareConcurrency,
    runLanes: (jobs, counts, control) => runLanes(files, jobs, counts, control),
    interruption,
  };
}

const utf8 = new TextEncoder();

function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  name: string,
  text: string,
): void {
  const bytes = utf8.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw ioError("write", name, error);
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

function interruption(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  // Windows has no SIGTERM; Ctrl-Break is its second way to ask.
  const signals: Deno.Signal[] = ["SIGINT", Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM"];
  const abort = () => controller.abort();
  for (const signal of signals) Deno.addSignalListener(signal, abort);
  return {
    signal: controller.signal,
    dispose: () => signals.forEach((signal) => Deno.removeSignalListener(signal, abort)),
  };
}

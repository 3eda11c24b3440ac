import { DenoFiles } from "./deno_files.ts";
import { ioError } from "./io_error.ts";
import { pause, randomBytes } from "./system.ts";
import type { Host, Thread } from "../ports/host.ts";

/** The machine that the program runs on. */
export function denoHost(): Host {
  return {
    files: new DenoFiles(),
    print: (text) => writeAll(Deno.stdout, "standard output", text),
    printError: (text) => writeAll(Deno.stderr, "standard error", text),
    errorColumns,
    inputIsTerminal: () => Deno.stdin.isTerminal(),
    outputIsTerminal: () => Deno.stdout.isTerminal(),
    outputHasColor: () => Deno.stdout.isTerminal() && !Deno.noColor,
    now: () => performance.now(),
    localTime: () => new Date(),
    randomBytes,
    wait: (milliseconds) =>
      milliseconds === 0 ? pause() : new Promise((resolve) => setTimeout(resolve, milliseconds)),
    cores: navigator.hardwareConcurrency,
    startThread,
    lingerForEnter,
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

function lingerForEnter(milliseconds: number): void {
  // A read that nobody answers cannot be taken back; only the end of the program ends it.
  const timer = setTimeout(() => Deno.exit(), milliseconds);
  Deno.stdin.read(new Uint8Array(1)).catch(() => {}).finally(() => clearTimeout(timer));
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

const THREAD_SCRIPT = new URL("./thread.ts", import.meta.url);

function startThread(): Thread {
  // Loading it takes the permission to read it; without, Deno would print an error of its own.
  const isAllowed = Deno.permissions.querySync({ name: "read", path: THREAD_SCRIPT }).state ===
    "granted";
  return isAllowed ? startWorker() : failedThread("its script may not be read");
}

function failedThread(reason: string): Thread {
  const thread: Thread = {
    post: () => {},
    onMessage: () => {},
    onFailure: () => {},
    end: () => {},
  };
  queueMicrotask(() => thread.onFailure(reason));
  return thread;
}

function startWorker(): Thread {
  const worker = new Worker(THREAD_SCRIPT, { type: "module" });
  const thread: Thread = {
    post: (message) => worker.postMessage(message),
    onMessage: () => {},
    onFailure: () => {},
    end: () => worker.terminate(),
  };
  worker.onmessage = ({ data }) => thread.onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    thread.onFailure(event.message);
  };
  return thread;
}

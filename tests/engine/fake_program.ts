/**
 * Runs the program's own `runCli` in this process, on a disk in memory.
 *
 * @module
 */

import { runCli } from "../../src/cli/run.ts";
import type { Host, Thread } from "../../src/ports/host.ts";
import type { FakeDisk } from "./fake_disk.ts";
import { FakeFiles, type FakeOptions, Killed } from "./fake_files.ts";

/** How a run went. */
export interface FakeRun {
  /** Exit status; `undefined` if the process was killed. */
  code: number | undefined;
  stdout: string;
  stderr: string;
  files: FakeFiles;
}

/** Every run gets other random bytes. */
let randomState = 1;

/** Runs a command line to its end, or until it is killed. */
export async function runFake(
  disk: FakeDisk,
  args: readonly string[],
  options: FakeOptions = {},
): Promise<FakeRun> {
  const files = new FakeFiles(disk, options);
  const run: FakeRun = { code: undefined, stdout: "", stderr: "", files };
  const host: Host = {
    files,
    print: (text) => void (run.stdout += text),
    printError: (text) => void (run.stderr += text),
    errorColumns: () => undefined,
    outputIsTerminal: () => false,
    outputHasColor: () => false,
    now: () => 0,
    localTime: () => new Date(0),
    randomBytes: (sizeBytes) => {
      const bytes = new Uint8Array(sizeBytes);
      for (let at = 0; at < sizeBytes; at++) {
        randomState = Math.imul(randomState, 1103515245) + 12345 >>> 0;
        bytes[at] = randomState >>> 16;
      }
      return bytes;
    },
    wait: () => Promise.resolve(),
    cores: 1,
    startThread: noThread,
    interruption: () => ({ signal: new AbortController().signal, dispose: () => {} }),
  };
  const code = await runCli(args, host);
  if (!files.isDead) run.code = code;
  disk.endProcess(files);
  return run;
}

function noThread(): Thread {
  throw new Error("Cannot start a thread in a test of one lane");
}

export { Killed };

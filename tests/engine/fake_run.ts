/**
 * The program, run in this process on a disk in memory.
 *
 * @module
 */

import { resolve } from "@std/path";
import { runCli } from "../../src/cli/run.ts";
import { serveLane } from "../../src/lanes/serve_lane.ts";
import type { LaneMessage, LaneOrder } from "../../src/lanes/lane.ts";
import { openWriteLane, type WriteJob } from "../../src/output/write_lane.ts";
import { parseManifestLine } from "../../src/plan/manifest.ts";
import type { ManifestRow } from "../../src/plan/manifest.ts";
import type { Host, Thread } from "../../src/ports/host.ts";
import { HMAC_KEY, KEY_PARTITION, ramp } from "../cli/key_files.ts";
import { drawnBytes, seededRandom } from "../helpers.ts";
import { FakeDisk } from "./fake_disk.ts";
import type { FaultAt } from "./call_faults.ts";
import { type Abilities, FakeFiles } from "./fake_files.ts";

/** How a run goes. */
export interface FakeRunOptions extends Abilities {
  /** Makes other keys than another seed. */
  seed: number;
  fault?: FaultAt;
  /** Devices that are put in place together; the program's own number if absent. */
  groupDevices?: number;
  /** Whether threads can be started. */
  hasThreads?: boolean;
}

/** What a run left behind. */
export interface FakeRun {
  code: number;
  stdout: string;
  stderr: string;
  files: FakeFiles;
}

/** Runs the program to its end, or until it is killed; what it writes is on `disk` then. */
export async function runOn(
  disk: FakeDisk,
  args: readonly string[],
  { seed, fault, groupDevices, hasThreads = false, ...abilities }: FakeRunOptions,
): Promise<FakeRun> {
  const files = new FakeFiles(disk, fault, abilities);
  const random = seededRandom(seed);
  const randomBytes = (sizeBytes: number) => drawnBytes(random, sizeBytes);
  let stdout = "", stderr = "";
  const host: Host = {
    files,
    print: (text) => void (stdout += text),
    printError: (text) => void (stderr += text),
    errorColumns: () => undefined,
    inputIsTerminal: () => false,
    outputIsTerminal: () => false,
    outputHasColor: () => false,
    now: () => 0,
    localTime: () => new Date(0),
    randomBytes,
    lingerForEnter: () => {},
    wait: () => Promise.resolve(),
    cores: 1,
    ...(groupDevices === undefined ? {} : { groupDevices }),
    startThread: hasThreads ? () => threadHere(files, randomBytes) : threadThatFails,
    interruption: () => ({ signal: new AbortController().signal, dispose: () => {} }),
  };
  const code = await runCli(args, host);
  return { code, stdout, stderr, files };
}

/** A thread that cannot be started. */
function threadThatFails(): Thread {
  const thread: Thread = {
    post: () => {},
    onMessage: () => {},
    onFailure: () => {},
    end: () => {},
  };
  queueMicrotask(() => thread.onFailure("the script may not be loaded"));
  return thread;
}

/** What a thread does, in this one. */
function threadHere(files: FakeFiles, randomBytes: (sizeBytes: number) => Uint8Array): Thread {
  const thread: Thread = {
    post: (order) => queueMicrotask(() => serve(structuredClone(order) as LaneOrder)),
    onMessage: () => {},
    onFailure: () => {},
    end: () => {},
  };
  const serve = serveLane({
    open: (_task, job) => Promise.resolve(openWriteLane(files, job as WriteJob, randomBytes)),
    post: (message: LaneMessage) =>
      queueMicrotask(() => thread.onMessage(structuredClone(message))),
    now: () => 0,
    pause: () => Promise.resolve(),
  });
  return thread;
}

const CERTIFICATES = 2;

/** A disk with the input of so many devices. */
export function diskWithInput(deviceCount: number): FakeDisk {
  const disk = new FakeDisk();
  const put = (path: string, content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    disk.put(resolve(path), bytes);
  };
  const rows = Array.from(
    { length: deviceCount },
    (_, index) => `SN-${index + 1},cert-${index % CERTIFICATES}.bin,${index === 0 ? 7 : ""}\n`,
  );
  put("conf.csv", "n,namespace,\nserial,data,string\ncert,file,binary\nlevel,data,u32,REPEAT\n");
  put("values.csv", `serial,cert,level\n${rows.join("")}`);
  for (let index = 0; index < CERTIFICATES; index++) {
    put(`cert-${index}.bin`, ramp(300 + index, index));
  }
  put("keys.bin", KEY_PARTITION);
  put("hmac.bin", HMAC_KEY);
  return disk;
}

/** Path of the manifest. */
export const MANIFEST = "out/manifest-Dev.csv";

/** The command line of a batch. */
export function batchArgs(command: "generate" | "verify", options: readonly string[]): string[] {
  return [command, "conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out", ...options];
}

/** All files below the folder that the program runs in. */
export function treeOf(disk: FakeDisk): Map<string, Uint8Array> {
  return disk.tree(resolve("."));
}

/** The text of the manifest; empty without one. */
export function manifestOf(tree: ReadonlyMap<string, Uint8Array>): string {
  return new TextDecoder().decode(tree.get(MANIFEST) ?? new Uint8Array());
}

/** The last row of each image. */
export function rowsOf(manifest: string): Map<string, ManifestRow> {
  const rows = new Map<string, ManifestRow>();
  for (const line of manifest.split("\n").slice(1, -1)) {
    const row = parseManifestLine(line);
    if (row !== undefined) rows.set(row.image, row);
  }
  return rows;
}

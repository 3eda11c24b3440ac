/**
 * Runs of the program under way: interrupted, killed or stopped at a state of
 * what they write.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { gatePath } from "../../src/plan/staging_names.ts";
import { DONE, isWindows, type Outcome, outcomeOf, startProcess } from "../helpers.ts";
import { PREFIX, recordedDevices, textOf } from "./batch.ts";

/** A run of the program under way. */
export interface Running {
  process: Deno.ChildProcess;
  outcome: Promise<Outcome>;
}

export function start(args: readonly string[], cwd: string): Running {
  const process = startProcess(args, { cwd });
  return { process, outcome: outcomeOf(process) };
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Sends a signal unless the run has ended; resolves when it has. */
export async function signalled(running: Running, signal: Deno.Signal): Promise<Outcome> {
  try {
    running.process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
  return await running.outcome;
}

/** Exit status of a run that SIGKILL ended, or what Deno does on Windows in its place. */
export const KILLED = isWindows ? 1 : 137;

/** Runs the program and kills it after a while; the outcome tells whether it was faster. */
export async function killAfter(
  milliseconds: number,
  args: readonly string[],
  cwd: string,
): Promise<Outcome> {
  const running = start(args, cwd);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const due = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([due, running.outcome]);
  clearTimeout(timer);
  return await signalled(running, "SIGKILL");
}

/** Resolves when the manifest of a run under way has that many devices, or the run has ended. */
export async function untilRecorded(
  devices: number,
  running: Running,
  outdir: string,
): Promise<void> {
  let hasEnded = false;
  running.outcome.then(() => hasEnded = true);
  while (!hasEnded && recordedDevices(outdir) < devices) await sleep(3);
}

/**
 * Resolves when a run under way listens for a signal, which would end it before
 * then, or the run has ended. Linux tells; elsewhere it is waited for a while.
 */
export async function untilListening(signal: Deno.Signal, running: Running): Promise<void> {
  if (Deno.build.os !== "linux") return await sleep(START_MILLISECONDS);
  const bit = 1n << BigInt(SIGNAL_NUMBERS[signal]! - 1);
  const path = `/proc/${running.process.pid}/status`;
  let hasEnded = false;
  running.outcome.then(() => hasEnded = true);
  while (!hasEnded) {
    const [, caught] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(textOf(path)) ?? [];
    if (caught !== undefined && (BigInt(`0x${caught}`) & bit) !== 0n) return;
    await sleep(1);
  }
}

/** By then a program has started, if the machine does not do much else. */
const START_MILLISECONDS = 500;
const SIGNAL_NUMBERS: Partial<Record<Deno.Signal, number>> = { SIGINT: 2, SIGTERM: 15 };

/** Each thread of a process stops in its own time. */
const STOP_MILLISECONDS = 100;

function isGateHeld(outdir: string): boolean {
  using file = Deno.openSync(gatePath({ outdir, prefix: PREFIX }), { write: true });
  return !file.tryLockSync(true);
}

/**
 * Stops a run for as long as `use` takes, as a slow machine would; it holds its
 * locks meanwhile.
 *
 * @param outdir If given, the gate is not among them, which others would wait for.
 */
export async function whileStopped(
  running: Running,
  use: () => Promise<void>,
  outdir?: string,
): Promise<void> {
  running.process.kill("SIGSTOP");
  await sleep(STOP_MILLISECONDS);
  while (outdir !== undefined && isGateHeld(outdir)) {
    running.process.kill("SIGCONT");
    await sleep(1);
    running.process.kill("SIGSTOP");
    await sleep(STOP_MILLISECONDS);
  }
  try {
    await use();
  } catch (error) {
    running.process.kill("SIGCONT");
    await running.outcome; // it must not write where the test is cleared away
    throw error;
  }
  running.process.kill("SIGCONT");
}

/** Runs that have written everything before they are stopped are made again so often. */
const MAX_ROUNDS = 8;

/** Removes what is in a folder but was not there before. */
function removeOthers(cwd: string, before: ReadonlySet<string>): void {
  for (const name of namesIn(cwd)) {
    if (!before.has(name)) Deno.removeSync(join(cwd, name), { recursive: true });
  }
}

function namesIn(folder: string): Set<string> {
  return new Set(Array.from(Deno.readDirSync(folder), ({ name }) => name));
}

/**
 * Runs the program and interrupts it when `least` devices are recorded and not
 * all. A run that was faster is made again: it may have ended by itself, or, at
 * its very end, have stopped listening.
 */
export async function interruptedWriting(
  args: readonly string[],
  cwd: string,
  signal: Deno.Signal,
  { outdir = "out", devices, least = 1 }: { outdir?: string; devices: number; least?: number },
): Promise<Outcome> {
  const before = namesIn(cwd);
  const folder = join(cwd, outdir);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const running = start(args, cwd);
    await untilRecorded(least, running, folder);
    const outcome = await signalled(running, signal);
    const recorded = recordedDevices(folder);
    assert(recorded >= least, outcome.stderr);
    if (recorded < devices) return outcome;
    removeOthers(cwd, before);
  }
  throw new Error("Cannot interrupt the program: it has always written everything by then");
}

/**
 * Starts a run and stops it, as `whileStopped` does, when some of its devices
 * are recorded and some are not; returns it when `use` is done and it goes on.
 */
export async function whileWriting(
  args: readonly string[],
  cwd: string,
  devices: number,
  use: () => Promise<void>,
): Promise<Running> {
  const outdir = join(cwd, "out");
  const before = namesIn(cwd);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const running = start(args, cwd);
    await untilRecorded(1, running, outdir);
    let isMidway = false;
    try {
      await whileStopped(running, async () => {
        isMidway = recordedDevices(outdir) < devices;
        if (isMidway) await use();
      }, outdir);
    } catch (error) {
      if (isMidway) throw error; // else it has ended: it cannot be stopped, or its gate is gone
    }
    if (isMidway) return running;
    assertEquals((await running.outcome).code, DONE);
    removeOthers(cwd, before);
  }
  throw new Error("Cannot stop the program: it has always written everything by then");
}

/**
 * Power cuts, real ones: what a station could read is still there, and
 * `--resume` goes on with the same keys.
 */

import { hash } from "node:crypto";
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { assertRefused } from "../cli/bad_inputs.ts";
import { IO, type Outcome, runProgram, treeOf, writeFiles } from "../helpers.ts";
import {
  batchFiles,
  CREATED,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  leftOvers,
  MANIFEST,
  recordedDevices,
  type Row,
  succeed,
  textOf,
} from "./batch.ts";
import { type CuttableDisk, powerCutFault, withDisk } from "./lost_power.ts";
import { type Running, signalled, sleep, start } from "./running.ts";

const DEVICES = 1000;
/** Finished batches need not be large. */
const FEW_DEVICES = 300;
/** A program that does not end by then, with its disk gone, never will. */
const END_SECONDS = 30;
/**
 * Devices of a group, at most. The rows of the last group may have been read
 * before they were synced: then their files are there, and `--resume` brings
 * the rows back.
 */
const MAX_GROUP = 512;

const fault = await powerCutFault();
if (fault !== undefined) console.log(`No power cuts on this machine: ${fault}`);
const ignore = fault !== undefined;

/** What an output folder shows when the power is cut. */
type Moment = (outdir: string) => boolean;

const anImage: Moment = (outdir) => namesIn(join(outdir, "bin")).some((name) => name[0] !== ".");
const aManifest: Moment = (outdir) => namesIn(outdir).includes(MANIFEST);
const rows = (devices: number): Moment => (outdir) => recordedDevices(outdir) >= devices;

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The last whole row of each image, by its path; torn lines are passed over. */
function recorded(outdir: string): Map<string, Row> {
  const lines = textOf(join(outdir, MANIFEST)).split("\n");
  lines.pop(); // what has no end
  const columns = lines.shift()?.split(",") ?? [];
  const found = new Map<string, Row>();
  for (const line of lines) {
    const cells = line.split(",");
    if (cells.length !== columns.length) continue;
    const row = Object.fromEntries(columns.map((column, index) => [column, cells[index]!]));
    found.set(row.image!, row);
  }
  return found;
}

/** What is wrong with the files that rows name. */
function damagesOf(outdir: string, found: Map<string, Row>): string[] {
  const damages: string[] = [];
  for (const row of found.values()) {
    for (const column of ["image", "keys", "hmac_key"]) {
      const path = row[column]!;
      if (path === "") continue;
      const bytes = bytesOf(join(outdir, path));
      if (bytes === undefined) damages.push(`${path} is gone`);
      else if (hash("sha256", bytes, "hex") !== row[`${column}_sha256`]) {
        damages.push(`${path} is another one, of ${bytes.length} bytes`);
      }
    }
  }
  return damages;
}

function bytesOf(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Asserts that a list of faults is empty; a failure counts them and shows a few. */
function assertNone(faults: readonly string[], what: string): void {
  assert(faults.length === 0, `${faults.length} × ${what}: ${faults.slice(0, 4).join("; ")}…`);
}

/** SHA-256 of each key file, by its path. */
function keysIn(outdir: string): [string, string][] {
  return Object.entries(treeOf(outdir)).filter(([path]) => /^keys\/[^.]/.test(path));
}

/** What a run left when the power was cut. */
interface Cut {
  outcome: Outcome;
  /** What could be read last. */
  before: Map<string, Row>;
}

/** Runs the program until the moment has come, cuts the power, and mounts the disk again. */
async function runUntilCut(
  disk: CuttableDisk,
  args: readonly string[],
  moment: Moment,
): Promise<Cut> {
  const outdir = join(disk.folder, "out");
  const running = start(args, disk.folder);
  let before: Map<string, Row>;
  let outcome: Outcome;
  try {
    let hasEnded = false;
    running.outcome.then(() => hasEnded = true);
    while (!hasEnded && !moment(outdir)) await sleep(1);
    // Nothing stands between what is read last and the cut.
    before = recorded(outdir);
    disk.cut();
  } finally {
    outcome = await endOf(running);
  }
  await disk.remount();
  return { outcome, before };
}

/** Waits for the end of a run, and ends it if that takes too long. */
async function endOf(running: Running): Promise<Outcome> {
  const timer = setTimeout(() => signalled(running, "SIGKILL"), END_SECONDS * 1000);
  const outcome = await running.outcome;
  clearTimeout(timer);
  return outcome;
}

/** Asserts what has to hold after a cut. */
function assertNothingLost(outdir: string, { outcome, before }: Cut): void {
  // A run may have ended when the power was cut; then it was done.
  if (outcome.code !== 0) {
    assertEquals(outcome.code, IO, outcome.stderr);
    assertRefused(outcome);
    assertMatch(outcome.stderr, /^error: .*"[^"]+"/m);
  }
  assertNone(damagesOf(outdir, before), "a file of a row that could be read");
  const after = recorded(outdir);
  assertNone(damagesOf(outdir, after), "a file of a row that is there");
  const lost = [...before.keys()].filter((image) => !after.has(image));
  const excess = outcome.code === 0 ? lost : lost.slice(MAX_GROUP);
  assertNone(excess, "a row that could be read is gone");
}

/** Asserts that `--resume` finishes the batch with the keys that are there. */
async function assertResumes(disk: CuttableDisk, kind: KeyKind, { before }: Cut): Promise<void> {
  const outdir = join(disk.folder, "out");
  const keys = keysIn(outdir);
  const resumed = await runProgram(generate([...KEY_OPTIONS[kind], "--resume"]), {
    cwd: disk.folder,
  });
  assertEquals(resumed.code, 0, resumed.stderr);
  const [, ...batch] = generate(KEY_OPTIONS[kind]);
  const verified = await runProgram(["verify", ...batch], { cwd: disk.folder });
  assertEquals(verified.code, 0, verified.stdout + verified.stderr);

  const tree = treeOf(outdir);
  const replaced = keys.filter(([path, sha256]) => tree[path] !== sha256).map(([path]) => path);
  assertNone(replaced, "a key is another one after --resume");
  const after = recorded(outdir);
  assertEquals(after.size, DEVICES);
  const changed = [...before].filter(([image, row]) =>
    ["image_sha256", "keys_sha256", "hmac_key_sha256"].some((column) =>
      after.get(image)?.[column] !== row[column]
    )
  );
  assertNone(changed.map(([image]) => image), "a row says something else after --resume");
  assertNone(damagesOf(outdir, after), "a file of a finished batch");
  assertEquals(leftOvers(disk.folder), []);
  const created = textOf(join(disk.folder, CREATED)).trimEnd().split("\n");
  assertEquals(created.length, DEVICES + 1);
}

async function writeInputs(disk: CuttableDisk, devices: number): Promise<void> {
  writeFiles(disk.folder, batchFiles(devices));
  await disk.sync();
}

const CUTS: { name: string; kind: KeyKind; moment: Moment }[] = [
  { name: "at the first image", kind: "plain", moment: anImage },
  { name: "in the middle", kind: "plain", moment: rows(DEVICES / 2) },
  { name: "at the manifest", kind: "fresh", moment: aManifest },
  { name: "at the first row", kind: "fresh", moment: rows(1) },
  { name: "at two thirds", kind: "fresh", moment: rows(DEVICES * 2 / 3) },
  { name: "at the first image", kind: "freshHmac", moment: anImage },
  { name: "at the first row", kind: "freshHmac", moment: rows(1) },
  { name: "in the middle", kind: "freshHmac", moment: rows(DEVICES / 2) },
];

Deno.test({
  name: `the power is cut while ${DEVICES} devices are written: no row and no key is lost`,
  ignore,
  fn: async (t) => {
    const exits: number[] = [];
    for (const { name, kind, moment } of CUTS) {
      await t.step(`${kind}, ${name}`, async () => {
        await withDisk(async (disk) => {
          await writeInputs(disk, DEVICES);
          const cut = await runUntilCut(disk, generate(KEY_OPTIONS[kind]), moment);
          exits.push(cut.outcome.code);
          assertNothingLost(join(disk.folder, "out"), cut);
          await assertResumes(disk, kind, cut);
        });
      });
    }
    const midway = exits.filter((code) => code !== 0).length;
    assertGreater(midway, CUTS.length / 2, "too few cuts hit a run that was writing");
  },
});

for (const kind of ["plain", "freshHmac"] as const) {
  Deno.test({
    name: `the power is cut again while --resume writes (${kind})`,
    ignore,
    fn: async () => {
      await withDisk(async (disk) => {
        await writeInputs(disk, DEVICES);
        const outdir = join(disk.folder, "out");
        const first = await runUntilCut(disk, generate(KEY_OPTIONS[kind]), rows(1));
        assertNothingLost(outdir, first);
        const goal = recordedDevices(outdir) + 100;
        const resume = generate([...KEY_OPTIONS[kind], "--resume"]);
        const second = await runUntilCut(disk, resume, rows(goal));
        assertNothingLost(outdir, second);
        const before = new Map([...first.before, ...second.before]);
        await assertResumes(disk, kind, { ...second, before });
      });
    },
  });
}

for (
  const { seconds, kind } of [
    { seconds: 0, kind: "plain" },
    { seconds: 0, kind: "freshHmac" },
    { seconds: 1, kind: "fresh" },
    { seconds: 3, kind: "freshHmac" },
  ] as const
) {
  Deno.test({
    name: `the power is cut ${seconds} s after exit status 0: everything is there (${kind})`,
    ignore,
    fn: async () => {
      await withDisk(async (disk) => {
        await writeInputs(disk, FEW_DEVICES);
        await succeed(generate(KEY_OPTIONS[kind]), disk.folder);
        const startedAt = performance.now();
        // Looking at the files does not write them.
        const before = treeOf(disk.folder);
        assert(before[CREATED] !== undefined);
        await sleep(Math.max(0, seconds * 1000 - (performance.now() - startedAt)));
        disk.cut();
        await disk.remount();
        const after = treeOf(disk.folder);
        const changed = Object.keys(before).filter((path) => after[path] !== before[path]);
        assertNone(changed, "a file is gone or damaged");
        assertEquals(after, before);
      });
    },
  });
}

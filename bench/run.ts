/**
 * Measures the program against the floors, as ratios within one run.
 *
 *     deno task bench [DEVICES] [RUNS] [FOLDER]
 *     deno task bench memory [FOLDER]
 *
 * The real program runs as a child process (the executable that `MFG_GEN`
 * names, or the source); its time is that of the whole process, the floors'
 * that of their calls alone. The disk is synced before each.
 *
 * @module
 */

import { join } from "@std/path";
import { type ChildRun, runChild } from "./child.ts";
import { type Inputs, writeInputs, writeInputsWithFiles } from "./inputs.ts";
import { median, Series } from "./series.ts";
import { measureSteps } from "./steps.ts";

const SIZE = "0x3000";
const isMemory = Deno.args[0] === "memory";
const deviceCount = isMemory ? 0 : Number(Deno.args[0] ?? 2000);
const runCount = isMemory ? 0 : Number(Deno.args[1] ?? 5);
const root = new URL("..", import.meta.url).pathname;
const dir = Deno.args[isMemory ? 1 : 2] ?? root;
const folder = await Deno.makeTempDir({ prefix: "mfg_gen-bench-", dir });

const executable = Deno.env.get("MFG_GEN");
const deno = [Deno.execPath(), "run", "--quiet", "--config", join(root, "deno.json")];
const permissions = ["--allow-read", "--allow-write"];
const source = [...permissions, join(root, "main.ts")];
const program = executable === undefined ? [...deno, ...source] : [executable];

const HMAC = ["--keygen", "--key_protect_hmac"];
const MODES: Record<string, string[]> = {
  "plain": [],
  "plain, --jobs 1": ["--jobs", "1"],
  "--inputkey": ["--inputkey", join(root, "testdata", "sample_encryption_keys.bin")],
  "--keygen": ["--keygen"],
  "HMAC, given": [...HMAC, "--kp_hmac_inputkey", join(root, "testdata", "sample_hmac_key.bin")],
  "HMAC, fresh": [...HMAC, "--kp_hmac_keygen"],
};

try {
  if (isMemory) await reportMemory();
  else await main();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function main(): Promise<void> {
  const { hardwareConcurrency } = navigator;
  console.log(`${deviceCount} devices of ${SIZE} bytes, ${hardwareConcurrency} cores, ${folder}`);
  console.log(`Deno ${Deno.version.deno}, ${executable ?? "from the source"}; ${runCount} runs\n`);
  const inputs = await writeInputs(folder, deviceCount);
  const withFiles = await writeInputsWithFiles(folder, deviceCount);

  console.log("where the time goes (µs a device, one thread, no files):");
  for (const [step, microseconds] of await measureSteps(inputs, Number(SIZE))) {
    console.log(`  ${step.padEnd(30)} ${microseconds.toFixed(1).padStart(7)}`);
  }

  // The floors take names and bytes from it.
  await generate(inputs, deviceCount, [], program, "reference");
  const series = new Series(deviceCount);
  const modes = modesOf(inputs, withFiles);
  for (let run = 0; run < runCount; run++) {
    // A disk is faster after a rest or a small batch, so each run has another order.
    for (const { name, measure } of shuffled(modes)) {
      await clear();
      await measure((mode, seconds) => series.add(mode, seconds), name);
    }
  }
  await clear();
  console.log("\nmedians, and medians of the ratios within each run:");
  for (const line of series.lines(["durable floor", "bare floor", "plain", "--keygen"])) {
    console.log(`  ${line}`);
  }
  if (executable === undefined) await reportGarbage(inputs);
  await reportStart();
}

/** One thing to measure; some tell of two. */
interface Mode {
  name: string;
  measure(add: (mode: string, seconds: number) => void, name: string): Promise<void>;
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = new Map(items.map((item) => [item, Math.random()]));
  return items.toSorted((a, b) => order.get(a)! - order.get(b)!);
}

function modesOf(inputs: Inputs, withFiles: Inputs): Mode[] {
  const floors = (["durable", "bare"] as const).map((kind): Mode => ({
    name: `${kind} floor`,
    measure: async (add, name) => add(name, await floor(kind)),
  }));
  const batches = Object.entries(MODES).map(([name, options]): Mode => ({
    name,
    measure: async (add, name) => {
      add(name, (await generate(inputs, deviceCount, options)).seconds);
      if (name === "--keygen") add(`verify ${name}`, (await verify(inputs, options)).seconds);
    },
  }));
  const filed: Mode = {
    name: "plain, a file each",
    measure: async (add, name) => add(name, (await generate(withFiles, deviceCount, [])).seconds),
  };
  return [...floors, ...batches, filed];
}

async function reportMemory(): Promise<void> {
  console.log("peak memory (plain):");
  for (const jobs of ["1", "2"]) {
    let base = 0;
    for (const count of [1000, 20_000, 100_000]) {
      const inputs = await writeInputs(folder, count);
      const { peakBytes } = await generate(inputs, count, ["--jobs", jobs]);
      await clear();
      base ||= peakBytes;
      const megabytes = (peakBytes / 1024 / 1024).toFixed(0);
      console.log(
        `  --jobs ${jobs} ${String(count).padStart(7)} devices ${megabytes.padStart(5)} MiB  ${
          (peakBytes / base).toFixed(2)
        } × that of 1000`,
      );
    }
  }
}

/** What V8 says of its collections in one thread. */
async function reportGarbage(inputs: Inputs): Promise<void> {
  const traced = [...deno, "--v8-flags=--trace-gc", ...source];
  const run = await generate(inputs, deviceCount, ["--jobs", "1"], traced);
  await clear();
  let milliseconds = 0;
  for (const [, pause] of run.stdout.matchAll(/ ([\d.]+) \/ [\d.]+ ms /g)) {
    milliseconds += Number(pause);
  }
  const share = milliseconds / 10 / run.seconds;
  console.log(`\ngarbage collection (plain, --jobs 1): ${share.toFixed(1)} % of the time`);
}

async function reportStart(): Promise<void> {
  const startups: number[] = [], batches: number[] = [];
  const inputs = await writeInputs(folder, 3);
  for (let run = 0; run < 2 * runCount + 1; run++) {
    startups.push((await runChild([...program, "--help"])).seconds);
    batches.push((await generate(inputs, 3, [])).seconds);
    await clear();
  }
  console.log(
    `\nstart: --help ${milliseconds(startups)} ms, three devices ${milliseconds(batches)} ms`,
  );
}

function milliseconds(values: readonly number[]): string {
  return (median(values) * 1000).toFixed(0);
}

function batchArguments(
  command: string,
  { configuration, values }: Inputs,
  options: readonly string[],
  outdir: string,
): string[] {
  const path = join(folder, outdir);
  return [command, configuration, values, "Dev", SIZE, "--outdir", path, "--json", ...options];
}

/** Makes a batch, which stays. */
async function generate(
  inputs: Inputs,
  count: number,
  options: readonly string[],
  command: readonly string[] = program,
  outdir = "out",
): Promise<ChildRun> {
  await syncDisk();
  const args = batchArguments("generate", inputs, options, outdir);
  const run = await runChild([...command, ...args]);
  if (!run.stdout.includes(`"devices": ${count},`)) throw new Error(`not ${count} devices`);
  return run;
}

async function verify(inputs: Inputs, options: readonly string[]): Promise<ChildRun> {
  await syncDisk();
  return await runChild([...program, ...batchArguments("verify", inputs, options, "out")]);
}

async function floor(kind: "durable" | "bare"): Promise<number> {
  await syncDisk();
  const script = join(root, "bench", "floor.ts");
  const target = join(folder, "floor");
  const { stdout } = await runChild([
    ...deno,
    ...permissions,
    script,
    kind,
    join(folder, "reference"),
    target,
  ]);
  await Deno.remove(target, { recursive: true });
  return Number(stdout);
}

/** What earlier runs wrote must not be waited for by the next one. */
async function syncDisk(): Promise<void> {
  if (Deno.build.os !== "windows") await runChild(["sync"]);
}

/** Removes what the last run made; otherwise folders would grow from run to run. */
async function clear(): Promise<void> {
  await Deno.remove(join(folder, "out"), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith("_created.csv")) await Deno.remove(join(folder, name));
  }
}

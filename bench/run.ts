/**
 * Measures the program against the floor, as ratios within one run.
 *
 *     deno task bench [DEVICES] [RUNS] [FOLDER]
 *
 * The real program runs as a child process (the executable that `MFG_GEN`
 * names, or the source); its time is that of the whole process.
 *
 * @module
 */

import { join } from "@std/path";
import { runChild } from "./child.ts";
import { writeInputs } from "./inputs.ts";
import { measureSteps } from "./steps.ts";

const SIZE = "0x3000";
const deviceCount = Number(Deno.args[0] ?? 2000);
const runCount = Number(Deno.args[1] ?? 5);
const root = new URL("..", import.meta.url).pathname;
const folder = await Deno.makeTempDir({ prefix: "mfg_gen-bench-", dir: Deno.args[2] ?? root });

const executable = Deno.env.get("MFG_GEN");
const deno = [Deno.execPath(), "run", "--quiet", "--config", join(root, "deno.json")];
const program = executable === undefined
  ? [...deno, "--allow-read", "--allow-write", join(root, "main.ts")]
  : [executable];

const MODES: Record<string, string[]> = {
  plain: [],
  "plain, --jobs 1": ["--jobs", "1"],
  "--inputkey": ["--inputkey", join(root, "testdata", "sample_encryption_keys.bin")],
  "--keygen": ["--keygen"],
  "HMAC, given": [
    "--keygen",
    "--key_protect_hmac",
    "--kp_hmac_inputkey",
    join(root, "testdata", "sample_hmac_key.bin"),
  ],
  "HMAC, fresh": ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"],
};

try {
  await main();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function main(): Promise<void> {
  const { hardwareConcurrency } = navigator;
  console.log(`${deviceCount} devices of ${SIZE} bytes, ${hardwareConcurrency} cores, ${folder}`);
  console.log(`Deno ${Deno.version.deno}, ${executable ?? "from the source"}; ${runCount} runs\n`);
  const inputs = await writeInputs(folder, deviceCount);

  console.log("where the time goes (µs a device, one thread, no files):");
  for (const [step, microseconds] of await measureSteps(inputs, Number(SIZE))) {
    console.log(`  ${step.padEnd(30)} ${microseconds.toFixed(1).padStart(7)}`);
  }

  const seconds = new Map<string, number[]>();
  const note = (name: string, value: number) =>
    seconds.set(name, [...seconds.get(name) ?? [], value]);
  for (let run = 0; run < runCount; run++) {
    for (const [mode, options] of Object.entries(MODES)) {
      note(mode, (await generate(inputs.values, deviceCount, options, mode === "plain")).seconds);
      if (mode === "plain") {
        note("floor", await floor());
        await clear();
      }
    }
  }

  const floors = seconds.get("floor")!;
  const plains = seconds.get("plain")!;
  console.log("\nmedians, and medians of the ratios within each run:");
  for (const [mode, values] of seconds) {
    const perDevice = (median(values) * 1e6 / deviceCount).toFixed(0);
    console.log(
      `  ${mode.padEnd(18)} ${median(values).toFixed(2).padStart(7)} s ${
        perDevice.padStart(6)
      } µs a device` +
        `  ${ratio(values, floors)} × floor  ${ratio(values, plains)} × plain`,
    );
  }

  console.log("\npeak memory (plain):");
  let base = 0;
  for (const count of [1000, 20_000, 100_000]) {
    const { values } = await writeInputs(folder, count);
    const { peakBytes } = await generate(values, count, ["--jobs", "2"], false);
    base ||= peakBytes;
    const megabytes = (peakBytes / 1024 / 1024).toFixed(0);
    console.log(
      `  ${String(count).padStart(7)} devices ${megabytes.padStart(5)} MiB  ${
        (peakBytes / base).toFixed(2)
      } × that of 1000`,
    );
  }

  const startups: number[] = [], batches: number[] = [];
  const { values } = await writeInputs(folder, 3);
  for (let run = 0; run < 2 * runCount + 1; run++) {
    startups.push((await runChild([...program, "--help"])).seconds);
    batches.push((await generate(values, 3, [], false)).seconds);
  }
  console.log(
    `\nstart: --help ${milliseconds(startups)} ms, three devices ${milliseconds(batches)} ms`,
  );
}

async function generate(values: string, count: number, options: string[], isKept: boolean) {
  await clear();
  const run = await runChild([
    ...program,
    "generate",
    join(folder, "conf.csv"),
    values,
    "Dev",
    SIZE,
    "--outdir",
    join(folder, "out"),
    "--json",
    ...options,
  ]);
  const { devices } = JSON.parse(run.stdout);
  if (devices !== count) throw new Error(`made ${devices} of ${count} devices`);
  if (!isKept) await clear();
  return run;
}

async function floor(): Promise<number> {
  const script = join(root, "bench", "floor.ts");
  const { stdout } = await runChild([
    ...deno,
    "--allow-read",
    "--allow-write",
    script,
    join(folder, "out"),
    join(folder, "floor"),
  ]);
  return Number(stdout);
}

/** Removes what the last run made; otherwise folders would grow from run to run. */
async function clear(): Promise<void> {
  for (const name of ["out", "floor"]) {
    await Deno.remove(join(folder, name), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith("_created.csv")) await Deno.remove(join(folder, name));
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function ratio(values: readonly number[], base: readonly number[]): string {
  return median(values.map((value, index) => value / base[index]!)).toFixed(2).padStart(5);
}

function milliseconds(values: readonly number[]): string {
  return (median(values) * 1000).toFixed(0);
}

/** The examples that split a batch over machines, run for real where their programs are. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, writeFiles } from "../helpers.ts";
import { assertFinished, batchFiles, generate, KEY_OPTIONS, undisturbed } from "./batch.ts";
import { runExample, whyNoShell, writeMfgGen, writeScript } from "./example_tools.ts";

const DEVICES = 40;
/** What stands behind `generate`. */
const BATCH = generate().slice(1);
const noShell = whyNoShell();

async function whyNoParallel(): Promise<string | undefined> {
  if (noShell !== undefined) return noShell;
  try {
    const { stdout } = await new Deno.Command("parallel", { args: ["--version"] }).output();
    const isGnu = new TextDecoder().decode(stdout).startsWith("GNU parallel");
    return isGnu ? undefined : "parallel is another program than GNU parallel";
  } catch {
    return "GNU parallel is not installed";
  }
}

const noParallel = await whyNoParallel();

Deno.test({
  name: "gnu-parallel.sh: shards on this machine are one run, also resumed",
  ignore: noParallel !== undefined,
}, async () => {
  await inTempFolder(async (cwd) => {
    const tools = join(cwd, "tools");
    writeFiles(cwd, { ...batchFiles(DEVICES), "tools/": "" });
    writeMfgGen(tools);
    const reference = await undisturbed(cwd);
    const outdir = join(cwd, "out");
    const first = await runExample("gnu-parallel.sh", ["-n", "3", "-j", "2", ...BATCH], {
      cwd,
      tools,
    });
    assertEquals(first.code, 0, first.stderr);
    assertEquals(first.stdout.match(/1[34] devices in/g)?.length, 3, first.stdout);
    await assertFinished(outdir, "plain", reference);

    const again = await runExample("gnu-parallel.sh", ["-n", "3", ...BATCH], { cwd, tools });
    assertEquals(again.code === 0, false, "the files are there already");
    await assertFinished(outdir, "plain", reference);

    Deno.removeSync(join(outdir, "bin/Dev-5.bin"));
    const resumed = await runExample("gnu-parallel.sh", ["-S", ":", ...BATCH, "--resume"], {
      cwd,
      tools,
    });
    assertEquals(resumed.code, 0, resumed.stderr);
    assertMatch(resumed.stdout, /39 of them were done before/);
    await assertFinished(outdir, "plain", reference);
  });
});

Deno.test(
  { name: "gnu-parallel.sh: arguments stay as they are", ignore: noParallel !== undefined },
  async () => {
    await inTempFolder(async (cwd) => {
      writeScript(join(cwd, "mfg_gen"), `for word in "$@"; do printf '<%s>' "$word"; done; echo`);
      const { code, stdout } = await runExample(
        "gnu-parallel.sh",
        ["-n", "2", "a b.csv", "it's", "$HOME", "--outdir", "c*d", ""],
        { cwd, tools: cwd },
      );
      assertEquals(code, 0);
      const words = "<generate><a b.csv><it's><$HOME><--outdir><c*d><>";
      assertEquals(
        stdout.split("\n").map((line) => line.replace(/^.*\t/, "")).sort(),
        ["", `${words}<--shard><1/2>`, `${words}<--shard><2/2>`],
      );
    });
  },
);

Deno.test({
  name: "slurm-array.sh: the tasks of an array are one run, also when some come again",
  ignore: noShell !== undefined,
}, async () => {
  await inTempFolder(async (cwd) => {
    const tools = join(cwd, "tools");
    writeFiles(cwd, { ...batchFiles(DEVICES), "tools/": "" });
    writeMfgGen(tools);
    writeScript(join(tools, "srun"), 'exec "$@"'); // Slurm's own would start it on a node
    const reference = await undisturbed(cwd);
    const submit = (task: number, env: Record<string, string>) =>
      runExample("slurm-array.sh", [...BATCH, ...KEY_OPTIONS.plain], {
        cwd,
        tools,
        env: { SLURM_ARRAY_TASK_ID: String(task), SLURM_CPUS_PER_TASK: "1", ...env },
      });
    const array = (min: number, max: number, count = max - min + 1) => ({
      SLURM_ARRAY_TASK_MIN: String(min),
      SLURM_ARRAY_TASK_MAX: String(max),
      SLURM_ARRAY_TASK_COUNT: String(count),
    });
    const outcomes = await Promise.all([1, 2, 3].map((task) => submit(task, array(1, 3))));
    for (const { code, stderr } of outcomes) assertEquals([code, stderr], [0, ""]);
    await assertFinished(join(cwd, "out"), "plain", reference);

    Deno.removeSync(join(cwd, "out/csv/Dev-3.csv"));
    const again = await submit(3, { ...array(3, 3), SHARDS: "3" });
    assertMatch(again.stdout, /13 of them were done before/);
    await assertFinished(join(cwd, "out"), "plain", reference);
    for (const part of [array(3, 3), array(0, 2), array(1, 5, 2)]) {
      assertEquals((await submit(Number(part.SLURM_ARRAY_TASK_MIN), part)).code, 2);
    }
  });
});

const KUBERNETES_JOB = Deno.readTextFileSync(
  new URL("../../examples/kubernetes-indexed-job.yaml", import.meta.url),
);
const [, SHARDS] = /name: SHARDS\n +value: "(\d+)"/.exec(KUBERNETES_JOB)!;

Deno.test("kubernetes-indexed-job.yaml: as many shards as pods", () => {
  const [, completions] = /^ {2}completions: (\d+)/m.exec(KUBERNETES_JOB)!;
  assertEquals(completions, SHARDS);
});

Deno.test({
  name: "kubernetes-indexed-job.yaml: the command of a pod",
  ignore: noShell !== undefined,
}, async () => {
  const [, command] = />-\n((?: {14}.*\n)+)/.exec(KUBERNETES_JOB)!;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command!.replaceAll("\n", " ").replace("exec mfg_gen", "echo")],
    env: { JOB_COMPLETION_INDEX: "7", SHARDS: SHARDS!, CPUS: "2" },
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout),
    "generate conf.csv values.csv Dev 0x3000 --outdir out --resume --jobs 2 --shard 8/8\n",
  );
});

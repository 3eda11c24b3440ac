/** Ctrl-C and SIGTERM: whole devices, no temporary files, and a command that goes on. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  DONE,
  inTempFolder,
  INTERRUPTED,
  isWindows,
  type Outcome,
  outcomeOf,
  programCommand,
  startProcess,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  assertWholeSoFar,
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  manifestRows,
  undisturbed,
} from "./batch.ts";
import { interruptedWriting, signalled, sleep, start, untilListening } from "./running.ts";

const DEVICES = 1000;
/** So many that checking them takes much longer than a signal. */
const MANY_DEVICES = 300_000;
/** Runs that are faster than the signal which should interrupt them are made again so often. */
const MAX_ROUNDS = 8;

/** The command that an interrupted run asks for. */
function commandIn(stderr: string): string {
  const [, command] = /^go on with: (mfg_gen .*)\n$/m.exec(stderr) ?? [];
  assert(command !== undefined, stderr);
  return command;
}

/** Runs a command line in the shell, with the program in place of its name. */
async function inShell(command: string, cwd: string): Promise<Outcome> {
  assertMatch(command, /^mfg_gen /);
  const script = `mfg_gen() { "$@"; }; run() { ${quotedProgram()} "$@"; }; run ${
    command.slice("mfg_gen ".length)
  }`;
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return await outcomeOf(
    new Deno.Command("sh", { args: ["-c", script], cwd, ...streams }).spawn(),
  );
}

function quotedProgram(): string {
  return programCommand().map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

const INTERRUPTIONS: { signal: Deno.Signal; jobs: string; kind: KeyKind }[] = [
  { signal: "SIGINT", jobs: "1", kind: "plain" },
  { signal: "SIGINT", jobs: "2", kind: "fresh" },
  { signal: "SIGTERM", jobs: "1", kind: "plain" },
  { signal: "SIGTERM", jobs: "2", kind: "plain" },
];

Deno.test({ name: "a batch that is interrupted while it writes", ignore: isWindows }, async (t) => {
  await inTempFolder(async (folder) => {
    const inputs = batchFiles(DEVICES);
    writeFiles(folder, inputs);
    const reference = await undisturbed(folder);

    for (const { signal, jobs, kind } of INTERRUPTIONS) {
      await t.step(`${signal}, --jobs ${jobs}, ${kind}`, async () => {
        const cwd = join(folder, `${signal} ${jobs}`);
        const outdir = join(cwd, "out");
        writeFiles(cwd, inputs);
        const args = generate([...KEY_OPTIONS[kind], "--jobs", jobs]);
        const { code, stdout, stderr } = await interruptedWriting(args, cwd, signal, {
          devices: DEVICES,
        });
        assertEquals([code, stdout], [INTERRUPTED, ""], stderr);

        const finished = manifestRows(outdir).length;
        assertMatch(
          stderr,
          RegExp(`^interrupted: this run finished ${finished} of ${DEVICES} devices$`, "m"),
        );
        assertEquals(Object.keys(treeOf(cwd)).filter((path) => path.endsWith(".tmp")), []);
        const images = [...Deno.readDirSync(join(outdir, "bin"))];
        assertEquals(images.length, finished, "an image without its row");
        await assertWholeSoFar(outdir, kind, reference);

        const resumed = await inShell(commandIn(stderr), cwd);
        assertEquals([resumed.code, resumed.stderr], [0, ""]);
        assertMatch(resumed.stdout, RegExp(`^${finished} of them were done before$`, "m"));
        await assertFinished(outdir, kind, reference);
        Deno.removeSync(cwd, { recursive: true });
      });
    }
  });
});

Deno.test({
  name: "some devices of a batch, interrupted: the command that goes on is about them alone",
  ignore: isWindows,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const outdir = join(cwd, "out");
    const chosen = Array.from({ length: DEVICES - 100 }, (_, index) => `#${index + 101}`);
    const args = generate(["--only", chosen.join(","), "--only", "1, 2", "--jobs", "1"]);
    const { code, stderr } = await interruptedWriting(args, cwd, "SIGINT", {
      devices: chosen.length + 2,
    });
    assertEquals(code, INTERRUPTED, stderr);
    const finished = manifestRows(outdir).length;
    assertMatch(stderr, RegExp(` finished ${finished} of ${chosen.length + 2} devices$`, "m"));
    const resumed = await inShell(commandIn(stderr), cwd);
    assertEquals([resumed.code, resumed.stderr], [0, ""]);
    const numbers = manifestRows(outdir).map(({ row }) => `#${row}`).sort();
    assertEquals(numbers, ["#1", "#2", ...chosen].sort());
  });
});

Deno.test({
  name: "a batch that is interrupted while it is checked: nothing is written",
  ignore: isWindows,
}, async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(MANY_DEVICES));
    const tree = treeOf(cwd);
    for (const [signal, options] of [["SIGINT", []], ["SIGTERM", ["--dry-run"]]] as const) {
      await t.step(signal, async () => {
        const { code, stdout, stderr } = await interruptedEarly(generate(options), cwd, signal);
        assertEquals([code, stdout], [INTERRUPTED, ""], stderr);
        assertMatch(stderr, /^interrupted: nothing was written$/m);
        assertEquals(commandIn(stderr), ["mfg_gen", ...generate(options), "--resume"].join(" "));
        assertSameFiles(treeOf(cwd), tree);
      });
    }
    await t.step("while a dry run lists the devices", async () => {
      const { code, stdout } = await interruptedWhilePrinting(generate(["--dry-run"]), cwd);
      assertEquals(code, INTERRUPTED);
      assertLess(stdout.split("\n").length, MANY_DEVICES);
      assertSameFiles(treeOf(cwd), tree);
    });
  });
});

/** Interrupts a run while it checks. */
async function interruptedEarly(
  args: readonly string[],
  cwd: string,
  signal: Deno.Signal,
): Promise<Outcome> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const running = start(args, cwd);
    await untilListening(signal, running);
    await sleep(LATER_MILLISECONDS * round);
    const outcome = await signalled(running, signal);
    // Deno listens by itself before the program does, and then says nothing.
    if (outcome.stderr !== "") return outcome;
    assert(outcome.code !== DONE);
  }
  throw new Error("Cannot interrupt the program: it never listened");
}

/** How much later in each round a signal comes. */
const LATER_MILLISECONDS = 50;

/** Interrupts a run when it has begun to print. */
async function interruptedWhilePrinting(args: readonly string[], cwd: string): Promise<Outcome> {
  const process = startProcess(args, { cwd, stderr: "null" });
  let stdout = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    if (stdout === "") process.kill("SIGINT");
    stdout += text;
  }
  const { code } = await process.status;
  return { code, stdout, stderr: "" };
}

Deno.test({
  name: "the command to go on with is right for a shell, whatever the names",
  ignore: isWindows,
}, async (t) => {
  await inTempFolder(async (folder) => {
    const inputs = batchFiles(DEVICES);
    for (const name of ["a b", "it's here", "$HOME", 'a "b" \\ c', "--odd", "été"]) {
      await t.step(name, async () => {
        const cwd = join(folder, "work");
        writeFiles(cwd, inputs);
        const outdir = `./${name}`;
        const args = [...generate([], outdir), "--no-csv"];
        const { code, stderr } = await interruptedWriting(args, cwd, "SIGINT", {
          outdir,
          devices: DEVICES,
        });
        assertEquals(code, INTERRUPTED, stderr);
        // The dry run of the resumption names the same folder, and takes no time to write.
        const listed = await inShell(`${commandIn(stderr)} --dry-run --json`, cwd);
        assertEquals([listed.code, listed.stderr], [0, ""]);
        assertEquals(JSON.parse(listed.stdout).notes, [], "it did not find what was begun");
        Deno.removeSync(cwd, { recursive: true });
      });
    }
  });
});

Deno.test({
  name:
    "--json of an interrupted run: what is finished, the warnings, and the command that goes on",
  ignore: isWindows,
}, async () => {
  await inTempFolder(async (cwd) => {
    const rows = Array.from({ length: DEVICES }, (_, index) => `SN-${index},#REF!\n`);
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\n",
      "values.csv": `serial,note\n${rows.join("")}`,
    });
    const outdir = join(cwd, "out");
    const args = [...generate(["--json", "--jobs", "1"])];
    const { code, stdout } = await interruptedWriting(args, cwd, "SIGINT", { devices: DEVICES });
    assertEquals(code, INTERRUPTED);
    const { exit, devices, warnings, resume } = JSON.parse(stdout);
    assertEquals([exit, devices], [INTERRUPTED, manifestRows(outdir).length]);
    assertEquals([warnings[0].code, warnings[0].total], ["spreadsheet-error", DEVICES]);
    assert(resume.endsWith("--resume"), resume);
  });
});

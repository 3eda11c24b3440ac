/** `--only`: some devices of a batch, as they would be in the whole. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  DIFFERENCE,
  DONE,
  inTempFolder,
  IO,
  isWindows,
  type Outcome,
  REJECTED,
  runProgram,
  seededRandom,
  treeOf,
  USAGE,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  CREATED,
  generate,
  KEY_OPTIONS,
  leftOvers,
  manifestRows,
  stampsOf,
  succeed,
  textOf,
  undisturbed,
  withoutManifest,
} from "./batch.ts";
import { start, whileWriting } from "./running.ts";

/** Windows takes no quotes in names. */
const QUOTED_ID = isWindows ? "say hi" : 'say "hi"';
/** File ids that a command line has to be careful with; "07" is no number. */
const FILE_IDS = ["A7", "b,c", QUOTED_ID, "07", "#x", "two words", "-3"];
const ODD_VALUES = [
  "id,model,serial,level,cert,common",
  ...FILE_IDS.map((id, index) =>
    `"${id.replaceAll('"', '""')}",m${index % 2},SN-${index + 1},${index === 0 ? 7 : ""},` +
    `files/cert-0.bin,${index === 0 ? "files/common.hex" : ""}`
  ),
  "",
].join("\n");

function oddFiles() {
  return { ...batchFiles(1), "values.csv": ODD_VALUES };
}

interface ChoiceCase {
  name: string;
  options: readonly string[];
  /** Numbers of the devices that it stands for. */
  chosen: readonly number[];
  fileid?: string;
}

const CHOICES: ChoiceCase[] = [
  { name: "a file id", options: ["--only", "A7"], chosen: [1] },
  { name: "several, in any order", options: ["--only", "07,A7"], chosen: [1, 4] },
  { name: "one twice", options: ["--only", "A7,A7,#1"], chosen: [1] },
  { name: "a number", options: ["--only=#3"], chosen: [3] },
  { name: "given several times", options: ["--only", "A7", "--only", "#6"], chosen: [1, 6] },
  { name: "a comma in quotes", options: ["--only", 'A7,"b,c"'], chosen: [1, 2] },
  {
    name: "quotes in quotes",
    options: ["--only", `"${QUOTED_ID.replaceAll('"', '""')}"`],
    chosen: [3],
  },
  { name: "quotes in a bare id", options: ["--only", `A7,${QUOTED_ID}`], chosen: [1, 3] },
  { name: "spaces around ids", options: ["--only", "A7, two words ,07"], chosen: [1, 4, 6] },
  { name: "an id a line", options: ["--only", "A7\r\n07\n"], chosen: [1, 4] },
  { name: "a file id that begins with #", options: ["--only", "#x"], chosen: [5] },
  { name: "a file id like an option", options: ["--only=-3"], chosen: [7] },
  { name: "in a shard", options: ["--only", "A7,#2,07", "--shard", "2/2"], chosen: [2, 4] },
  { name: "none of a shard", options: ["--only", "A7", "--shard", "2/2"], chosen: [] },
  {
    name: "a file id of several devices, which a counter tells apart",
    options: ["--only", "m1", "--prefix_num", "9", "4"],
    chosen: [2, 4, 6],
    fileid: "model",
  },
  {
    name: "an id and a number of it",
    options: ["--only", "m1,#1", "--prefix_num", "9", "4"],
    chosen: [1, 2, 4, 6],
    fileid: "model",
  },
];

Deno.test("--only chooses devices by file id and number", async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, oddFiles());
    for (const { name, options, chosen, fileid = "id" } of CHOICES) {
      await t.step(name, async () => {
        const all = [...options, "--fileid", fileid];
        // A file id that repeats is told apart by the counter, and warned of.
        const says = fileid === "id" ? /^$/ : /^warning: .* key "model": .*\n$/;
        const made = async (args: readonly string[]) => {
          const outcome = await runProgram(args, { cwd });
          assertEquals(outcome.code, 0, outcome.stderr);
          assertMatch(outcome.stderr, says);
          return outcome;
        };
        const dry = await made(generate([...all, "--dry-run", "--json"]));
        assertEquals(JSON.parse(dry.stdout).devices, chosen.length);
        assertEquals(JSON.parse(dry.stdout).images.length, chosen.length);
        await made(generate(all));
        const outdir = join(cwd, "out");
        assertEquals(recordedNumbers(outdir), chosen);
        const verified = await runProgram(verify(all), { cwd });
        assertMatch(
          verified.stdout,
          RegExp(`^${chosen.length} devices?: ${chosen.length} ok, 0 with differences$`, "m"),
        );
        assertEquals(leftOvers(cwd), []);
        Deno.removeSync(outdir, { recursive: true });
      });
    }
  });
});

/** The numbers in a manifest, by lines: its cells may be quoted here. */
function recordedNumbers(outdir: string): number[] {
  const lines = textOf(join(outdir, "manifest-Dev.csv")).split("\n").slice(1, -1);
  return lines.map((line) => Number(line.split(",")[1])).sort((a, b) => a - b);
}

function verify(options: readonly string[]): string[] {
  return ["verify", ...generate(options).slice(1)];
}

/** Runs that are refused, and leave every file as it is. */
async function refuse(args: readonly string[], cwd: string, exit: number): Promise<Outcome> {
  const tree = treeOf(cwd);
  const outcome = await runProgram(args, { cwd });
  assertEquals(outcome.code, exit, `${args.join(" ")}: ${outcome.stderr}`);
  assertSameFiles(treeOf(cwd), tree);
  return outcome;
}

Deno.test("--only of what is no device: exit 3, all of them named, nothing written", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, oddFiles());
    const many = Array.from({ length: 150 }, (_, index) => `Z${index}`);
    const ids = [...many, "#0", "#8", "a7", "#01", "7", "c"];
    const args = generate(["--fileid", "id", "--only", ["A7", ...ids].join(",")]);
    const { stderr } = await refuse(args, cwd, REJECTED);
    assertMatch(
      stderr,
      RegExp(`^values.csv: has no device ${ids.map((id) => `"${id}"`).join(", ")} for --only; `),
    );
    assertMatch(stderr, /file ids are in the column "id", and numbers are #1 to #7$/m);
    const plain = await refuse(generate(["--only", "8,#7"]), cwd, REJECTED);
    assertMatch(plain.stderr, /has no device "8" for --only; file ids are 1 to 7, and/);
    Deno.mkdirSync(join(cwd, "out/bin"), { recursive: true });
    await refuse(verify(["--only", "8"]), cwd, REJECTED);
  });
});

Deno.test("--only: a file id that is another device's number is refused", async () => {
  await inTempFolder(async (cwd) => {
    const values = ODD_VALUES.replace('"A7"', '"#2"').replace('"-3"', '"#7"')
      .replace('"07"', '"#99"');
    writeFiles(cwd, { ...oddFiles(), "values.csv": values });
    const { stderr } = await refuse(
      generate(["--fileid", "id", "--only", "#2,#7,#99"]),
      cwd,
      REJECTED,
    );
    assertMatch(stderr, /file ids are the numbers of others: "#2"; --only cannot tell/);
    assertMatch(stderr, /^1 problem;/m);
    await succeed(generate(["--fileid", "id", "--only", "#7,#99,#1"]), cwd);
    assertEquals(recordedNumbers(join(cwd, "out")), [1, 4, 7]);
  });
});

Deno.test("--only without an id is a usage error", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, oddFiles());
    for (const value of ["", ",", "A7,", ",A7", "A7,,07", " ", "\n", '""', '"A7', '"A7"x']) {
      for (const command of [generate, verify]) {
        const { stderr } = await refuse(command([`--only=${value}`]), cwd, USAGE);
        assertMatch(stderr, /^error: --only /, value);
      }
    }
    await refuse(generate(["--only"]), cwd, USAGE);
    await refuse(generate(["--only", "--resume"]), cwd, USAGE);
  });
});

Deno.test("--only: a problem in another device's row rejects the run", async () => {
  await inTempFolder(async (cwd) => {
    const values = batchFiles(4)["values.csv"] as string;
    writeFiles(cwd, { ...batchFiles(4), "values.csv": `${values}SN-5,x,files/cert-0.bin,\n` });
    const { stderr } = await refuse(generate(["--only", "1"]), cwd, REJECTED);
    assertMatch(stderr, /^values\.csv:6:2 \(device 5\): /);
    assertMatch(stderr, /^1 problem;/m);
    // Which devices there are cannot be said while a row cannot be read.
    writeFiles(cwd, { "values.csv": `${values}SN-5\n` });
    const unread = await refuse(generate(["--only", "5"]), cwd, REJECTED);
    assertMatch(unread.stderr, /^values\.csv:6 \(device 5\): has 1 cell[^]*^1 problem;/m);
  });
});

/** Splits devices in two at random. */
function halves(deviceCount: number, random: () => number): [number[], number[]] {
  const all = Array.from({ length: deviceCount }, (_, index) => index + 1);
  const first = all.filter(() => random() < 0.4);
  return [first.length > 0 ? first : [1], all.filter((number) => !first.includes(number))];
}

const DEVICES = 30;

for (const kind of ["plain", "given", "derived"] as const) {
  Deno.test(`any devices first and the rest resumed are one whole run (${kind})`, async () => {
    await inTempFolder(async (folder) => {
      const inputs = batchFiles(DEVICES);
      const reference = join(folder, "reference");
      writeFiles(reference, inputs);
      const names = ["--prefix_num", "90", "3", "--fileid", "serial"];
      const options = [...KEY_OPTIONS[kind], ...names];
      const whole = await undisturbed(reference, options);
      const random = seededRandom(20261124);
      for (const jobs of ["1", "2", "3"]) {
        const cwd = join(folder, jobs);
        const outdir = join(cwd, "out");
        writeFiles(cwd, inputs);
        const [first] = halves(DEVICES, random);
        const ids = first.map((number) => random() < 0.5 ? `#${number}` : `SN-${number}`);
        const all = [...options, "--jobs", jobs];
        await succeed(generate([...all, "--only", ids.join(",")]), cwd);
        // Each file is byte for byte that of the whole run, and no other is there.
        const files = withoutManifest(outdir);
        for (const [path, hash] of Object.entries(files)) assertEquals(hash, whole.files[path]);
        const rows = manifestRows(outdir);
        assertEquals(rows.map(({ row }) => Number(row)).sort((a, b) => a - b), first);
        assertEquals(textOf(join(cwd, CREATED)), textOf(join(reference, CREATED)));
        const images = Object.keys(files).filter((path) => /^bin\/.+/.test(path));
        assertEquals(images.length, first.length);

        const stamps = stampsOf(outdir);
        const { stdout } = await succeed(generate([...all, "--resume"]), cwd);
        assertMatch(stdout, RegExp(`^${first.length} of them were done before$`, "m"));
        await assertFinished(outdir, kind, whole);
        for (const [path, stamp] of Object.entries(stamps)) {
          if (path.startsWith("bin/") || path.startsWith("keys/")) {
            assertEquals(stampsOf(outdir)[path], stamp, `${path} was written again`);
          }
        }
        assertEquals(leftOvers(cwd), []);
      }
    });
  });
}

Deno.test("--only after --only: just the chosen names have to be free", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(6));
    const whole = await undisturbed(cwd);
    await succeed(generate(["--only", "2,5"]), cwd);
    const { stderr } = await refuse(generate(["--only", "1,5"]), cwd, REJECTED);
    assertMatch(stderr, /Dev-5\.bin: exists already/);
    assertEquals(stderr.includes("Dev-2"), false, stderr);
    await refuse(generate(), cwd, REJECTED);
    await succeed(generate(["--only", "1,3,4,6"]), cwd);
    await assertFinished(join(cwd, "out"), "plain", whole);
  });
});

Deno.test("--only --resume: one damaged board is made again, the others are not looked at", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(6));
    const outdir = join(cwd, "out");
    await succeed(generate(KEY_OPTIONS.fresh), cwd);
    const tree = treeOf(outdir);
    const image = (number: number) => join(outdir, `bin/Dev-${number}.bin`);
    Deno.removeSync(image(2));
    Deno.writeTextFileSync(image(4), "damaged");
    Deno.removeSync(join(outdir, "keys/keys-Dev-5.bin"));
    const only = (...more: string[]) => generate([...KEY_OPTIONS.fresh, "--resume", ...more]);
    await refuse(only(), cwd, REJECTED);
    await refuse(only("--only", "2,5"), cwd, REJECTED);
    await succeed(only("--only", "2,#3"), cwd);
    // The same bytes under the same keys; what was not chosen is as it was left.
    assertEquals(treeOf(outdir)["bin/Dev-2.bin"], tree["bin/Dev-2.bin"]);
    assertEquals(Deno.readTextFileSync(image(4)), "damaged");
    await succeed(only("--only", "5", "--rekey"), cwd);
    const rekeyed = treeOf(outdir);
    assertEquals(rekeyed["bin/Dev-5.bin.old-1"], tree["bin/Dev-5.bin"]);
    assertEquals(manifestRows(outdir).filter(({ row }) => row === "5").length, 2);
    assertEquals(rekeyed["keys/keys-Dev-3.bin"], tree["keys/keys-Dev-3.bin"]);
    await succeed(only("--only", "4"), cwd);
    assertEquals(treeOf(outdir)["bin/Dev-4.bin"], tree["bin/Dev-4.bin"]);
    assertEquals((await runProgram(verify(KEY_OPTIONS.fresh), { cwd })).code, DONE);
  });
});

Deno.test("--only --resume with nothing there does not call the batch done", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const { stdout } = await succeed(generate(["--only", "2", "--resume"]), cwd);
    assertMatch(
      stdout,
      /^note: nothing to resume: all that is chosen is made from the beginning$/m,
    );
    const again = await succeed(generate(["--resume"]), cwd);
    assertMatch(again.stdout, /^3 devices in[^]*^1 of them were done before$/m);
  });
});

Deno.test("--only into another folder: the bytes of the whole batch", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(5));
    const whole = await undisturbed(cwd, KEY_OPTIONS.given);
    await succeed(generate([...KEY_OPTIONS.given, "--only", "4"], "again"), cwd);
    const again = withoutManifest(join(cwd, "again"));
    assertEquals(again["bin/Dev-4.bin"], whole.files["bin/Dev-4.bin"]);
    assertEquals(Object.keys(again).filter((path) => path.startsWith("bin/")).length, 2);
    assertEquals(manifestRows(join(cwd, "again")), [manifestRows(whole.outdir)[3]!]);
  });
});

Deno.test("verify --only compares the chosen, and calls nothing surplus", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(4));
    await succeed(generate(), cwd);
    Deno.removeSync(join(cwd, "out/bin/Dev-1.bin"));
    Deno.writeTextFileSync(join(cwd, "out/bin/stranger.bin"), "x");
    assertEquals((await runProgram(verify([]), { cwd })).code, DIFFERENCE);
    const good = await succeed(verify(["--only", "2,#3"]), cwd);
    assertMatch(good.stdout, /^2 devices: 2 ok, 0 with differences$/m);
    const json = JSON.parse((await succeed(verify(["--only", "4", "--json"]), cwd)).stdout);
    assertEquals([json.device_count, json.ok, json.surplus], [1, 1, []]);
    const bad = await runProgram(verify(["--only", "1,2"]), { cwd });
    assertEquals(bad.code, DIFFERENCE);
    assertMatch(bad.stdout, /^2 devices: 1 ok, 1 with differences$/m);
  });
});

Deno.test({
  name: "two runs at once with different --only: the second is a rival, and touches nothing",
  ignore: isWindows,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(2000));
    const outdir = join(cwd, "out");
    const most = Array.from({ length: 1990 }, (_, index) => `#${index + 1}`).join(",");
    const running = await whileWriting(generate(["--only", most]), cwd, 1990, async () => {
      for (const more of [[], ["--resume"], ["--shard", "1/2"]]) {
        const { stderr } = await refuse(generate(["--only", "1999", ...more]), cwd, IO);
        assertMatch(stderr, /another process works on this batch; wait for it/);
      }
    });
    const { code, stderr } = await running.outcome;
    assertEquals([code, stderr], [DONE, ""]);
    await succeed(generate(["--only", "1999"]), cwd);
    assertEquals(manifestRows(outdir).length, 1991);
  });
});

Deno.test("shards at once, each with the same --only", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(40));
    const runs = [1, 2, 3].map((index) =>
      start(generate(["--only", "3,4,5,#20", "--shard", `${index}/3`]), cwd).outcome
    );
    for (const { code, stderr } of await Promise.all(runs)) {
      assertEquals([code, stderr], [DONE, ""]);
    }
    assertEquals(recordedNumbers(join(cwd, "out")), [3, 4, 5, 20]);
  });
});

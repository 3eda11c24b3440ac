/** Nothing is overwritten, and no partial file has a final name: disks, folders and rivals. */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  type Files,
  filesIn,
  inTempFolder,
  IO,
  isCompiled,
  outcomeOf,
  programCommand,
  runProcess,
  runProgram,
  startProcess,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { assertRefused, GENERATE, REJECTED } from "./bad_inputs.ts";

const CONF = "n,namespace,\nserial,data,string\nlevel,data,u32,REPEAT\n";
const GENERATE_IN_OUT = [...GENERATE, "--keygen"];

function valuesOf(deviceCount: number, mark: string): string {
  const rows = Array.from(
    { length: deviceCount },
    (_, index) => `${mark}-${index + 1},${index === 0 ? 7 : ""}\n`,
  );
  return `serial,level\n${rows.join("")}`;
}

Deno.test("generate twice into one folder: refused, and every byte stays", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(3, "A") });
    const first = await runProgram(GENERATE_IN_OUT, { cwd });
    assertEquals([first.code, first.stderr], [0, ""]);
    const tree = treeOf(cwd);
    assertEquals(Object.keys(tree).filter((path) => path.endsWith(".bin")).length, 6);

    for (const options of [[], ["--no-csv"], ["--quiet"]]) {
      const again = await runProgram([...GENERATE_IN_OUT, ...options], { cwd });
      assertEquals(again.code, REJECTED);
      assertRefused(again);
      for (const id of [1, 2, 3]) {
        assertMatch(again.stderr, RegExp(`Dev-${id}.bin: exists already`));
      }
      assertEquals(treeOf(cwd), tree);
    }
  });
});

Deno.test("generate-key twice under one name: refused, and every byte stays", async () => {
  await inTempFolder(async (cwd) => {
    const args = ["generate-key", "--keyfile", "k", "--key_protect_hmac", "--kp_hmac_keygen"];
    assertEquals((await runProgram(args, { cwd })).code, 0);
    const tree = treeOf(cwd);
    assertEquals(filesIn(cwd), ["keys/hmac-k.bin", "keys/k.bin"]);
    const again = await runProgram(args, { cwd });
    assertEquals(again.code, REJECTED);
    assertRefused(again);
    assertEquals(treeOf(cwd), tree);
  });
});

Deno.test("another output folder, or another prefix, is no second run", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(2, "A") });
    assertEquals((await runProgram(GENERATE, { cwd })).code, 0);
    const tree = treeOf(cwd);
    const [, conf, values, , size] = GENERATE;
    for (const [prefix, outdir] of [["Dev", "out2"], ["Other", "out"]]) {
      const args = ["generate", conf!, values!, prefix!, size!, "--outdir", outdir!];
      const { code, stderr } = await runProgram(args, { cwd });
      assertEquals([code, stderr], [0, ""]);
    }
    const later = treeOf(cwd);
    for (const [path, sha256] of Object.entries(tree)) assertEquals(later[path], sha256, path);
  });
});

for (
  const [name, outdir] of [
    ["is a file", "conf.csv"],
    ["goes through a file", "conf.csv/out"],
  ] as const
) {
  Deno.test(`an output folder that ${name}: exit 3 with the path, nothing written`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, { "conf.csv": "n,namespace,\nk,data,u8\n", "values.csv": "k\n1\n" });
      const tree = treeOf(cwd);
      const generate = [...GENERATE.slice(0, 5), "--outdir", outdir];
      for (const args of [generate, ["generate-key", "--outdir", outdir]]) {
        const outcome = await runProgram(args, { cwd });
        assertEquals(outcome.code, REJECTED, outcome.stderr);
        assertMatch(outcome.stderr, /^conf\.csv: is a file, but /);
        assertRefused(outcome);
        assertEquals(treeOf(cwd), tree);
      }
    });
  });
}

for (const folder of ["bin", "csv", "keys"]) {
  Deno.test(`a file where the folder ${folder} has to go: exit 3 with the path, no device`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, {
        "conf.csv": CONF,
        "values.csv": valuesOf(3, "A"),
        [`out/${folder}`]: "a file",
      });
      const tree = treeOf(cwd);
      const outcome = await runProgram(GENERATE_IN_OUT, { cwd });
      assertEquals(outcome.code, REJECTED, outcome.stderr);
      assert(
        outcome.stderr.startsWith(`${join("out", folder)}: is a file, but a folder is needed`),
      );
      assertRefused(outcome);
      assertEquals(treeOf(cwd), tree);
    });
  });
}

const PERMISSIONS_TEST = {
  name: "no other permission is needed than to read and to write",
  ignore: isCompiled, // an executable brings its permissions
};

Deno.test(PERMISSIONS_TEST, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(2, "A") });
    const denied = ["net", "env", "run", "ffi", "sys", "import"];
    const denoFlags = denied.map((permission) => `--deny-${permission}`);
    for (
      const args of [
        [...GENERATE_IN_OUT, "--key_protect_hmac", "--kp_hmac_keygen"],
        ["generate-key", "--outdir", "keys-alone"],
        ["--help"],
      ]
    ) {
      const { code, stderr } = await runProgram(args, { cwd, denoFlags });
      assertEquals([code, stderr], [0, ""], args.join(" "));
    }
    assertEquals(programCommand().filter((word) => word.startsWith("--allow")), [
      "--allow-read",
      "--allow-write",
    ]);
  });
});

/** Runs `use` with all files of a batch of its own, made where nothing disturbs it. */
async function withReference(
  deviceCount: number,
  mark: string,
  use: (tree: Record<string, string>) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(deviceCount, mark) });
    const { code, stderr } = await runProgram(GENERATE, { cwd });
    assertEquals([code, stderr], [0, ""]);
    await use(treeOf(join(cwd, "out")));
  });
}

Deno.test("two runs at once into one folder: one wins, and no file is of both", async () => {
  const deviceCount = 300;
  await withReference(deviceCount, "A", async (ofA) => {
    await withReference(deviceCount, "B", async (ofB) => {
      await inTempFolder(async (cwd) => {
        writeFiles(cwd, {
          "conf.csv": CONF,
          "a.csv": valuesOf(deviceCount, "A"),
          "b.csv": valuesOf(deviceCount, "B"),
        });
        const [, conf, , ...rest] = GENERATE;
        const [a, b] = await Promise.all(
          ["a.csv", "b.csv"].map((values) =>
            runProcess(["generate", conf!, values, ...rest], { cwd })
          ),
        );
        const codes = [a!.code, b!.code].sort();
        assertEquals(codes[0], 0, `${a!.stderr}\n${b!.stderr}`);
        assert(codes[1] === REJECTED || codes[1] === IO, `exit statuses ${codes}`);
        const winner = a!.code === 0 ? ofA : ofB;
        const tree = treeOf(join(cwd, "out"));
        for (const [path, sha256] of Object.entries(winner)) {
          if (!path.startsWith("manifest-")) assertEquals(tree[path], sha256, path);
        }
        assertEquals(leftOvers(tree), []);
      });
    });
  });
});

/** Starts a batch of its own and calls `use` when its first image is there. */
async function withRunning(
  files: Files,
  use: (child: Deno.ChildProcess, cwd: string) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    const child = startProcess(GENERATE, { cwd });
    await someFileIn(join(cwd, "out/bin"), child);
    await use(child, cwd);
  });
}

/** Every file of a device that has its final name is the one of a run that nothing disturbed. */
function assertWholeFiles(outdir: string, whole: Record<string, string>): void {
  const files = Object.entries(treeOf(outdir))
    .filter(([path]) => /^(bin|csv|keys)\/[^/]+$/.test(path) && !isTemporary(path));
  assertGreater(files.length, 0);
  for (const [path, sha256] of files) assertEquals(whole[path], sha256, path);
}

Deno.test("a run that is killed leaves whole files only under final names", async () => {
  const values = valuesOf(2000, "A");
  await withReference(2000, "A", async (whole) => {
    await withRunning({ "conf.csv": CONF, "values.csv": values }, async (child, cwd) => {
      child.kill("SIGKILL");
      await child.output();
      assertWholeFiles(join(cwd, "out"), whole);
    });
  });
});

Deno.test("values that change while the program writes: exit 4, no device of the new ones", async () => {
  const deviceCount = 2000;
  // Metadata that makes the file many times as large as what is read at once.
  const rows = valuesOf(deviceCount, "A").trimEnd().split("\n")
    .map((row, index) => `${row},${index === 0 ? "note" : "x".repeat(800)}\n`);
  const changed = rows.toSpliced(deviceCount - 3, 1, rows[deviceCount - 3]!.replace("A-", "B-"));
  const files = { "conf.csv": CONF, "values.csv": rows.join("") };
  await withReference(deviceCount, "A", async (whole) => {
    await withRunning(files, async (child, cwd) => {
      Deno.writeTextFileSync(join(cwd, "values.csv"), changed.join(""));
      const { code, stderr } = await outcomeOf(child);
      assertEquals(code, IO, stderr);
      assertMatch(stderr, /Cannot use "values.csv": it was changed while the program ran/);
      assertWholeFiles(join(cwd, "out"), whole);
    });
  });
});

/** Resolves when a file is in a folder, while a process runs that puts it there. */
async function someFileIn(folder: string, process: Deno.ChildProcess): Promise<void> {
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  while (!hasEnded) {
    try {
      for (const { name } of Deno.readDirSync(folder)) if (!isTemporary(name)) return;
    } catch {
      // The folder is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Cannot see a file in "${folder}": the program ended without one`);
}

function isTemporary(path: string): boolean {
  return /(^|\/)\./.test(path);
}

function leftOvers(tree: Record<string, string>): string[] {
  return Object.keys(tree).filter(isTemporary);
}

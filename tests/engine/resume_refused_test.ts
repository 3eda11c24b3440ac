/** `--resume` with something else than the run had: refused, saying what, nothing touched. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  inTempFolder,
  pool,
  POOL_WIDTH,
  REJECTED,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  copyFolder,
  CREATED,
  generate,
  KEY_OPTIONS,
  manifestRows,
  PREFIX,
  succeed,
  undisturbed,
  withoutManifest,
} from "./batch.ts";
import { killAfter, KILLED, signalled, start, untilRecorded } from "./running.ts";

const DEVICES = 4;

const CONFIGURATION = "the configuration";
const VALUES = "the values file";
const CELL_FILE = "a file that the values name";
const SIZE = "the size";
const VERSION = "--version";
const NAMES = "the names (prefix, --prefix_num, --fileid)";
const KEYS = "the keys (--keygen, --inputkey, --key_protect_hmac, --kp_hmac_…)";
const CSV = "--no-csv";
const ALL = [CONFIGURATION, VALUES, CELL_FILE, SIZE, VERSION, NAMES, KEYS, CSV];

/** A run to resume, and what is different when it is resumed. */
interface Change {
  name: string;
  /** Options of the run. */
  options?: readonly string[];
  /** Options of the resumption, in place of those. */
  resumedOptions?: readonly string[];
  resumedSize?: string;
  change?(cwd: string): void;
  /** What has to be named; everything else must not be. */
  says: readonly string[];
}

function replaceIn(path: string, from: string, to: string): (cwd: string) => void {
  return (cwd) => {
    const fullPath = join(cwd, path);
    Deno.writeTextFileSync(fullPath, Deno.readTextFileSync(fullPath).replace(from, to));
  };
}

const CHANGES: Change[] = [
  { name: "configuration", change: replaceIn("conf.csv", "u32", "u16"), says: [CONFIGURATION] },
  {
    name: "a comment in the configuration",
    change: replaceIn("conf.csv", "n,", "# n\nn,"),
    says: [CONFIGURATION],
  },
  { name: "a value", change: replaceIn("values.csv", "SN-3", "SN-9"), says: [VALUES] },
  {
    name: "one device more",
    change: replaceIn("values.csv", "SN-4,", "SN-4,,files/cert-0.bin,\nSN-5,"),
    says: [VALUES],
  },
  {
    name: "a file that a cell names",
    change: (cwd) => Deno.writeTextFileSync(join(cwd, "files/cert-2.bin"), "another"),
    says: [CELL_FILE],
  },
  {
    name: "a file for all devices, and a value",
    change: (cwd) => {
      Deno.writeTextFileSync(join(cwd, "files/common.hex"), "aa55");
      replaceIn("values.csv", "SN-3", "SN-9")(cwd);
    },
    says: [VALUES, CELL_FILE],
  },
  { name: "size", resumedSize: "0x4000", says: [SIZE] },
  { name: "format version", resumedOptions: ["--version", "1"], says: [VERSION] },
  { name: "keys now", resumedOptions: ["--keygen"], says: [KEYS] },
  { name: "no keys any more", options: ["--keygen"], resumedOptions: [], says: [KEYS] },
  {
    name: "given keys in place of fresh ones",
    options: ["--keygen"],
    resumedOptions: ["--inputkey", "keys.bin"],
    says: [KEYS],
  },
  {
    name: "other bytes in the key file",
    options: ["--inputkey", "keys.bin"],
    change: (cwd) => Deno.copyFileSync(join(cwd, "other-keys.bin"), join(cwd, "keys.bin")),
    says: [KEYS],
  },
  {
    name: "another HMAC key",
    options: ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "hmac.bin"],
    change: (cwd) => Deno.writeFileSync(join(cwd, "hmac.bin"), new Uint8Array(32).fill(9)),
    says: [KEYS],
  },
  { name: "--no-csv now", resumedOptions: ["--no-csv"], says: [CSV] },
  { name: "no --no-csv any more", options: ["--no-csv"], resumedOptions: [], says: [CSV] },
];

Deno.test("--resume with something changed: exit 3 naming it, nothing touched", async (t) => {
  await inTempFolder(async (folder) => {
    writeFiles(folder, { ...batchFiles(DEVICES) });
    await succeed(["generate-key", "--outdir", ".", "--keyfile", "other-keys"], folder);
    Deno.renameSync(join(folder, "keys/other-keys.bin"), join(folder, "other-keys.bin"));
    const results = await pool(CHANGES, POOL_WIDTH, async (row) => {
      const cwd = join(folder, "runs", row.name);
      writeFiles(cwd, batchFiles(DEVICES));
      Deno.copyFileSync(join(folder, "other-keys.bin"), join(cwd, "other-keys.bin"));
      const { options = [], resumedOptions = options, resumedSize = "0x3000", change } = row;
      await succeed(generate(options), cwd);
      Deno.removeSync(join(cwd, "out/bin", `${PREFIX}-2.bin`)); // something to do
      if (!options.includes("--no-csv")) Deno.removeSync(join(cwd, CREATED));
      change?.(cwd);
      const before = treeOf(cwd);
      const args = generate([...resumedOptions, "--resume"])
        .map((word) => word === "0x3000" ? resumedSize : word);
      const outcome = await runProgram(args, { cwd });
      return { outcome, before, after: treeOf(cwd) };
    });
    for (const [index, { name, says }] of CHANGES.entries()) {
      await t.step(name, () => {
        const { outcome: { code, stdout, stderr }, before, after } = results[index]!;
        assertEquals([code, stdout], [REJECTED, ""], stderr);
        const [, changed] = /had other inputs or options: (.*) changed;/.exec(stderr) ?? [];
        assertEquals(ALL.filter((part) => changed?.includes(part)), says, stderr);
        assertEquals(after, before);
      });
    }
  });
});

Deno.test("--resume with another --kp_hmac_keyfile: refused, nothing touched", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(1));
    const options = [...KEY_OPTIONS.freshHmac, "--no-csv"];
    await succeed(generate([...options, "--kp_hmac_keyfile", "one"]), cwd);
    const tree = treeOf(cwd);
    for (const other of [["--kp_hmac_keyfile", "two"], []]) {
      const { code, stderr } = await runProgram(generate([...options, ...other, "--resume"]), {
        cwd,
      });
      assertEquals(code, REJECTED, stderr);
      assertStringIncludes(stderr, KEYS);
      assertSameFiles(treeOf(cwd), tree);
    }
  });
});

Deno.test("--resume of a killed run with another prefix_num or file id: refused, nothing touched", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(2000));
    const running = start(generate(["--prefix_num", "1", "4"]), cwd);
    await untilRecorded(10, running, join(cwd, "out"));
    assertEquals((await signalled(running, "SIGKILL")).code, KILLED);
    const tree = treeOf(cwd);
    for (const options of [["--prefix_num", "2", "4"], ["--fileid", "serial"], []]) {
      const { code, stderr } = await runProgram(generate([...options, "--resume"]), { cwd });
      assertEquals(code, REJECTED, stderr);
      assertStringIncludes(stderr, NAMES);
      assertSameFiles(treeOf(cwd), tree);
    }
  });
});

Deno.test("--resume with nothing to resume: says so, and does the whole batch", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const reference = await undisturbed(cwd);
    const { stdout } = await succeed(generate(["--resume"]), cwd);
    assertMatch(stdout, /^note: nothing to resume: the whole batch is made from the beginning$/m);
    await assertFinished(join(cwd, "out"), "plain", reference);

    const again = await succeed(generate(["--resume"]), cwd);
    assertMatch(again.stdout, new RegExp(`^${DEVICES} of them were done before$`, "m"));
    assertEquals(again.stdout.includes("nothing to resume"), false);
    await assertFinished(join(cwd, "out"), "plain", reference);
  });
});

Deno.test("a run killed before it wrote anything: --resume does the whole batch", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const reference = await undisturbed(cwd);
    Deno.removeSync(join(cwd, CREATED));
    assertEquals((await killAfter(20, generate(), cwd)).code, KILLED);
    await succeed(generate(["--resume"]), cwd);
    await assertFinished(join(cwd, "out"), "plain", reference);
  });
});

Deno.test("a second batch of the same prefix appends to the manifest, and both can be resumed", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(DEVICES));
    const outdir = join(cwd, "out");
    const [first, second] = [["--prefix_num", "1", "4"], ["--prefix_num", "101", "4", "--keygen"]];
    await succeed(generate(first), cwd);
    const firstManifest = Deno.readTextFileSync(join(outdir, `manifest-${PREFIX}.csv`));
    await succeed(generate(second), cwd);
    const manifest = Deno.readTextFileSync(join(outdir, `manifest-${PREFIX}.csv`));
    assertEquals(manifest.slice(0, firstManifest.length), firstManifest);
    const rows = manifestRows(outdir);
    assertEquals(rows.length, 2 * DEVICES);
    assertEquals(new Set(rows.map(({ batch }) => batch)).size, 2);

    const files = withoutManifest(outdir);
    for (const options of [first!, second!]) {
      const { stdout } = await succeed(generate([...options, "--resume"]), cwd);
      assertMatch(stdout, new RegExp(`^${DEVICES} of them were done before$`, "m"));
    }
    assertSameFiles(withoutManifest(outdir), files);
    assertEquals(manifestRows(outdir), rows);

    Deno.removeSync(join(outdir, "bin", `${PREFIX}-0002-2.bin`));
    await succeed(generate([...first!, "--resume"]), cwd);
    assertSameFiles(withoutManifest(outdir), files);
    const byImage = (a: Record<string, string>, b: Record<string, string>) =>
      a.image! < b.image! ? -1 : 1;
    assertEquals(manifestRows(outdir).sort(byImage), rows.sort(byImage));
  });
});

Deno.test("files of another batch in the way: refused with and without --resume", async () => {
  await inTempFolder(async (folder) => {
    const cwd = join(folder, "a");
    writeFiles(cwd, batchFiles(DEVICES));
    await succeed(generate(), cwd);
    copyFolder(cwd, join(folder, "b"));
    writeFiles(join(folder, "b"), batchFiles(DEVICES + 1, "OTHER"));
    Deno.removeSync(join(folder, "b", CREATED));
    const tree = treeOf(join(folder, "b"));
    for (const options of [[], ["--resume"], ["--resume", "--keygen"]]) {
      const { code, stderr } = await runProgram(generate(options), { cwd: join(folder, "b") });
      assertEquals(code, REJECTED);
      // One line tells a run to resume what changed; the files would only say the same again.
      assertMatch(
        withSlashes(stderr),
        options.includes("--resume")
          ? /manifest-Dev\.csv: the run to resume had other inputs or options: .*the values file/
          : /bin\/Dev-1\.bin: exists already/,
      );
      assertSameFiles(treeOf(join(folder, "b")), tree);
    }
  });
});

Deno.test("a file of unknown origin in the way of a batch that never began: refused", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...batchFiles(DEVICES), "out/bin/Dev-2.bin": "somebody's" });
    const tree = treeOf(cwd);
    const { code, stderr } = await runProgram(generate(["--resume"]), { cwd });
    assertEquals(code, REJECTED);
    assertMatch(withSlashes(stderr), /bin\/Dev-2\.bin: exists already/);
    assertSameFiles(treeOf(cwd), tree);
  });
});

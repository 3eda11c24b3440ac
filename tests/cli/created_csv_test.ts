/** Where `<values>_created.csv` goes: `--created-csv`. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  type Files,
  filesIn,
  inTempFolder,
  isCompiled,
  type Outcome,
  projectPath,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { canMountRamDisk, ramDiskFault, system, unmount } from "../mounts.ts";
import { type BadInput, GENERATE, REJECTED, testBadInputs, USAGE } from "./bad_inputs.ts";

const CONF = "n,namespace,\nk,data,u8,REPEAT\nj,data,string\n";
const VALUES = "k,id,j\n7,A,x\n,B,y\n";
const CREATED = "k,id,j\r\n7,A,x\r\n7,B,y\r\n";
const INPUT: Files = { "conf.csv": CONF, "values.csv": VALUES };
const WAY_OUT =
  "name another place with --created-csv PATH, or leave it out with --created-csv none";

/** A tree without the manifest, and the batch ids in that. */
function batchOf(cwd: string): { ids: string[]; tree: Record<string, string> } {
  const tree = treeOf(join(cwd, "out"));
  const [, ...rows] = Deno.readTextFileSync(join(cwd, "out/manifest-Dev.csv")).trim().split("\n");
  return { ids: rows.map((row) => row.split(",")[0]!), tree };
}

Deno.test("--created-csv PATH: the file goes there, and the batch is the same", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUT, "elsewhere/": "" });
    assertEquals((await runProgram(GENERATE, { cwd })).code, 0);
    const byDefault = batchOf(cwd);
    assertEquals(Deno.readTextFileSync(join(cwd, "values_created.csv")), CREATED);
    Deno.removeSync(join(cwd, "values_created.csv"));

    const places = ["elsewhere/c.csv", join(cwd, "absolute.txt"), "out/c.csv", "./none"];
    for (const place of places) {
      Deno.removeSync(join(cwd, "out"), { recursive: true });
      const options = ["--created-csv", place, "--json"];
      const { code, stdout, stderr } = await runProgram([...GENERATE, ...options], { cwd });
      assertEquals([code, stderr], [0, ""], place);
      assertEquals(JSON.parse(stdout).files.created_csv, place);
      const path = place.startsWith(cwd) ? place : join(cwd, place);
      assertEquals(Deno.readTextFileSync(path), CREATED);
      Deno.removeSync(path);
      assertEquals(batchOf(cwd), byDefault, place);
      assert(!filesIn(cwd).some((name) => /_created|\.tmp$/.test(name)), filesIn(cwd).join(" "));
    }
  });
});

Deno.test("--created-csv none: no such file, and the intermediate CSVs all the same", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    for (const options of [["--created-csv", "none"], ["--created_csv=none", "--resume"]]) {
      const { code, stdout, stderr } = await runProgram([...GENERATE, ...options], { cwd });
      assertEquals([code, stderr], [0, ""]);
      assert(!stdout.includes("created"), stdout);
    }
    assertEquals(filesIn(cwd), [
      ...["conf.csv", "out/bin/Dev-1.bin", "out/bin/Dev-2.bin"],
      ...["out/csv/Dev-1.csv", "out/csv/Dev-2.csv", "out/manifest-Dev.csv", "values.csv"],
    ]);
  });
});

Deno.test("--created-csv none goes with --no-csv", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    const options = ["--no-csv", "--created-csv", "none"];
    const { code, stderr } = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals([code, stderr], [0, ""]);
    assert(!filesIn(cwd).some((path) => /_created|\/csv\//.test(path)));
  });
});

Deno.test("--created-csv PATH where nothing repeats: a note, and no file", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": "n,namespace,\nk,data,u8\n", "values.csv": "k\n1\n" });
    const options = ["--created-csv", "c.csv"];
    const { code, stdout, stderr } = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      stdout,
      "note: --created-csv has no effect: the configuration has no REPEAT",
    );
    assert(!filesIn(cwd).includes("c.csv"));
  });
});

Deno.test("values in a folder that the batch has too: the file is beside them all the same", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "csv/values.csv": VALUES });
    const args = ["generate", "conf.csv", "csv/values.csv", "Dev", "0x3000"];
    const { code, stderr } = await runProgram(args, { cwd });
    assertEquals([code, stderr], [0, ""]);
    assert(filesIn(cwd).includes("csv/values_created.csv"));
  });
});

Deno.test("--dry-run names the place of --created-csv; verify takes the whole command line", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    const options = ["--created-csv", "c.csv"];
    const dry = await runProgram([...GENERATE, ...options, "--dry-run"], { cwd });
    assertEquals([dry.code, dry.stderr], [0, ""]);
    assertStringIncludes(dry.stdout, "also: c.csv\n");
    assertEquals((await runProgram([...GENERATE, ...options], { cwd })).code, 0);
    // It is none of its files, so that it may be anywhere, or gone.
    for (const place of ["c.csv", "none", "nowhere/c.csv", "out/bin/Dev-1.bin"]) {
      const verify = ["verify", ...GENERATE.slice(1), "--created-csv", place];
      const { code, stderr } = await runProgram(verify, { cwd });
      assertEquals([code, stderr], [0, ""]);
    }
  });
});

Deno.test("the file of an earlier try stays as it is; each way out that is named works", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUT, "values_created.csv": "precious" });
    const before = treeOf(cwd);
    const refused = await runProgram(GENERATE, { cwd });
    assertEquals(refused, {
      code: REJECTED,
      stdout: "",
      stderr: "values_created.csv: exists already, with other contents; move it away, " +
        `${WAY_OUT}\n1 problem; nothing was written\n` +
        "to learn more: mfg_gen explain created-csv-exists\n",
    });
    assertEquals(treeOf(cwd), before);
    const ways = [["--created-csv", "c.csv"], ["--created-csv", "none"], ["--no-csv"]];
    for (const [index, options] of ways.entries()) {
      const args = [...GENERATE.slice(0, -1), `out-${index}`, ...options];
      const { code, stderr } = await runProgram(args, { cwd });
      assertEquals([code, stderr], [0, ""]);
    }
    assertEquals(Deno.readTextFileSync(join(cwd, "values_created.csv")), "precious");
  });
});

function place(path: string, says: string, more: Partial<BadInput> = {}): BadInput {
  return {
    name: `--created-csv ${path}`,
    conf: CONF,
    values: VALUES,
    options: ["--created-csv", path],
    says: [`${path.replace(/^\.\//, "./")}: ${says}`, WAY_OUT],
    problems: 1,
    ...more,
  };
}

testBadInputs("places that --created-csv cannot have are refused", [
  place("values.csv", "is the values file"),
  place("./values.csv", "is the values file"),
  // Its contents would be right.
  place("values.csv", "is the values file", { name: "a filled-in values file", values: CREATED }),
  place("conf.csv", "is the configuration"),
  place("out", "is the output folder"),
  place("out/manifest-Dev.csv", "is the manifest"),
  place("out/../out/manifest-dev.csv", "is the manifest"),
  place("out/bin/Dev-1.bin", 'is in "out/bin", for the devices'),
  place("out/csv/c.csv", 'is in "out/csv", for the devices'),
  place("out/keys/sub/c.csv", 'is in "out/keys", for the devices'),
  place("out/csv", 'is in "out/csv", for the devices'),
  place("out/.mfg_gen-c.csv", "is a name of the run"),
  place("h.bin", "", {
    name: "--kp_hmac_keyfile and --created-csv are one",
    values: "k,id,j\n7,A,x\n",
    options: [
      ...["--keygen", "--key_protect_hmac", "--kp_hmac_keygen", "--kp_hmac_keyfile", "h"],
      ...["--created-csv", "out/keys/h.bin"],
    ],
    says: ['out/keys/h.bin: is in "out/keys", for the devices'],
  }),
  place("there.csv", "exists already, with other contents; move it away", {
    files: { "there.csv": "precious" },
  }),
  place("folder", "exists already, and is no regular file; move it away", {
    files: { "folder/": "" },
  }),
  place("nowhere/c.csv", 'cannot be written: its folder "nowhere" does not exist'),
  place("values.csv/c.csv", 'cannot be written: "values.csv" is no folder'),
  place("", "", {
    name: "--created-csv=",
    options: ["--created-csv="],
    exit: USAGE,
    says: ["--created-csv needs PATH|none"],
  }),
  place("folder/", "", { exit: USAGE, says: ['--created-csv "folder/" names a folder'] }),
  place("..", "", { exit: USAGE, says: ['--created-csv ".." names a folder'] }),
  place("c.csv", "", {
    name: "--no-csv --created-csv PATH",
    options: ["--no-csv", "--created-csv", "c.csv"],
    exit: USAGE,
    says: ["--no-csv leaves <values>_created.csv out", "give one of them"],
  }),
]);

Deno.test("an absolute --kp_hmac_keyfile is no place for --created-csv", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUT, "values.csv": "k,id,j\n7,A,x\n" });
    const path = join(cwd, "h.bin");
    const hmac = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen", "--kp_hmac_keyfile", path];
    const before = treeOf(cwd);
    const args = [...GENERATE, ...hmac, "--created-csv", "h.bin"];
    const { code, stderr } = await runProgram(args, { cwd });
    assertEquals(code, REJECTED);
    assertStringIncludes(stderr, `h.bin: is the HMAC key; ${WAY_OUT}`);
    assertEquals(treeOf(cwd), before);
  });
});

const ARGS = ["generate", "in/conf.csv", "in/values.csv", "Dev", "0x3000", "--outdir", "out"];
const WAYS_OUT = [
  ["--created-csv", "out/c.csv"],
  ["--created-csv", "none"],
  ["--no-csv"],
];

/** Runs in a folder whose `in/` cannot be written: refused before a write, until a way out is taken. */
async function assertWaysOut(
  cwd: string,
  fault: string,
  run: (args: readonly string[]) => Promise<Outcome>,
): Promise<void> {
  const before = treeOf(cwd);
  for (const command of [ARGS, [...ARGS, "--dry-run"], [...ARGS, "--keygen"]]) {
    const { code, stdout, stderr } = await run(command);
    assertEquals([code, stdout], [REJECTED, ""], stderr);
    assertEquals(
      withSlashes(stderr),
      `in/values_created.csv: cannot be written: ${fault}; ${WAY_OUT}\n` +
        "1 problem; nothing was written\nto learn more: mfg_gen explain output-folder\n",
    );
    assertEquals(treeOf(cwd), before);
  }
  for (const way of WAYS_OUT) {
    const { code, stderr } = await run([...ARGS, ...way]);
    assertEquals([code, stderr], [0, ""], way.join(" "));
    assertEquals(filesIn(cwd).includes("out/c.csv"), way.includes("out/c.csv"));
    Deno.removeSync(join(cwd, "out"), { recursive: true });
    Deno.mkdirSync(join(cwd, "out"));
  }
}

Deno.test("values on a read-only disk: exit 3 before a write, with the way out", {
  ignore: !await canMountRamDisk(),
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in/": "", "out/": "" });
    const disk = join(cwd, "in");
    assertEquals(await ramDiskFault(disk, "1m"), undefined);
    try {
      writeFiles(disk, INPUT);
      await system("mount", "-o", "remount,ro", disk);
      await assertWaysOut(cwd, "Read-only file system", (args) => runProgram(args, { cwd }));
    } finally {
      await unmount(disk);
    }
  });
});

Deno.test("--allow-write=out: exit 3 before a write, with the way out", {
  ignore: isCompiled, // an executable brings its permissions
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in/conf.csv": CONF, "in/values.csv": VALUES, "out/": "" });
    const fault = "the program was started without the permission for that";
    await assertWaysOut(cwd, fault, async (args) => {
      const flags = [
        "--quiet",
        "--no-prompt",
        "--cached-only",
        "--allow-read",
        "--allow-write=out",
      ];
      const config = `--config=${projectPath("deno.json")}`;
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", ...flags, config, projectPath("main.ts"), ...args],
        cwd,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    });
  });
});

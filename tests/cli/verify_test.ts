/** `verify` on sound batches, on rejected input, and the shape of its reports. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  type Files,
  inTempFolder,
  type Outcome,
  pool,
  POOL_WIDTH,
  projectPath,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import { HMAC_KEY, KEY_PARTITION } from "./key_files.ts";

const VECTORS = projectPath("testdata/vectors");
const NO_MANIFEST = "note: there is no manifest to compare hashes with\n";

const CONF = `device,namespace,
serial,data,string
level,data,u8
cal,namespace,
gain,data,i32,REPEAT
cert,file,binary
token,data,base64
empty,namespace,
`;
const VALUES = `id,serial,level,gain,cert,token
A,SN-A,1,-5,cert.bin,c2VjcmV0LUE=
B.2,SN-B,2,,cert.bin,c2VjcmV0LUI=
C,,3,,cert.bin,
`;
const NAMES = ["Dev-1", "Dev-2", "Dev-3"];

function inputs(values = VALUES): Files {
  const cert = Uint8Array.from({ length: 700 }, (_, index) => index * 31 & 0xFF);
  return {
    "conf.csv": CONF,
    "values.csv": values,
    "cert.bin": cert,
    "keys.bin": KEY_PARTITION,
    "hmac.bin": HMAC_KEY,
  };
}

function batch(command: "generate" | "verify", options: readonly string[], size = "0x3000") {
  return [command, "conf.csv", "values.csv", "Dev", size, "--outdir", "out", ...options];
}

async function generate(cwd: string, options: readonly string[] = [], size?: string) {
  const outcome = await runProgram(batch("generate", options, size), { cwd });
  assertEquals([outcome.code, outcome.stderr], [0, ""], options.join(" "));
}

/** Runs `verify`, which must leave every file as it is. */
async function verify(args: readonly string[], cwd: string): Promise<Outcome> {
  const before = treeOf(cwd);
  const outcome = await runProgram(args, { cwd });
  assertEquals(treeOf(cwd), before, "verify wrote something");
  return outcome;
}

function report(names: readonly string[], keyCount: number, notes = ""): string {
  const count = names.length;
  return names.map((name) => `${name}.bin: ok, ${keyCount} keys\n`).join("") +
    `${count} ${count === 1 ? "device" : "devices"}: ${count} ok, 0 with differences; ` +
    `no surplus images\n${notes}`;
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
}

Deno.test("every batch that Espressif's utility made passes, with its own options", async (t) => {
  const cases = [...Deno.readDirSync(VECTORS)]
    .filter((entry) => entry.isDirectory)
    .map(({ name }) => name)
    .map((name) => ({
      name,
      argv: JSON.parse(Deno.readTextFileSync(join(VECTORS, name, "case.json"))).argv as string[],
    }))
    .filter(({ argv }) => argv[0] === "generate");
  assert(cases.length >= 23, `only ${cases.length} vectors were found`);
  const outcomes = await pool(cases, POOL_WIDTH, ({ name, argv }) =>
    inTempFolder(async (cwd) => {
      copyFolder(join(VECTORS, name, "in"), cwd);
      copyFolder(join(VECTORS, name, "out"), join(cwd, "out"));
      return await verify(["verify", ...argv.slice(1)], cwd);
    }));
  for (const [index, { name }] of cases.entries()) {
    await t.step(name, () => {
      const { code, stdout, stderr } = outcomes[index]!;
      assertEquals([code, stderr], [0, ""], stdout);
      const images = [...Deno.readDirSync(join(VECTORS, name, "out", "bin"))];
      for (const image of images) {
        assertMatch(stdout, RegExp(`^${image.name}: ok, \\d+ keys?$`, "m"));
      }
      assertMatch(stdout, RegExp(`^${images.length} devices?: ${images.length} ok, 0 with `, "m"));
      assertStringIncludes(stdout, "; no surplus images\n");
      assert(stdout.endsWith(NO_MANIFEST), stdout);
    });
  }
});

const HMAC = ["--keygen", "--key_protect_hmac"];
const ONE_DEVICE = VALUES.split("\n").slice(0, 2).join("\n");

/** The vectors have the other sizes, and version 1 in clear. */
const BATCHES: readonly {
  options: readonly string[];
  size?: string;
  values?: string;
  names?: readonly string[];
}[] = [
  { options: [] },
  { options: ["--inputkey", "keys.bin"], size: "0x1000" },
  { options: ["--keygen"] },
  { options: [...HMAC, "--kp_hmac_inputkey", "hmac.bin"], size: "65536" },
  { options: [...HMAC, "--kp_hmac_keygen"] },
  {
    options: [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", "sub/line"],
    values: ONE_DEVICE,
    names: ["Dev-1"],
  },
  { options: ["--version", "1", "--keygen"], size: "0x2000" },
  {
    options: ["--prefix_num", "9", "3", "--fileid", "id", "--keygen"],
    names: ["Dev-009-A", "Dev-010-B.2", "Dev-011-C"],
  },
];

Deno.test("a fresh batch passes", async (t) => {
  const outcomes = await pool(
    BATCHES,
    POOL_WIDTH,
    ({ options, size, values }) =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, inputs(values));
        await generate(cwd, options, size);
        return await verify(batch("verify", options, size), cwd);
      }),
  );
  for (const [index, { options, size, values, names = NAMES }] of BATCHES.entries()) {
    const what = [...options, size, values && "one device"].filter((part) => part !== undefined);
    await t.step(what.join(" ") || "without options", () => {
      const { code, stdout, stderr } = outcomes[index]!;
      assertEquals([code, stderr], [0, ""], stdout);
      const [lines, notes] = stdout.split(/(?<=surplus images\n)/);
      assertEquals(lines, report(names, 5));
      const isReadOnly = size === "0x1000" || size === "0x2000";
      assert(!notes?.includes("no manifest"), stdout);
      if (!isReadOnly) assertEquals(notes, undefined);
    });
  }
});

Deno.test("no intermediate CSVs are needed; --no-csv is taken as generate takes it", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    await generate(cwd, ["--no-csv"]);
    const without = await verify(batch("verify", []), cwd);
    assertEquals([without.code, without.stdout], [0, report(NAMES, 5)]);
    const { code, stdout, stderr } = await verify(batch("verify", ["--no-csv"]), cwd);
    assertEquals([code, stdout, stderr], [0, report(NAMES, 5), ""]);
  });
});

Deno.test("an HMAC key file with an absolute path is read from there", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs(ONE_DEVICE));
    const path = join(cwd, "elsewhere.bin");
    const options = [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", path];
    await generate(cwd, options);
    const { code, stdout, stderr } = await verify(batch("verify", options), cwd);
    assertEquals([code, stderr], [0, ""], stdout);
    assert(stdout.startsWith(report(["Dev-1"], 5)), stdout);
  });
});

Deno.test("without --outdir the images are looked for in the current folder", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    const args = ["conf.csv", "values.csv", "Dev", "0x3000"];
    assertEquals((await runProgram(["generate", ...args], { cwd })).code, 0);
    const { code, stdout } = await verify(["verify", ...args], cwd);
    assertEquals([code, stdout], [0, report(NAMES, 5)]);
  });
});

Deno.test("shards: each passes alone, the whole passes when all are there", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    await generate(cwd, ["--shard", "1/2"]);
    const first = await verify(batch("verify", ["--shard", "1/2"]), cwd);
    assertEquals([first.code, first.stdout], [0, report(["Dev-1", "Dev-3"], 5)]);
    const half = await verify(batch("verify", []), cwd);
    assertEquals([half.code, half.stderr], [5, ""]);
    assertStringIncludes(half.stdout, "\nDev-2.bin: bin/Dev-2.bin cannot be read: ");
    assertStringIncludes(half.stdout, "\n3 devices: 2 ok, 1 with differences; no surplus images\n");

    await generate(cwd, ["--shard", "2/2"]);
    const second = await verify(batch("verify", ["--shard", "2/2"]), cwd);
    assertEquals([second.code, second.stdout], [0, report(["Dev-2"], 5)]);
    const whole = await verify(batch("verify", []), cwd);
    assertEquals([whole.code, whole.stdout], [0, report(NAMES, 5)]);
  });
});

Deno.test("a folder that holds several batches: only those of this one count", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    const second = VALUES.replaceAll("SN-", "XX-").replace(/^([AC]|B\.2),/gm, "2-$1,");
    writeFiles(cwd, { "second.csv": second });
    await generate(cwd, ["--fileid", "id"]);
    const other = (prefix: string, command: string) => {
      const args = [command, "conf.csv", "second.csv", prefix, "0x3000", "--outdir", "out"];
      return [...args, "--fileid", "id"];
    };
    for (const prefix of ["Dev", "Other"]) {
      assertEquals((await runProgram(other(prefix, "generate"), { cwd })).code, 0);
    }
    // What an interrupted run leaves is for --resume to clear up, and what --rekey keeps is known.
    const staging = ".mfg_gen-0123456789abcdef-1-of-1-0123456789abcdef";
    writeFiles(cwd, { [`out/${staging}/0/0`]: "half", "out/bin/Dev-A.bin.old-1": "old" });
    const names = ["Dev-A", "Dev-B.2", "Dev-C"];
    const first = await verify(batch("verify", ["--fileid", "id"]), cwd);
    assertEquals([first.code, first.stdout], [0, report(names, 5)]);
    const again = await verify(other("Dev", "verify"), cwd);
    assertEquals(again.stdout, report(["Dev-2-A", "Dev-2-B.2", "Dev-2-C"], 5));
  });
});

Deno.test("--json and --quiet of a sound batch, and without its manifest", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    await generate(cwd);
    const quiet = await verify(batch("verify", ["--quiet"]), cwd);
    assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
    Deno.removeSync(join(cwd, "out", "manifest-Dev.csv"));
    const { code, stdout, stderr } = await verify(batch("verify", ["--json"]), cwd);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout), {
      devices: NAMES.map((name) => ({
        name,
        image: `bin/${name}.bin`,
        ok: true,
        keys: 5,
        differences: [],
      })),
      device_count: 3,
      ok: 3,
      different: 0,
      surplus: [],
      report: null,
      notes: ["there is no manifest to compare hashes with"],
    });
  });
});

Deno.test("bad input is rejected before any image is read, with every problem", async () => {
  const rows: readonly [files: Files, options: string[], code: number, says: string[]][] = [
    [{ "values.csv": VALUES.replace("SN-B,2,", "SN-B,256,").replace(",3,,", ",x,,") }, [], 3, [
      'values.csv:3:3 (device 2): key "level": 256 does not fit u8; it takes 0 to 255\n',
      'values.csv:4:3 (device 3): key "level": "x" is not a whole number',
      "\n2 problems; nothing was ",
    ]],
    [{ "conf.csv": CONF.replace("u8", "u9") }, [], 3, ['conf.csv:3:3: key "level": encoding']],
    [{ "cert.bin": new Uint8Array(9000) }, [], 3, ['the data of "Dev-1" needs 0x4000, has 0x3000']],
    [{ "values.csv": VALUES.split("\n")[0]! }, [], 3, ["values.csv"]],
    [{ "values.csv": VALUES.replace("B.2,", "A,") }, ["--fileid", "id"], 3, ["values.csv:3:1"]],
    [{ "keys.bin": new Uint8Array(32) }, ["--inputkey", "keys.bin"], 3, ["keys.bin: has 32 bytes"]],
    [{}, ["--inputkey", "nokeys.bin"], 3, ["nokeys.bin: does not exist; check the path"]],
    [{}, [], 3, [`${join("out", "bin")}: does not exist; check --outdir`]],
    [{ "out/bin": "x" }, [], 3, [`${join("out", "bin")}: is no folder of images; check --outdir`]],
    [{ out: "x" }, [], 3, ["out: is no folder of images; check --outdir"]],
    [{}, ["--key_protect_hmac"], 2, ["error: --key_protect_hmac needs --keygen"]],
    [{}, ["--html", "page"], 2, ["--html"]],
  ];
  await pool(rows, POOL_WIDTH, ([files, options, code, says]) =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { ...inputs(), ...files });
      const outcome = await verify(batch("verify", options), cwd);
      assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
      for (const part of says) assertStringIncludes(outcome.stderr, part);
    }));
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...inputs(), "values.csv": "id\nA\n" });
    const { code, stdout } = await verify(batch("verify", ["--json"]), cwd);
    const { exit, problem_count, problems } = JSON.parse(stdout);
    assertEquals([code, exit, problem_count], [3, 3, problems.length]);
  });
});

/** How many times as long as `generate`, on any machine; it should take about as long. */
const MAX_RATIO = 10;

Deno.test("a thousand devices are verified in about the time that they were written in", async () => {
  await inTempFolder(async (cwd) => {
    const rows = Array.from({ length: 1000 }, (_, index) => `${index},SN-${index},7,1,cert.bin,\n`);
    writeFiles(cwd, inputs(VALUES.split("\n")[0] + "\n" + rows.join("")));
    const options = ["--inputkey", "keys.bin"];
    const startedAt = performance.now();
    await generate(cwd, [...options, "--no-csv"]);
    const writtenAt = performance.now();
    const { code, stdout } = await runProgram(batch("verify", options), { cwd });
    const ratio = (performance.now() - writtenAt) / (writtenAt - startedAt);
    assertEquals(code, 0);
    assertStringIncludes(
      stdout,
      "\n1000 devices: 1000 ok, 0 with differences; no surplus images\n",
    );
    assert(ratio < MAX_RATIO, `${ratio} times as long`);
  });
});

Deno.test("every option of generate is one of verify, hidden where it means nothing there", () => {
  const known = flagsOf("verify").map(({ name, values }) => [name, ...values].join(" "));
  const own = flagsOf("generate").map(({ name, values }) => [name, ...values].join(" "));
  assertEquals(own.filter((usage) => !known.includes(usage)), []);
});

Deno.test("the command line of generate is taken as it is, and its other options are ignored", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, inputs());
    await generate(cwd);
    const tree = treeOf(cwd);
    for (const options of [["--dry-run"], ["--resume", "--rekey"], ["--jobs", "2"]]) {
      const outcome = await verify(batch("verify", options), cwd);
      assertEquals(outcome, { code: 0, stdout: report(NAMES, 5), stderr: "" });
    }
    assertEquals(treeOf(cwd), tree);
  });
});

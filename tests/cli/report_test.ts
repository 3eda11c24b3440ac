/** What the program says: reports, notes, JSON, dry runs, help; and the spellings of options. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  type Files,
  inTempFolder,
  isWindows,
  type Outcome,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { CONF, GENERATE } from "./bad_inputs.ts";

const INPUT: Files = { "conf.csv": CONF, "values.csv": "k,id\n1,A\n2,B\n3,C\n" };
const REPEATED: Files = {
  "conf.csv": "n,namespace,\nk,data,u8,REPEAT\nj,data,string\n",
  "values.csv": '\uFEFFk,id,j\r\n7,A,"x,""y"""\r\n\r\n,B,z\r\n7,C,"l1\r\nl2"\r\n',
};

interface Run {
  outcome: Outcome;
  before: Record<string, string>;
  after: Record<string, string>;
  read(path: string): string;
}

async function run<T>(
  args: readonly string[],
  files: Files,
  use: (run: Run) => T | Promise<T>,
): Promise<T> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    const before = treeOf(cwd);
    const outcome = await runProgram(args, { cwd });
    const read = (path: string) => Deno.readTextFileSync(join(cwd, path));
    return await use({ outcome, before, after: treeOf(cwd), read });
  });
}

Deno.test("the report tells devices, rate, bytes, the fullest image and the folders", async () => {
  const files = { ...INPUT, "conf.csv": "n,namespace,\nk,data,u8\nid,data,string\n" };
  await run([...GENERATE, "--fileid", "id"], files, ({ outcome }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertMatch(
      withSlashes(outcome.stdout),
      /^3 devices in [\d.]+ s \(\d+ devices\/s\), 36864 bytes of images\nfullest: Dev-A.bin uses 4 of 252 entries\nfiles: out\/bin, out\/csv/,
    );
  });
});

Deno.test("--quiet prints nothing", async () => {
  await run([...GENERATE, "--quiet"], INPUT, ({ outcome, after }) => {
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    assert(after["out/bin/Dev-3.bin"] !== undefined);
  });
});

Deno.test("--json prints one document", async () => {
  await run([...GENERATE, "--json", "--keygen"], REPEATED, ({ outcome }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    const report = JSON.parse(outcome.stdout);
    assertEquals(report.devices, 3);
    assertEquals(report.bytes, 3 * 0x3000);
    assert(typeof report.seconds === "number" && typeof report.rate === "number");
    assertEquals(report.fullest, { image: "Dev-1.bin", used: 4, total: 252 });
    assertEquals(report.notes, []);
    assertEquals(report.files.outdir, "out");
    const { images, csvs, keys, hmac_keys, created_csv } = report.files;
    assertEquals([images, csvs, keys, hmac_keys], [3, 3, 3, 0]);
    assertEquals(created_csv, "values_created.csv");
  });
});

Deno.test("--no-csv writes no intermediate CSV, and no values_created.csv", async () => {
  await run([...GENERATE, "--no-csv"], REPEATED, ({ outcome, after }) => {
    assertEquals(outcome.code, 0, outcome.stderr);
    const csvs = Object.keys(after)
      .filter((path) => path.includes("csv") && !path.startsWith("out/manifest-"));
    assertEquals(csvs, ["conf.csv", "values.csv"]);
  });
});

Deno.test("values_created.csv has the REPEAT cells filled, and no blank lines", async () => {
  await run(GENERATE, REPEATED, ({ outcome, read }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertEquals(
      read("values_created.csv"),
      'k,id,j\r\n7,A,"x,""y"""\r\n7,B,z\r\n7,C,"l1\nl2"\r\n',
    );
    assertEquals(
      read("out/csv/Dev-2.csv"),
      "key,type,encoding,value\r\nn,namespace,,\r\nk,data,u8,7\r\nj,data,string,z\r\n",
    );
  });
});

Deno.test("values_created.csv goes beside the values file, and may stay from another run", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": REPEATED["conf.csv"]!, "data/v.txt": REPEATED["values.csv"]! });
    for (const outdir of ["one", "two"]) {
      const args = ["generate", "conf.csv", "data/v.txt", "Dev", "0x3000", "--outdir", outdir];
      const { code, stderr } = await runProgram(args, { cwd });
      assertEquals([code, stderr], [0, ""]);
    }
    assertStringIncludes(Deno.readTextFileSync(join(cwd, "data/v_created.txt")), "7,B,z\r\n");
  });
});

Deno.test("--dry-run writes nothing, and lists the images with how full they are", async () => {
  const options = ["--dry-run", "--fileid", "id", "--keygen"];
  await run([...GENERATE, ...options], REPEATED, ({ outcome, before, after }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertEquals(after, before);
    const lines = withSlashes(outcome.stdout).split("\n");
    assertMatch(lines[0]!, /^out\/bin\/Dev-A\.bin uses 4 of 252 entries/);
    for (const path of ["csv/Dev-A.csv", "keys/keys-Dev-A.bin"]) {
      assertStringIncludes(lines[0]!, path);
    }
    assertMatch(lines[2]!, /^out\/bin\/Dev-C\.bin/);
    assertStringIncludes(
      outcome.stdout,
      "dry run: 3 devices, 36864 bytes of images would be written",
    );
    assertStringIncludes(outcome.stdout, "values_created.csv");
  });
});

Deno.test("--dry-run --json is one document", async () => {
  await run([...GENERATE, "--dry-run", "--json"], INPUT, ({ outcome, before, after }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertEquals(after, before);
    const report = JSON.parse(outcome.stdout);
    assertEquals([report.dry_run, report.devices, report.bytes], [true, 3, 3 * 0x3000]);
    assertEquals(report.images.length, 3);
    assertEquals(report.images[1].files, ["bin/Dev-2.bin", "csv/Dev-2.csv"]);
    assertEquals([report.images[1].used, report.images[1].total], [2, 252]);
  });
});

Deno.test("--dry-run --quiet prints nothing and tells by its status", async () => {
  await run([...GENERATE, "--dry-run", "--quiet"], INPUT, ({ outcome, before, after }) => {
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    assertEquals(after, before);
  });
});

const OPTIONS = ["--fileid", "id", "--prefix_num", "1", "2", "--version", "1", "--no-csv"];
const FIRST = GENERATE.slice(0, 1);
const POSITIONALS = GENERATE.slice(1, 5);

Deno.test("options stand anywhere, in all spellings, and mean the same", async () => {
  const outdir = ["--outdir", "out"];
  const spellings: string[][] = [
    [...FIRST, ...OPTIONS, ...outdir, ...POSITIONALS],
    [...FIRST, ...POSITIONALS, ...outdir, ...OPTIONS],
    [...FIRST, "conf.csv", ...OPTIONS, "values.csv", "Dev", ...outdir, "0x3000"],
    [
      ...[...FIRST, "--fileid=id", "--prefix-num=1", "2", "--version=1", "--no_csv"],
      ...["--outdir=out", ...POSITIONALS],
    ],
    [...FIRST, ...OPTIONS, ...outdir, "--", ...POSITIONALS],
    [...FIRST, ...OPTIONS, ...outdir, ...POSITIONALS.slice(0, 3), "12288"],
    [...FIRST, ...OPTIONS, ...outdir, ...POSITIONALS.slice(0, 3), "0o30000"],
    [...FIRST, ...OPTIONS, ...outdir, ...POSITIONALS.slice(0, 3), "0b11000000000000"],
  ];
  let expected: Record<string, string> | undefined;
  for (const args of spellings) {
    await run(args, INPUT, ({ outcome, after }) => {
      assertEquals([outcome.code, outcome.stderr], [0, ""], args.join(" "));
      const tree = Object.fromEntries(
        Object.entries(after).filter(([path]) => !path.startsWith("out/manifest-")),
      );
      assert(tree["out/bin/Dev-03-C.bin"] !== undefined);
      expected ??= tree;
      assertEquals(tree, expected, args.join(" "));
    });
  }
});

Deno.test("notes: Wi-Fi companions, read-only sizes, names that Windows refuses", async () => {
  const files = {
    "conf.csv": "n,namespace,\nsta.ssid,data,string\nsta.pswd,data,string\n",
    "values.csv": `mac,sta.ssid,sta.pswd\n${isWindows ? "0011" : "00:11"},net,password\n`,
  };
  const args = ["generate", "conf.csv", "values.csv", "Dev", "0x1000", "--fileid", "mac"];
  await run([...args, "--outdir", "out"], files, ({ outcome }) => {
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertStringIncludes(outcome.stdout, 'note: "sta.ssid" brings the Wi-Fi driver\'s companion');
    for (const key of ["sta.apinfo", "sta.pmk", "sta.apsw"]) {
      assertStringIncludes(outcome.stdout, `"${key}"`);
    }
    assertMatch(outcome.stdout, /note: .*0x1000 bytes is read-only.*"readonly"/);
    if (!isWindows) assertMatch(outcome.stdout, /note: .*Windows/);
    assert(!outcome.stdout.includes("password"), "a value is printed");
  });
});

Deno.test("notes: options that Espressif's utility takes and that have no effect", async () => {
  await run([...GENERATE, "--keyfile", "x.bin"], INPUT, ({ outcome, after }) => {
    assertEquals(outcome.code, 0);
    assertStringIncludes(outcome.stdout, "note: --keyfile has no effect");
    assertEquals(Object.keys(after).filter((path) => path.includes("x.bin")), []);
  });
});

for (
  const [args, parts] of [
    [["--help"], ["usage: mfg_gen COMMAND", "generate", "generate-key", "version", "Exit status"]],
    [["-h"], ["usage: mfg_gen COMMAND"]],
    [["help"], ["usage: mfg_gen COMMAND"]],
    [["help", "generate"], ["usage: mfg_gen generate conf values prefix size"]],
    [["generate", "-h"], ["usage: mfg_gen generate conf values prefix size"]],
    [["generate", "--help"], [
      ...["--prefix_num START LENGTH", "--fileid KEY", "--version {1,2}", "--keygen", "--inputkey"],
      ...["--outdir", "--key_protect_hmac", "--kp_hmac_keygen", "--kp_hmac_keyfile FILE"],
      ...["--kp_hmac_inputkey FILE", "--dry-run", "--no-csv", "--quiet", "--json"],
      "example:\n  mfg_gen generate",
    ]],
    [["generate-key", "--help"], ["usage: mfg_gen generate-key", "--keyfile FILE", "--outdir DIR"]],
    [["generate_key", "--help"], ["usage: mfg_gen generate-key"]],
    [["version", "--help"], ["usage: mfg_gen version"]],
    [["generate", "conf.csv", "--help", "--fileid", "x"], ["usage: mfg_gen generate"]],
  ] as const
) {
  Deno.test(`mfg_gen ${args.join(" ")}: exit 0, help on standard output`, async () => {
    await run(args, {}, ({ outcome, after }) => {
      assertEquals([outcome.code, outcome.stderr, after], [0, "", {}]);
      for (const part of parts) assertStringIncludes(outcome.stdout, part);
      const widest = Math.max(...outcome.stdout.split("\n").map((line) => line.length));
      assert(widest <= 120, `a line of ${widest} characters`);
    });
  });
}

for (const args of [["version"], ["-V"]]) {
  Deno.test(`mfg_gen ${args}: the program's version`, async () => {
    await run(args, {}, ({ outcome }) => {
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
      assertMatch(outcome.stdout, /^mfg_gen \d+\.\d+\.\d+\n$/);
    });
  });
}

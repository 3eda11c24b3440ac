/** Paths of every form that Windows has, given to the real program. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isAbsolute, join, resolve } from "@std/path";
import { assertRefused } from "../cli/bad_inputs.ts";
import { leftOvers } from "../engine/batch.ts";
import {
  ALL_PERMISSIONS,
  filesIn,
  inTempFolder,
  IO,
  isCompiled,
  isWindows,
  type Outcome,
  REJECTED,
  runProgram,
  USAGE,
  writeFiles,
} from "../helpers.ts";

const ignore = !isWindows;
/** Without these Deno opens no network share and, under Wine, no long path. */
const ALL = [ALL_PERMISSIONS];
/** A share that can be written to: `\\server\share`. */
const SHARE = Deno.env.get("MFG_GEN_SHARE") ?? "";

const INPUTS = {
  "conf.csv": "n,namespace,\nserial,data,string\nlevel,data,u8,REPEAT\n",
  "values.csv": "serial,level,id\nSN-1,7,A\nSN-2,,B\n",
};
const FILES = ["bin/Dev-A.bin", "bin/Dev-B.bin", "csv/Dev-A.csv", "csv/Dev-B.csv"]
  .concat(["keys/keys-Dev-A.bin", "keys/keys-Dev-B.bin", "manifest-Dev.csv"]);
const BATCH = ["conf.csv", "values.csv", "Dev", "0x3000", "--fileid", "id", "--keygen"];

/** Makes, resumes and verifies a batch in an output folder, which `path` leads to. */
async function assertWorks(outdir: string, cwd: string, path: string, denoFlags: string[] = []) {
  writeFiles(cwd, INPUTS);
  const options = [...BATCH, "--outdir", outdir];
  for (const args of [["generate"], ["generate", "--resume"], ["verify"]]) {
    const { code, stdout, stderr } = await runProgram([...args, ...options], { cwd, denoFlags });
    assertEquals([code, stderr], [0, ""], stdout);
  }
  assertEquals(filesIn(path), FILES);
  assertEquals(leftOvers(path), []);
}

/** Output folders below `cwd`, as they may be written. */
const OUTDIRS: Record<string, (cwd: string) => string> = {
  "a backslash path": () => "a\\b",
  "a path of both kinds": () => "a/b\\c",
  "a way up": () => "a\\..\\b",
  "a way into the current folder": () => ".\\a",
  "a drive": (cwd) => join(cwd, "out"),
  "a drive in small letters": (cwd) => cwd[0]!.toLowerCase() + join(cwd, "out").slice(1),
  "a drive with slashes": (cwd) => join(cwd, "out").replaceAll("\\", "/"),
  "the current folder of a drive": (cwd) => `${cwd.slice(0, 2)}out`,
  "the root of the current drive": (cwd) => join(cwd, "out").slice(2),
  "a verbatim path": (cwd) => `\\\\?\\${join(cwd, "out")}`,
  "a folder with a space and more": () => "a b, c & (d) @ 100 # ; = +",
  "letters beyond ASCII": () => "Ausgabe für Gerät\\出力\\вывод\\😀",
  "a name near a reserved one": () => "console\\nul1\\com10",
};

for (const [name, outdirIn] of Object.entries(OUTDIRS)) {
  Deno.test({ name: `--outdir: ${name}`, ignore }, () =>
    inTempFolder(async (cwd) => {
      const outdir = outdirIn(cwd);
      const isElsewhere = isAbsolute(outdir) || /^[a-z]:/i.test(outdir);
      await assertWorks(outdir, cwd, isElsewhere ? join(cwd, "out") : join(cwd, outdir));
    }));
}

Deno.test(
  { name: "--outdir: a path of over 260 characters", ignore },
  () =>
    inTempFolder(async (cwd) => {
      const outdir = ["L", "M", "N"].map((letter) => letter.repeat(110)).join("\\");
      assert(resolve(cwd, outdir).length > 330);
      await assertWorks(outdir, cwd, join(cwd, outdir), ALL);
    }),
);

Deno.test({ name: "--outdir: a network share", ignore: ignore || SHARE === "" }, async () => {
  const folder = `batch ${crypto.randomUUID()}`;
  try {
    const below = `${SHARE}\\${folder}`;
    for (const outdir of [`${below}\\a`, `${below}\\b`.replaceAll("\\", "/")]) {
      await inTempFolder((cwd) => assertWorks(outdir, cwd, outdir, ALL));
    }
    await inTempFolder(async (cwd) => {
      const inputs = `${SHARE}\\${folder}\\in`;
      writeFiles(inputs, INPUTS);
      const args = [`${inputs}\\conf.csv`, `${inputs}\\values.csv`, "Dev", "0x3000"];
      const outcome = await runProgram(["generate", ...args], { cwd, denoFlags: ALL });
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
      assert(filesIn(inputs).includes("values_created.csv"));
    });
  } finally {
    Deno.removeSync(`${SHARE}\\${folder}`, { recursive: true });
  }
});

Deno.test({
  name: "a network share, with reading and writing allowed alone: exit 4 in plain words",
  ignore: ignore || isCompiled,
}, () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    for (const args of [[...BATCH, "--outdir", SHARED], [SHARED, ...BATCH.slice(1)]]) {
      const outcome = await runProgram(["generate", ...args], { cwd });
      assertClosed(outcome, /"deno run -A", or give the share a drive letter$/m);
      assertEquals(filesIn(cwd), ["conf.csv", "values.csv"]);
    }
  }));

const SHARED = "\\\\server\\share\\file";

Deno.test({
  name: "a folder in memory that Deno closes: exit 4 in plain words",
  ignore: Deno.build.os !== "linux" || isCompiled,
}, () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    for (const closed of ["/dev/shm/out", "/proc/self/cwd/out", "/sys/out"]) {
      for (const args of [[...BATCH, "--outdir", closed], [closed, ...BATCH.slice(1)]]) {
        const outcome = await runProgram(["generate", ...args], { cwd });
        assertClosed(outcome, /use another folder, for one in memory a tmpfs of your own$/m);
      }
    }
    assertEquals(filesIn(cwd), ["conf.csv", "values.csv"]);
  }));

function assertClosed(outcome: Outcome, words: RegExp): void {
  assertEquals(outcome.code, IO, outcome.stderr);
  assertRefused(outcome);
  assertMatch(outcome.stderr, words);
  assert(!outcome.stderr.includes("allow-all"), outcome.stderr);
}

/** Names that Windows would take for something else, in every place where a path can be written. */
const NAMES: Record<string, string> = {
  "nul": "is a reserved name on Windows",
  "NUL.bin": "is a reserved name on Windows",
  "con": "is a reserved name on Windows",
  "com1.bin": "is a reserved name on Windows",
  "ab:c.bin": 'holds one of < > : " | ? *',
  "a?.bin": 'holds one of < > : " | ? *',
  "a::$DATA": 'holds one of < > : " | ? *',
  "a. ": "a dot or a space",
  "a.": "a dot or a space",
};

for (const [name, says] of Object.entries(NAMES)) {
  Deno.test(
    { name: `"${name}" to write to: exit 2, nothing written`, ignore },
    () =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, { ...INPUTS, "i.csv": "key,type,encoding,value\nn,namespace,,\n" });
        writeFiles(cwd, { "sub/": "" });
        const before = filesIn(cwd);
        const path = join(cwd, "sub", name);
        const fresh = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
        const bin = name.endsWith(".bin");
        for (
          const args of [
            ["generate", ...BATCH, "--outdir", name],
            ["generate", ...BATCH, "--outdir", `${path}\\below`],
            ["verify", ...BATCH, "--outdir", path],
            ["image", "i.csv", path, "0x3000"],
            ["inspect", "i.csv", "--html", path],
            ["decrypt", "i.csv", "i.csv", name],
            ["generate-key", "--outdir", `sub\\${name}`],
            ...bin
              ? [["generate-key", "--keyfile", path], ["generate-key", "--keyfile", name]]
              : [],
            ...bin ? [["generate", ...BATCH, ...fresh.slice(1), "--kp_hmac_keyfile", path]] : [],
          ]
        ) {
          const { code, stdout, stderr } = await runProgram(args, { cwd });
          assertEquals([code, stdout], [USAGE, ""], `${args.join(" ")}: ${stderr}`);
          assertMatch(stderr, /Windows|holds one of/);
          if (!args.includes(name)) assertStringIncludes(stderr, says);
          assertEquals(filesIn(cwd), before);
        }
      }),
  );
}

for (const device of ["nul", "NUL", "con", "conin$", "aux", "\\\\.\\nul"]) {
  Deno.test(
    { name: `the device ${device} as an input: refused in words`, ignore },
    () =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, INPUTS);
        for (
          const args of [
            ["generate", device, ...BATCH.slice(1)],
            ["generate", "conf.csv", device, ...BATCH.slice(2)],
            ["generate", ...BATCH.slice(0, -1), "--inputkey", device],
            ["inspect", device],
          ]
        ) {
          const outcome = await runProgram(args, { cwd });
          assertRefused(outcome);
          assertEquals(outcome.code, REJECTED, `${args.join(" ")}: ${outcome.stderr}`);
          assertMatch(outcome.stderr, /is a pipe or device|does not exist/);
        }
      }),
  );
}

Deno.test(
  { name: "a folder as a file: said in words, whatever reads it", ignore },
  () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { ...INPUTS, "folder/": "" });
      for (const folder of ["folder", "C:\\", "C:\\windows\\", "."]) {
        for (
          const args of [
            ["generate", folder, ...BATCH.slice(1)],
            ["generate", "conf.csv", folder, ...BATCH.slice(2)],
            ["generate", ...BATCH.slice(0, -1), "--inputkey", folder],
            ["image", folder, "out.bin", "0x3000"],
            ["inspect", folder],
            ["diff", folder, folder],
            ["decrypt", folder, folder, "out.bin"],
          ]
        ) {
          const outcome = await runProgram(args, { cwd });
          assertRefused(outcome);
          assertEquals(outcome.code, REJECTED, outcome.stderr);
          assertStringIncludes(outcome.stderr, "is a folder");
          assert(!outcome.stderr.includes("nvalid function"), outcome.stderr);
        }
      }
    }),
);

Deno.test(
  { name: "file ids that Windows cannot have: exit 3, nothing written", ignore },
  () =>
    inTempFolder(async (cwd) => {
      for (const id of ["nul", "COM1", "con.x", "a:b", "a?", "a.", "lpt9.txt"]) {
        writeFiles(cwd, { ...INPUTS, "values.csv": `serial,level,id\nSN-1,7,${id}\n` });
        const outcome = await runProgram(["generate", ...BATCH, "--outdir", "out"], { cwd });
        assertRefused(outcome);
        assertEquals(outcome.code, REJECTED, outcome.stderr);
        assertEquals(filesIn(cwd), ["conf.csv", "values.csv"]);
      }
    }),
);

Deno.test(
  { name: "prefixes that differ in case alone share a manifest and a lock", ignore },
  () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, { ...INPUTS, "more.csv": "serial,level,id\nSN-3,8,C\n" });
      const options = ["0x3000", "--fileid", "id", "--keygen", "--no-csv", "--outdir", "out"];
      const batches = [["values.csv", "Dev"], ["more.csv", "DEV"]]
        .map((batch) => ["conf.csv", ...batch, ...options]);
      for (const command of ["generate", "verify"]) {
        for (const batch of batches) {
          const { code, stdout, stderr } = await runProgram([command, ...batch], { cwd });
          assertEquals([code, stderr], [0, ""], stdout);
        }
      }
      const manifest = Deno.readTextFileSync(join(cwd, "out", "manifest-dev.csv"));
      assertEquals(manifest.match(/bin\/D(ev|EV)-[ABC]\.bin/g)?.length, 3);
      assertEquals(leftOvers(cwd), []);
    }),
);

/** The page of `--report`: what is on it, what is not, and that it overwrites nothing. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import {
  CAN_LINK,
  DIFFERENCE,
  type Files,
  filesIn,
  inTempFolder,
  isWindows,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { hostileBatch, pageText, SECRETS } from "../report/hostile_batch.ts";
import { type BadInput, CONF, GENERATE, testBadInputs, USAGE, VALUES } from "./bad_inputs.ts";

const VERIFY = ["verify", ...GENERATE.slice(1)];
const INPUT: Files = { "conf.csv": CONF, "values.csv": "k,id\n101,A\n102,B\n103,C\n" };

function sha256Of(path: string): string {
  return hash("sha256", Deno.readFileSync(path), "hex");
}

/** Runs the program, which has to end with a status, and returns the page that it wrote. */
async function pageOf(cwd: string, args: readonly string[], exit = 0): Promise<string> {
  const { code, stderr } = await runProgram([...args, "--report", "page.html"], { cwd });
  assertEquals(code, exit, stderr);
  const page = Deno.readTextFileSync(join(cwd, "page.html"));
  Deno.removeSync(join(cwd, "page.html"));
  return page;
}

Deno.test("the page has inputs, options, devices, and the hashes of the files that are there", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    const options = ["--fileid", "id", "--prefix_num", "7", "3", "--keygen", "--no-csv"];
    const page = await pageOf(cwd, [...GENERATE, ...options]);
    const text = withSlashes(pageText(page));
    for (const path of ["conf.csv", "values.csv", "out/manifest-Dev.csv"]) {
      const { size } = Deno.statSync(join(cwd, path));
      assertMatch(text, RegExp(`${path} ${size} ${sha256Of(join(cwd, path))}`), path);
    }
    for (const [index, id] of ["A", "B", "C"].entries()) {
      const image = `bin/Dev-00${7 + index}-${id}.bin`;
      const sha256 = sha256Of(join(cwd, "out", image));
      assertStringIncludes(text, `${index + 1} ${id} ${image} 12288 ${sha256}`);
    }
    const { version } = JSON.parse(
      Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
    );
    const [row] = Deno.readTextFileSync(join(cwd, "out/manifest-Dev.csv")).split("\n").slice(1);
    const parts = [
      ...["Batch Dev", "3 devices made, recorded and on the disk", "Devices 3 of 3", "Chosen all"],
      ...["First device Dev-007-A", "Last device Dev-009-C", "12288 bytes (0x3000)"],
      ...["fresh key partition for each image", "entries", `Batch ${row!.split(",")[0]}`],
      ...["--prefix_num 7 3", "--fileid id", "--keygen", "--outdir out", "--no-csv"],
      ...["--report page.html", `by mfg_gen ${version}`, "Below out"],
    ];
    for (const part of parts) assertStringIncludes(text, part);
    const [, time] = /Made (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d)/.exec(text) ?? [];
    assert(time !== undefined, text);
    const seconds = (Date.now() - new Date(time.replace(" ", "T").replace(" ", "")).getTime()) /
      1000;
    assert(seconds > -2 && seconds < 60, `${time} is ${seconds} s ago`);
  });
});

Deno.test("files that cells name are counted, and their hash changes with each of them", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nf,file,binary\n",
      "values.csv": "f\none.der\ntwo.der\none.der\n",
      "one.der": "1",
      "two.der": "2",
    });
    const lineOf = (page: string) =>
      /Files that cells name 2 files ([0-9a-f]{64})/.exec(pageText(page))?.[1];
    const first = lineOf(await pageOf(cwd, GENERATE));
    const list = ["one.der", "two.der"].map((path) => `${path}\0${sha256Of(join(cwd, path))}\n`);
    assertEquals(first, hash("sha256", list.join(""), "hex"));
    Deno.writeTextFileSync(join(cwd, "two.der"), "3");
    assert(lineOf(await pageOf(cwd, VERIFY, DIFFERENCE)) !== first);
  });
});

Deno.test("the run says where the page is; the batch is the same with it and without", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    assertEquals((await runProgram(GENERATE, { cwd })).code, 0);
    const manifest = Deno.readTextFileSync(join(cwd, "out/manifest-Dev.csv"));
    Deno.removeSync(join(cwd, "out"), { recursive: true });

    const made = await runProgram([...GENERATE, "--json", "--report", "out/r.html"], { cwd });
    assertEquals([made.code, made.stderr], [0, ""]);
    assertEquals(JSON.parse(made.stdout).report, "out/r.html");
    assertEquals(Deno.readTextFileSync(join(cwd, "out/manifest-Dev.csv")), manifest);
    assert(filesIn(cwd).includes("out/r.html"));

    const verified = await runProgram([...VERIFY, "--report", join(cwd, "v.html")], { cwd });
    assertEquals([verified.code, verified.stderr], [0, ""]);
    assertStringIncludes(verified.stdout, `report: ${join(cwd, "v.html")}\n`);
    const quiet = await runProgram([...VERIFY, "--quiet", "--report", "q.html"], { cwd });
    assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
    const json = await runProgram([...VERIFY, "--json", "--report", "j.html"], { cwd });
    assertEquals(JSON.parse(json.stdout).report, "j.html");
    assertEquals(
      JSON.parse((await runProgram([...VERIFY, "--json"], { cwd })).stdout).report,
      null,
    );
    assert(filesIn(cwd).includes("q.html"));
  });
});

Deno.test("--dry-run: no page, and a note", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    const before = treeOf(cwd);
    const options = ["--dry-run", "--report", "r.html"];
    const { code, stdout, stderr } = await runProgram([...GENERATE, ...options], { cwd });
    assertEquals([code, stderr, treeOf(cwd)], [0, "", before]);
    assertStringIncludes(stdout, "note: --report has no effect with --dry-run\n");
    const json = await runProgram([...GENERATE, ...options, "--json"], { cwd });
    assertEquals(JSON.parse(json.stdout).report, null);
  });
});

Deno.test("warnings are on the page with kind, column, count and place; --only and notes too", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\npin,data,string\n",
      "values.csv": "serial;pin\nS1;1.23E+11\nS1;########\nS2;5.43E+21\n",
    });
    const text = pageText(await pageOf(cwd, [...GENERATE, "--only=#2,3"]));
    assertMatch(text, /shortened-number pin A number that a spreadsheet shortened 2 2:2, 4:2/);
    assertMatch(text, /repeated-value serial A serial number that occurs twice 1 3:1/);
    assertMatch(text, /spreadsheet-error pin A spreadsheet's error in the place of a value 1 3:2/);
    assertMatch(text, /Notes .*semicolons/);
    assertStringIncludes(text, "Devices 2 of 3 Chosen --only, 2 ids");
    assertStringIncludes(text, "First device Dev-2 Last device Dev-3");
    assert(!text.includes("###") && !text.includes("1.23E"), text);
    assertEquals(text.match(/bin\/Dev-\d+\.bin/g), ["bin/Dev-2.bin", "bin/Dev-3.bin"]);
  });
});

Deno.test("verify: damaged, exchanged and missing images by file id and kind; exit 5", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    const options = ["--fileid", "id"];
    assertEquals((await runProgram([...GENERATE, ...options], { cwd })).code, 0);
    const good = pageText(await pageOf(cwd, [...VERIFY, ...options]));
    assertStringIncludes(good, "3 devices as the CSVs say; no surplus images");
    assert(!good.includes("Devices that differ"));

    const imageOf = (id: string) => join(cwd, `out/bin/Dev-${id}.bin`);
    const recorded = sha256Of(imageOf("B"));
    Deno.copyFileSync(imageOf("A"), imageOf("B"));
    Deno.removeSync(imageOf("C"));
    writeFiles(cwd, { "out/bin/Dev-D.bin": "x" });
    const text = pageText(await pageOf(cwd, [...VERIFY, ...options], DIFFERENCE));
    assertStringIncludes(text, "2 of 3 devices differ; 1 surplus image");
    assertStringIncludes(
      text,
      "2 B bin/Dev-B.bin is not the file that the manifest records 1 key differs from the CSVs " +
        "3 C bin/Dev-C.bin cannot be read: it does not exist",
    );
    assertMatch(text, /Surplus images .* bin\/Dev-D\.bin/);
    assertStringIncludes(text, `2 B bin/Dev-B.bin 12288 ${recorded}`);
    assert(!/\b10[123]\b/.test(text), "a value is on the page");

    const some = pageText(await pageOf(cwd, [...VERIFY, ...options, "--only", "A"]));
    assertStringIncludes(some, "1 device as the CSVs say ");
    Deno.removeSync(join(cwd, "out/manifest-Dev.csv"));
    const bare = pageText(await pageOf(cwd, [...VERIFY, ...options, "--only", "A"]));
    assertMatch(bare, /Manifest There is none .* 1 A bin\/Dev-A\.bin not recorded/);
  });
});

Deno.test("no value, no key and no markup of the inputs is on the page", async () => {
  await inTempFolder(async (cwd) => {
    const { files, conf, values, options, names } = hostileBatch();
    writeFiles(cwd, files);
    const rest = ["Dev<i>&", "0x4000", "--outdir", "out", ...options];
    const prefix = isWindows ? ["Dev&", ...rest.slice(1)] : rest;
    const pages: string[] = [];
    pages.push(await pageOf(cwd, ["generate", conf, values, ...prefix]));
    pages.push(await pageOf(cwd, ["verify", conf, values, ...prefix]));
    // What was found differs in every key then.
    const [first, second] = filesIn(join(cwd, "out/bin")).map((path) => join(cwd, "out/bin", path));
    const bytes = Deno.readFileSync(first!);
    bytes[100]! ^= 1;
    Deno.writeFileSync(first!, bytes);
    Deno.copyFileSync(first!, second!);
    pages.push(await pageOf(cwd, ["verify", conf, values, ...prefix], DIFFERENCE));

    const keys = filesIn(join(cwd, "out/keys")).flatMap((path) => {
      const content = Deno.readFileSync(join(cwd, "out/keys", path));
      return [content.subarray(0, 32).toHex().slice(0, 16), sha256Of(join(cwd, "out/keys", path))];
    });
    assertEquals(keys.length, 4);
    for (const page of pages) {
      const lower = page.toLowerCase();
      for (const secret of [...SECRETS, ...keys]) {
        assert(!lower.includes(secret.toLowerCase()), `"${secret}" is on the page`);
      }
      const text = pageText(page);
      for (const name of names) assertStringIncludes(text, name);
      const tags = new Set([...page.matchAll(/<\/?([^\s<>]*)/g)].map(([, name]) => name));
      const known =
        "!DOCTYPE html head meta title style body h1 h2 p dl div dt dd code span b table " +
        "thead tr th tbody td ul li footer br";
      assertEquals([...tags].filter((name) => !known.split(" ").includes(name!)), []);
      assert(!/\son\w+=/i.test(page.replace(/>[^<]*</g, "><")));
      assert(!/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(page), "a control character");
    }
    assertStringIncludes(pageText(pages[2]!), "2 of 2 devices differ");
  });
});

function place(path: string, says: string, more: Partial<BadInput> = {}): BadInput {
  return {
    name: `--report ${path}`,
    options: ["--report", path],
    says: [`${path}: ${says}`, "give another name with --report"],
    problems: 1,
    ...more,
  };
}

testBadInputs("places that --report cannot have are refused, and nothing is overwritten", [
  place("there.html", "exists already", { files: { "there.html": "precious" } }),
  place("folder", "exists already", { files: { "folder/": "" } }),
  place("nowhere/r.html", 'cannot be written: its folder "nowhere" does not exist'),
  place("conf.csv/r.html", 'cannot be written: "conf.csv" is no folder'),
  place("values.csv", "is the values file"),
  place("conf.csv", "is the configuration"),
  place("out", "is the output folder"),
  place("lot", "is a folder above the output folder", {
    args: [...GENERATE.slice(0, -1), "lot/a/out", "--report", "lot"],
  }),
  place("out/manifest-Dev.csv", "is the manifest"),
  place("out/bin/Dev-1.bin", 'is in "out/bin", for the devices'),
  place("out/keys/r.html", 'is in "out/keys", for the devices'),
  place("out/.mfg_gen-r", "is a name of the run"),
  place("values_created.csv", "is the place of <values>_created.csv", {
    conf: "n,namespace,\nk,data,u8,REPEAT\n",
  }),
  place("c.csv", "is the place of <values>_created.csv", {
    name: "--report and --created-csv are one",
    options: ["--report", "c.csv", "--created-csv", "./c.csv"],
  }),
  place("there.html", "exists already", {
    name: "a page that is there, and a bad cell",
    files: { "there.html": "precious" },
    values: "k\n300\n",
    says: ["there.html: exists already", "300 does not fit u8"],
    problems: 2,
  }),
  place("there.html", "exists already", {
    name: "a page that is there, with --dry-run",
    files: { "there.html": "precious" },
    options: ["--dry-run", "--report", "there.html"],
  }),
  place("folder/", "", { exit: USAGE, says: ['--report "folder/" names a folder'] }),
  place("", "", {
    name: "--report without a name",
    options: ["--report"],
    exit: USAGE,
    says: ["--report needs FILE; write --report FILE"],
  }),
]);

Deno.test("a link to nothing under the page's name: exit 3, and the link leads to nothing still", {
  ignore: !CAN_LINK,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUT);
    Deno.symlinkSync(join(cwd, "nothing"), join(cwd, "r.html"));
    const before = treeOf(cwd);
    const { code, stderr } = await runProgram([...GENERATE, "--report", "r.html"], { cwd });
    assertEquals([code, treeOf(cwd)], [3, before]);
    assertStringIncludes(stderr, "r.html: exists already; give another name with --report\n");
  });
});

Deno.test("verify: a page that is there is not overwritten, and nothing is verified", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, "there.html": "precious" });
    assertEquals((await runProgram(GENERATE, { cwd })).code, 0);
    const { code, stdout, stderr } = await runProgram([...VERIFY, "--report", "there.html"], {
      cwd,
    });
    assertEquals([code, stdout], [3, ""]);
    assertEquals(
      stderr,
      "there.html: exists already; give another name with --report\n" +
        "1 problem; nothing was verified\nto learn more: mfg_gen explain file-exists\n",
    );
    assertEquals(Deno.readTextFileSync(join(cwd, "there.html")), "precious");
  });
});

Deno.test("a run that is rejected or fails writes no page; --resume writes it then", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUT, "out/bin": "in the way" });
    const args = [...GENERATE, "--report", "r.html"];
    const failed = await runProgram(args, { cwd });
    assertEquals(failed.code, 3, failed.stderr);
    assert(!filesIn(cwd).includes("r.html"));
    Deno.removeSync(join(cwd, "out/bin"));
    assertEquals((await runProgram([...GENERATE, "--only=#1"], { cwd })).code, 0);
    const resumed = await runProgram([...args, "--resume"], { cwd });
    assertEquals([resumed.code, resumed.stderr], [0, ""]);
    const text = pageText(Deno.readTextFileSync(join(cwd, "r.html")));
    assertStringIncludes(text, "Made by this run 2; 1 before");
    assertStringIncludes(text, "--resume");
  });
});

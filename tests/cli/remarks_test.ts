/** Unusual images that are sound to a device: a remark, exit 0, and `verify` passes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { decodePartition, encodePartition, REMARK_RULES } from "../../mod.ts";
import { inTempFolder, projectPath, runProgram, writeFiles } from "../helpers.ts";

const OLD_IMAGE = projectPath("testdata/device-images/old-generator-0.1.6.bin");
const STATE_FULL = Uint8Array.of(0xFC, 0xFF, 0xFF, 0xFF);

/** Closes the first page, as generators up to 0.1.6 do with every page. */
function closeFirstPage(image: Uint8Array): void {
  image.set(STATE_FULL, 0);
}

Deno.test("a page that is closed though it has room is a remark, one for the image", () => {
  const image = encodePartition([{ namespace: "n", key: "k", type: "u8", value: 1 }], {
    sizeBytes: 0x3000,
  });
  assertEquals(decodePartition(image).remarks, []);
  const before = decodePartition(image);
  closeFirstPage(image);
  const { findings, remarks, entries, stats } = decodePartition(image);
  assertEquals([findings, entries, stats], [[], before.entries, before.stats]);
  assertEquals(remarks.map(({ rule, page, entry }) => [rule, page, entry]), [
    ["all-pages-full", 0, undefined],
  ]);
  assert(remarks[0]!.rule in REMARK_RULES);
});

Deno.test("a full last page without room, as a device leaves one, is none", () => {
  const items = Array.from({ length: 125 }, (_, index) => (
    { namespace: "n", key: `k${index}`, type: "u8", value: 1 } as const
  ));
  const image = encodePartition(items, { sizeBytes: 0x3000 });
  closeFirstPage(image);
  const { findings, remarks } = decodePartition(image);
  assertEquals([findings, remarks], [[], []]);
});

Deno.test("inspect of an old generator's image: exit 0, the remark in text, JSON and HTML", () =>
  inTempFolder(async (cwd) => {
    const text = await runProgram(["inspect", OLD_IMAGE, "--html", "page.html"], { cwd });
    assertEquals([text.code, text.stderr], [0, ""]);
    assertMatch(
      text.stdout,
      /^no findings\n1 remark:\n {2}all-pages-full at page 1: is the last page and closed/m,
    );
    assertMatch(
      Deno.readTextFileSync(join(cwd, "page.html")),
      /<h2>Remarks<\/h2>[^]*all-pages-full/,
    );

    const json = await runProgram(["inspect", OLD_IMAGE, "--json"], { cwd });
    assertEquals([json.code, json.stderr], [0, ""]);
    const { findings, remarks } = JSON.parse(json.stdout);
    assertEquals(findings, []);
    assertEquals(remarks.length, 1);
    assertEquals([remarks[0].rule, remarks[0].page, remarks[0].entry], ["all-pages-full", 1, null]);

    const csv = await runProgram(["inspect", OLD_IMAGE, "--csv"], { cwd });
    assertEquals(csv.code, 0);
    const diff = await runProgram(["diff", OLD_IMAGE, OLD_IMAGE, "--json"], { cwd });
    assertEquals(diff.code, 0);
    assertEquals(JSON.parse(diff.stdout).a.remarks, remarks);
  }));

Deno.test("verify passes images whose pages are all closed, and diff finds no difference", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\n",
      "values.csv": "serial\nSN-1\nSN-2\n",
    });
    const batch = ["conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];
    assertEquals((await runProgram(["generate", ...batch], { cwd })).code, 0);
    const path = join(cwd, "out/bin/Dev-1.bin");
    const image = Deno.readFileSync(path);
    Deno.writeFileSync(join(cwd, "new.bin"), image);
    closeFirstPage(image);
    Deno.writeFileSync(path, image);
    // The old generator writes no manifest, whose hash would be another one.
    Deno.removeSync(join(cwd, "out/manifest-Dev.csv"));
    const verified = await runProgram(["verify", ...batch], { cwd });
    assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
    assertEquals((await runProgram(["diff", "new.bin", path], { cwd })).code, 0);
  }));

/** `diff` as a program. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { inTempFolder, runProgram, writeFiles } from "../helpers.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";
import { vectorImageFiles } from "../report/image_files.ts";
import { damagedImage, hostileImage, smallImage } from "../report/small_image.ts";

const vectors = vectorImageFiles();

function vector(name: string) {
  return vectors.find((image) => image.name === name)!;
}

/** What {@linkcode smallImage} may look like some weeks later. */
function laterImage(): Uint8Array {
  const cert = new Uint8Array(70).fill(0xAB);
  cert[50] = 1;
  return new ImageBuilder(4)
    .page(0, "active")
    .namespace({ entry: 0, key: "device" }, 1)
    .namespace({ entry: 1, key: "extra" }, 2)
    .text({ entry: 2, key: "serial" }, "SN-0002")
    .number({ entry: 4, key: "channel" }, "u16", 11)
    .number({ entry: 5, key: "boots" }, "u32", 17)
    .data({ entry: 6, key: "cert", chunkIndex: 0 }, "blobData", cert)
    .index({ entry: 10, key: "cert" }, 70, 1, 0)
    .text({ entry: 11, key: "text" }, `${"0123456789".repeat(5)}\n`)
    .bytes;
}

const FILES = { "a.bin": smallImage().bytes, "b.bin": laterImage() };

async function diff(args: readonly string[], files: Record<string, Uint8Array> = FILES) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    return await runProgram(["diff", ...args], { cwd });
  });
}

Deno.test("diff has a line for each difference", async () => {
  const hex = "ab".repeat(24);
  assertEquals(await diff(["a.bin", "b.bin"]), {
    code: 5,
    stdout: `\
+ device/boots: u32 17
~ device/cert: blob ${hex}… (70 bytes) -> ${hex}… (70 bytes), from byte 50
~ device/channel: u8 11 -> u16 11
- device/mac: blob 0102ab
~ device/serial: string "SN-0001" -> "SN-0002"
+ namespace extra
- namespace void
7 differences: 2 added, 2 removed, 3 changed
`,
    stderr: "",
  });
});

Deno.test("an image and itself, or a copy packed otherwise, have no differences", async () => {
  assertEquals(await diff(["a.bin", "a.bin"]), {
    code: 0,
    stdout: "no differences\n",
    stderr: "",
  });
});

Deno.test("--redact tells secrets apart without showing them", async () => {
  const digest = (text: string) => `7 bytes, sha256 ${hash("sha256", text, "hex")}`;
  const { code, stdout } = await diff(["a.bin", "b.bin", "--redact"]);
  assertEquals(code, 5);
  assertStringIncludes(
    stdout,
    `~ device/serial: string ${digest("SN-0001")} -> ${digest("SN-0002")}\n`,
  );
  assertStringIncludes(stdout, "+ device/boots: u32 17\n");
  for (const secret of ["SN-000", "abab", "0102ab", "01234567890"]) {
    assert(!stdout.includes(secret), secret);
  }
});

Deno.test("--json carries both images, the differences and the findings", async () => {
  const { code, stdout } = await diff(["a.bin", "b.bin", "--json"]);
  assertEquals(code, 5);
  const { a, b, differences } = JSON.parse(stdout);
  assertEquals([a.file, b.file, a.findings, b.findings], ["a.bin", "b.bin", [], []]);
  assertEquals(differences.slice(0, 1), [{
    kind: "added",
    namespace: "device",
    key: "boots",
    after: { type: "u32", value: "17" },
  }]);
  assertEquals(differences.at(-1), { kind: "namespace-removed", namespace: "void" });
  const redacted = JSON.parse((await diff(["a.bin", "b.bin", "--json", "--redact"])).stdout);
  assertEquals(redacted.differences[4].before, {
    type: "string",
    bytes: 7,
    sha256: hash("sha256", "SN-0001", "hex"),
  });
});

Deno.test("findings of either image are reported, and are exit status 5", async () => {
  const damaged = damagedImage().bytes;
  const files = { "a.bin": damaged, "b.bin": damaged };
  const { code, stdout } = await diff(["a.bin", "b.bin"], files);
  assertEquals(code, 5);
  assertMatch(
    stdout,
    /^no differences\n\na\.bin:\n1 finding:\n {2}data-crc32 at .+\n\nb\.bin:\n1 f/,
  );
  const json = JSON.parse((await diff(["a.bin", "b.bin", "--json"], files)).stdout);
  assertEquals([json.a.findings.length, json.b.findings[0].rule], [1, "data-crc32"]);
});

Deno.test("a hostile image sends nothing to a terminal", async () => {
  const files = { "a.bin": hostileImage().bytes, "b.bin": smallImage().bytes };
  for (const format of [[], ["--json"], ["--redact"]]) {
    const { code, stdout, stderr } = await diff(["a.bin", "b.bin", ...format], files);
    assertEquals([code, stderr], [5, ""]);
    assert(!/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(stdout), format.join(" "));
  }
});

Deno.test("one key serves for both images, for either, or each has its own", async () => {
  const plain = vector("all-types/Dev-1.bin");
  const byKey = vector("all-types-inputkey/Dev-1.bin");
  const otherByKey = vector("all-types-inputkey/Dev-2.bin");
  const byHmac = vector("all-types-hmac/Dev-1.bin");
  const hmacB = ["--hmac-key-b", byHmac.keyArgs[1]!];
  const keyB = ["--key-b", byKey.keyArgs[1]!];
  const cases: [string[], number][] = [
    [[byKey.path, otherByKey.path, ...byKey.keyArgs], 5],
    [[byKey.path, byKey.path, ...byKey.keyArgs], 0],
    [[plain.path, byKey.path, ...byKey.keyArgs], 0],
    [[byKey.path, plain.path, ...byKey.keyArgs], 0],
    [[plain.path, byKey.path, ...keyB], 0],
    [[byKey.path, byHmac.path, ...byKey.keyArgs, ...hmacB], 0],
    [[byHmac.path, byKey.path, ...byHmac.keyArgs, ...keyB], 0],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await diff(args);
    assertEquals([code, stderr], [expected, ""], args.join(" "));
    assertMatch(stdout, expected === 0 ? /^no differences\n$/ : /differences: 0 added, 0 removed/);
  }
});

Deno.test("an image that does not fit its key is named, with how to give the right one", async () => {
  const plain = vector("all-types/Dev-1.bin").path;
  const byKey = vector("all-types-inputkey/Dev-1.bin");
  const byHmac = vector("all-types-hmac/Dev-1.bin");
  const cases: [string[], number, RegExp][] = [
    [[plain, byKey.path], 5, /^.+Dev-1.bin: is encrypted; give its key with --key-b FILE or/],
    [[byKey.path, plain], 5, /^.+Dev-1.bin: is encrypted; give its key with --key FILE or/],
    [
      [byKey.path, byHmac.path, ...byKey.keyArgs],
      5,
      /hmac\/out\/bin\/Dev-1.bin: is encrypted with another key.+; check --key-b FILE/,
    ],
    [[plain, plain, ...byKey.keyArgs], 5, /is not encrypted, but a key is given/],
    [[plain, byKey.path, ...byKey.keyArgs, "--key-b", byKey.keyArgs[1]!], 5, /is not encrypted/],
    [["a.bin", "gone.bin"], 3, /^gone.bin: does not exist; check the path/],
    [["a.bin", "b.bin", "--key-b", "x", "--hmac-key-b", "y"], 2, /exclude each other/],
  ];
  for (const [args, expected, message] of cases) {
    const { code, stdout, stderr } = await diff(args);
    assertEquals([code, stdout], [expected, ""], args.join(" "));
    assertMatch(stderr, message);
  }
  const { stdout } = await diff([byKey.path, byHmac.path, "--json"]);
  assertEquals(JSON.parse(stdout).problem_count, 2);
});

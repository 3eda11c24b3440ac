/** `flash-plan`: what it writes for each scheme, and what it refuses. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import type { KeyKind } from "../engine/batch.ts";
import { stagingName } from "../../src/plan/staging_names.ts";
import { WHOLE } from "../../src/plan/shard.ts";
import { CAN_LINK, type Files, filesIn, treeOf, withSlashes, writeFiles } from "../helpers.ts";
import { TABLE, withBatch } from "./flash_plan_lab.ts";
import { KEY_PARTITION, ramp } from "./key_files.ts";

Deno.test("plain images: a write each, with hashes to check before", async () => {
  await withBatch("plain", async ({ cwd, plan, text }) => {
    const { code, stdout, stderr } = await plan();
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      withSlashes(stdout),
      "flash map of esp32s3, flash encryption off:\n" +
        "  0x9000  0x3000  nvs  of each device  as it is\n" +
        "3 devices: plan/plan.csv, 3 steps\n",
    );
    assertEquals(
      text("plan/Dev-1.esptool.args"),
      "--chip esp32s3\n--before default-reset\n--after hard-reset\nwrite-flash\n" +
        "0x9000 ../out/bin/Dev-1.bin\n",
    );
    const sha = (path: string) => hash("sha256", Deno.readFileSync(join(cwd, path)), "hex");
    assertEquals(
      text("plan/Dev-1.sha256"),
      `${sha("out/bin/Dev-1.bin")}  ../out/bin/Dev-1.bin\n`,
    );
    assertEquals(
      text("plan/plan.csv"),
      "device,step,tool,permanent,sha256,file\n" +
        [1, 2, 3].map((device) =>
          `${device},1,esptool,no,${sha(`plan/Dev-${device}.esptool.args`)},` +
          `Dev-${device}.esptool.args\n`
        ).join(""),
    );
    assertEquals(filesIn(join(cwd, "plan")).length, 7);
  });
});

Deno.test("keys in flash: one call, which lets the chip encrypt the key partition alone", async () => {
  await withBatch("fresh", async ({ plan, text }) => {
    const off = await plan();
    assertEquals(off.code, 0, off.stderr);
    assertStringIncludes(off.stdout, "note: the key partition can be read from the flash until");
    assertStringIncludes(
      text("plan/Dev-2.esptool.args"),
      "write-flash\n0x9000 ../out/bin/Dev-2.bin\n0xd000 ../out/keys/keys-Dev-2.bin\n",
    );
    const on = await plan("--flash-encryption", "development", "--outdir", "on");
    assertEquals(on.code, 0, on.stderr);
    assertStringIncludes(
      text("on/Dev-2.esptool.args"),
      "write-flash\n0x9000 ../out/bin/Dev-2.bin\n" +
        "--encrypt-files\n0xd000 ../out/keys/keys-Dev-2.bin\n",
    );
  });
});

Deno.test("HMAC: the key is burned first, and marked as what cannot be undone", async () => {
  await withBatch("freshHmac", async ({ plan, text }) => {
    const { code, stdout, stderr } = await plan("--hmac-block", "3", "--chip", "ESP32-C6");
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "eFuse BLOCK_KEY3: the HMAC key of each device, for ever\n");
    assertStringIncludes(stdout, "6 steps, 3 of which cannot be undone\n");
    assertEquals(
      text("plan/Dev-1.espefuse.args"),
      "--chip esp32c6\n--before default-reset\n--after no-reset\n" +
        "burn-key BLOCK_KEY3 ../out/keys/hmac-keys-Dev-1.bin HMAC_UP\n",
    );
    const steps = text("plan/plan.csv").split("\n").slice(1, 3).map((line) => line.split(","));
    assertEquals(steps.map((cells) => cells.slice(0, 4)), [
      ["1", "1", "espefuse", "yes"],
      ["1", "2", "esptool", "no"],
    ]);
    assertEquals(text("plan/Dev-1.sha256").match(/ {2}.*/g), [
      "  ../out/keys/hmac-keys-Dev-1.bin",
      "  ../out/bin/Dev-1.bin",
    ]);
    assert(!text("plan/Dev-1.esptool.args").includes("keys-"), "its key partition is not flashed");
  });
});

Deno.test("batches of one key take it from the command line", async () => {
  await withBatch("given", async ({ plan, text }) => {
    assertEquals((await plan("--inputkey", "keys.bin")).code, 0);
    assertStringIncludes(text("plan/Dev-3.esptool.args"), "0xd000 ../keys.bin\n");
  });
  await withBatch("derived", async ({ plan, text }) => {
    const args = ["--kp_hmac_inputkey", "hmac.bin", "--hmac-block", "0"];
    assertEquals((await plan(...args)).code, 0);
    assertStringIncludes(
      text("plan/Dev-3.espefuse.args"),
      "burn-key BLOCK_KEY0 ../hmac.bin HMAC_UP",
    );
  });
});

Deno.test("--with: the files of a build in the same call, in the order of their offsets", async () => {
  await withBatch("fresh", async ({ plan, text }) => {
    const { code, stderr } = await plan("--with", "build/flash_args");
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(
      text("plan/Dev-1.esptool.args"),
      "write-flash\n--flash-mode dio --flash-freq 80m --flash-size 4MB\n" +
        "0x0 ../build/boot/bootloader.bin\n0x9000 ../out/bin/Dev-1.bin\n" +
        '0xd000 ../out/keys/keys-Dev-1.bin\n0x10000 "../build/my app.bin"\n',
    );
    const on = ["--with", "build/flash_args", "--flash-encryption", "development"];
    assertEquals((await plan(...on, "--outdir", "on")).code, 0);
    assertMatch(
      text("on/Dev-1.esptool.args"),
      /^0x9000 .*\n--encrypt-files\n0x0 .*\n0xd000 .*\n0x10000 .*\n$/m,
    );
  });
});

/** Key options, arguments behind good ones, other files, the code, and part of the message. */
type Refusal = [
  name: string,
  kind: KeyKind,
  args: string[],
  files: Files,
  code: string,
  says: string,
];

const HMAC = ["--hmac-block", "0"];
const REFUSALS: readonly Refusal[] = [
  [
    "a chip without HMAC",
    "freshHmac",
    [...HMAC, "--chip", "esp32"],
    {},
    "chip-without-hmac",
    "esp32 has no HMAC peripheral",
  ],
  [
    "another such chip",
    "freshHmac",
    [...HMAC, "--chip", "esp32c2"],
    {},
    "chip-without-hmac",
    "esp32c2",
  ],
  [
    "a block beyond the last",
    "freshHmac",
    ["--hmac-block", "6"],
    {},
    "efuse-block",
    "is none of its blocks, 0 to 5",
  ],
  [
    "a block of flash encryption",
    "freshHmac",
    ["--hmac-block", "1", "--flash-encryption", "development"],
    {},
    "efuse-block",
    "may hold the key of flash encryption",
  ],
  [
    "no partition for keys",
    "fresh",
    [],
    { "partitions.csv": TABLE.replace(/^nvs_keys.*\n/m, "") },
    "key-not-planned",
    "no nvs_keys partition",
  ],
  [
    "no block for the HMAC key",
    "freshHmac",
    [],
    {},
    "key-not-planned",
    "give the eFuse block with --hmac-block N",
  ],
  ["no given key", "given", [], {}, "key-not-planned", "--inputkey FILE"],
  ["no given HMAC key", "derived", HMAC, {}, "key-not-planned", "--kp_hmac_inputkey FILE"],
  [
    "a block for plain images",
    "plain",
    HMAC,
    {},
    "key-not-planned",
    "--hmac-block is given, but no device",
  ],
  [
    "a given key for images of another",
    "given",
    ["--inputkey", "other.bin"],
    { "other.bin": new Uint8Array(4096) },
    "key-file",
    "other.bin",
  ],
  [
    "the wrong HMAC key",
    "derived",
    [...HMAC, "--kp_hmac_inputkey", "other.bin"],
    { "other.bin": ramp(32, 1) },
    "wrong-key",
    "is not the key that the manifest records",
  ],
  [
    "a partition of another size",
    "plain",
    [],
    { "partitions.csv": "nvs,data,nvs,0x9000,0x4000\n" },
    "partition-size",
    "has 0x3000 bytes",
  ],
  [
    "partitions that overlap",
    "plain",
    [],
    { "partitions.csv": TABLE.replace("0xc000,0x1000", "0xb000,0x2000") },
    "partition-table",
    "0xb000",
  ],
  [
    "two NVS partitions",
    "plain",
    [],
    { "partitions.csv": `${TABLE}fctry,data,nvs,,0x3000\n` },
    "partition-choice",
    "choose one with --partition NAME",
  ],
  [
    "two partitions for keys",
    "fresh",
    [],
    { "partitions.csv": `${TABLE}k2,data,nvs_keys,,0x1000\n` },
    "partition-choice",
    "--keys-partition NAME",
  ],
  [
    "no such partition for keys",
    "fresh",
    ["--keys-partition", "k"],
    {},
    "partition-choice",
    'no nvs_keys partition "k"',
  ],
  [
    "an NVS partition with the flag encrypted",
    "plain",
    [],
    { "partitions.csv": "nvs,data,nvs,0x9000,0x3000,encrypted\n" },
    "partition-flag",
    "NVS does not start on it (ESP_ERR_NVS_WRONG_ENCRYPTION); leave the flag out",
  ],
  [
    "release mode",
    "fresh",
    ["--flash-encryption", "release"],
    {},
    "flash-encryption",
    "before the switch to release mode",
  ],
  [
    "another file in the place of flash_args, without a word of it",
    "plain",
    ["--with", "secret.txt"],
    { "secret.txt": "hunter2pw more\n" },
    "flash-args",
    "secret.txt: a word of it is no offset; give build/flash_args of ESP-IDF",
  ],
  [
    "a file that begins like an option, without a word of it",
    "plain",
    ["--with", "secret.txt"],
    { "secret.txt": "-----BEGIN7hunter2 more\n" },
    "flash-args",
    "secret.txt: an option of it is none that a plan takes over",
  ],
  [
    "files of a build in release mode",
    "fresh",
    [
      ...["--flash-encryption", "release", "--flash-encryption-key", "flash.key"],
      ...["--with", "build/flash_args"],
    ],
    { "flash.key": ramp(64, 5) },
    "flash-encryption",
    'goes to "bootloader", which flash encryption covers, and a board in release mode',
  ],
  [
    "a flash encryption key of another size",
    "fresh",
    ["--flash-encryption", "development", "--flash-encryption-key", "flash.key"],
    { "flash.key": ramp(48, 5) },
    "key-file",
    "has 48 bytes; a flash encryption key of the esp32s3 has 32 or 64",
  ],
  [
    "a folder without the flash encryption key of a device",
    "fresh",
    ["--flash-encryption", "development", "--flash-encryption-key", "flash"],
    { "flash/Dev-1.bin": ramp(64, 5), "flash/Dev-3.bin": ramp(64, 6) },
    "file-missing",
    "does not exist; the folder needs a key for each device, called as its image",
  ],
  [
    "a flash encryption key, and nothing to encrypt with it",
    "plain",
    ["--flash-encryption", "development", "--flash-encryption-key", "flash.key"],
    { "flash.key": ramp(64, 5) },
    "key-not-planned",
    "no device has a key partition to encrypt",
  ],
  [
    "a programmer that would have to encrypt",
    "fresh",
    ["--format", "hex", "--flash-encryption", "development"],
    {},
    "flash-encryption",
    "a programmer does not encrypt",
  ],
  [
    "a file in the place of the image",
    "plain",
    ["--with", "build/flash_args"],
    { "build/flash_args": "0x9000 boot/bootloader.bin\n" },
    "flash-overlap",
    "overlaps",
  ],
  [
    "a file beyond its partition",
    "plain",
    ["--with", "build/flash_args"],
    { "partitions.csv": TABLE.replace("0x100000", "0x10000") },
    "flash-overlap",
    '"factory" ends at 0x20000',
  ],
  [
    "a file outside of the table",
    "plain",
    ["--with", "build/flash_args"],
    { "build/flash_args": "0x200000 boot/bootloader.bin\n" },
    "flash-overlap",
    "where the partition table has nothing",
  ],
  [
    "options that are none of mode, frequency and size",
    "plain",
    ["--with", "build/flash_args"],
    { "build/flash_args": "--encrypt\n0x0 boot/bootloader.bin\n" },
    "flash-args",
    "--encrypt",
  ],
  [
    "a file of the build that is gone",
    "plain",
    ["--with", "build/flash_args"],
    { "build/flash_args": "0x0 nope.bin\n" },
    "file-missing",
    "nope.bin",
  ],
  [
    "a changed image",
    "plain",
    [],
    { "out/bin/Dev-2.bin": ramp(0x3000, 1) },
    "changed-file",
    "its SHA-256 differs",
  ],
  [
    "a changed key",
    "fresh",
    [],
    { "out/keys/keys-Dev-2.bin": KEY_PARTITION },
    "changed-file",
    "its SHA-256 differs",
  ],
  [
    "a manifest that is none",
    "plain",
    [],
    { "out/manifest-Dev.csv": "a,b\n" },
    "not-a-manifest",
    "is no manifest",
  ],
  [
    "a plan that is there",
    "plain",
    [],
    { "plan/plan.csv": "mine" },
    "file-exists",
    "exists already",
  ],
];

for (const [name, kind, args, files, code, says] of REFUSALS) {
  Deno.test(`flash-plan refuses ${name}`, async () => {
    await withBatch(kind, async ({ cwd, plan }) => {
      writeFiles(cwd, files);
      const before = treeOf(cwd);
      const outcome = await plan(...args, "--json");
      assertEquals(outcome.code, 3, outcome.stderr);
      const kinds = JSON.parse(outcome.stdout).problem_kinds.map((kind: { code: string }) =>
        kind.code
      );
      assert(kinds.includes(code), `${kinds}: ${outcome.stderr}`);
      assertStringIncludes(withSlashes(outcome.stderr), says);
      assertEquals(treeOf(cwd), before, "nothing is written");
    });
  });
}

Deno.test("flash-plan refuses a key partition that is too small", async () => {
  await withBatch("fresh", async ({ cwd, plan }) => {
    writeFiles(cwd, { "partitions.csv": TABLE.replace("0xd000,0x1000", "0xd000,0x800") });
    const { code, stderr } = await plan();
    assertEquals(code, 3);
    assertStringIncludes(stderr, 'partition "nvs_keys" has 2048 bytes');
    assertStringIncludes(stderr, "and a key partition 4096");
  });
});

Deno.test("flash-plan refuses a batch of which a run is under way, or was interrupted", async () => {
  await withBatch("plain", async ({ cwd, plan }) => {
    Deno.mkdirSync(join(cwd, "out", stagingName("Dev", WHOLE, "0123abcd")));
    const { code, stderr } = await plan();
    assertEquals(code, 3);
    assertStringIncludes(stderr, "a run is under way, or was interrupted");
  });
});

Deno.test({ name: "flash-plan does not write behind a link", ignore: !CAN_LINK }, async () => {
  await withBatch("plain", async ({ cwd, plan }) => {
    Deno.mkdirSync(join(cwd, "elsewhere"));
    Deno.symlinkSync("elsewhere", join(cwd, "plan"), { type: "dir" });
    const { code, stderr } = await plan();
    assertEquals(code, 4);
    assertStringIncludes(stderr, "it is a symbolic link");
    assertEquals([...Deno.readDirSync(join(cwd, "elsewhere"))], []);
  });
});

Deno.test("the last row of an image holds, and devices without a row are noted", async () => {
  await withBatch("plain", async ({ cwd, plan, text }) => {
    const path = join(cwd, "out/manifest-Dev.csv");
    const [header, ...rows] = Deno.readTextFileSync(path).trimEnd().split("\n");
    const stale = rows[2]!.replace(/[0-9a-f]{64}/, "0".repeat(64));
    Deno.writeTextFileSync(path, [header, stale, "damaged", rows[2], rows[0], ""].join("\n"));
    const { code, stdout, stderr } = await plan();
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "note: 1 device before the last one");
    assertEquals(text("plan/plan.csv").match(/^\d+/gm), ["1", "3"]);
  });
});

Deno.test("flash-plan refuses devices that are not done, all of them in one run", async () => {
  await withBatch("plain", async ({ cwd, plan }) => {
    for (const device of [1, 3]) Deno.removeSync(join(cwd, `out/bin/Dev-${device}.bin`));
    const manifest = join(cwd, "out/manifest-Dev.csv");
    Deno.writeTextFileSync(manifest, "torn,4,x", { append: true });
    const { code, stderr } = await plan();
    assertEquals(code, 3);
    assertEquals(stderr.match(/is recorded, but is not there/g)?.length, 2, stderr);
    assertStringIncludes(stderr, "ends within a row");
    assertStringIncludes(stderr, "3 problems; nothing was written");
  });
});

Deno.test("usage: chip, table and folder are needed, and words have to be known", async () => {
  await withBatch("plain", async ({ plan }) => {
    for (
      const [args, says] of [
        [["--chip", "esp32x"], "--chip esp32x is unknown"],
        [["--format", "uf2"], "--format uf2 is unknown; it is esptool, hex, bin"],
        [["--flash-encryption", "on"], "--flash-encryption on is unknown"],
        [["--flash-encryption-key", "x"], "it needs --flash-encryption development or release"],
        [["--hmac-block", "BLOCK_KEY0"], "--hmac-block BLOCK_KEY0 is no number"],
      ] as const
    ) {
      const { code, stderr } = await plan(...args);
      assertEquals(code, 2);
      assertStringIncludes(stderr, says);
    }
  });
});

/** `flash-plan` against Espressif's own tools: they take its arguments, and make its bytes. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { CHIPS } from "../../src/flash/chips.ts";
import { quotedArgument, splitArguments } from "../../src/flash/args_file.ts";
import { withBatch } from "../cli/flash_plan_lab.ts";
import { inTempFolder, runProgram, writeFiles } from "../helpers.ts";
import { runEspTool, whyNoEspTools } from "./esp_tools.ts";

const unavailable = await whyNoEspTools();

/** A test that is ignored where the tools are not. */
function withTools(name: string, fn: () => Promise<void>): void {
  const reason = unavailable === undefined ? "" : ` (${unavailable})`;
  Deno.test({ name: `real tools: ${name}${reason}`, ignore: unavailable !== undefined, fn });
}

withTools("esptool takes the arguments, and fails at the port alone", async () => {
  await withBatch("fresh", async ({ cwd, plan }) => {
    for (const flashEncryption of ["off", "development"]) {
      const args = ["--with", "build/flash_args", "--flash-encryption", flashEncryption];
      assertEquals((await plan(...args, "--outdir", `plan ${flashEncryption}`)).code, 0);
      const folder = join(cwd, `plan ${flashEncryption}`);
      const run = () =>
        runEspTool("esptool", ["--port", "socket://127.0.0.1:1", "@Dev-1.esptool.args"], folder);
      const { code, stdout, stderr } = await run();
      assertEquals(code, 2);
      assertStringIncludes(stdout + stderr, "Could not open socket://127.0.0.1:1");
      // It does open the files before the port.
      Deno.renameSync(join(cwd, "build/my app.bin"), join(cwd, "gone"));
      const without = await run();
      assertStringIncludes(without.stdout + without.stderr, "No such file");
      Deno.renameSync(join(cwd, "gone"), join(cwd, "build/my app.bin"));
    }
  });
});

const ODD_NAMES = [
  "a b",
  `it's "x"`,
  "back\\slash",
  "grün",
  "#1 (2) $HOME `x` *",
  "-minus",
  "@at",
  "'",
  '\\"',
];

withTools("its reader gives quoted words back, and so does ours", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "x.args": ODD_NAMES.map(quotedArgument).join(" ") + "\n" +
        ODD_NAMES.map(quotedArgument).join("\n"),
    });
    const script = "import esptool, json, io, contextlib\n" +
      "with contextlib.redirect_stdout(io.StringIO()):\n  words = esptool.expand_file_arguments(['@x.args'])\n" +
      "print(json.dumps(words))";
    const { stdout, stderr } = await runEspTool("python3", ["-X", "utf8", "-c", script], cwd);
    assertEquals(JSON.parse(stdout.trim().split("\n").at(-1) ?? stderr), [
      ...ODD_NAMES,
      ...ODD_NAMES,
    ]);
  });
});

Deno.test("quoted words are split into what they were", () => {
  assertEquals(splitArguments(ODD_NAMES.map(quotedArgument).join(" ")), ODD_NAMES);
  assertEquals(splitArguments(`a  'b "c'd\\ e\r\n""`), ["a", `b "cd e`, ""]);
});

for (const [chip, block] of [["esp32s3", 0], ["esp32c6", 5]] as const) {
  withTools(`espefuse burns the HMAC key of ${chip} by the arguments`, async () => {
    await withBatch("freshHmac", async ({ cwd, plan }) => {
      assertEquals((await plan("--chip", chip, "--hmac-block", String(block))).code, 0);
      const folder = join(cwd, "plan");
      const virtual = ["--virt", "--path-efuse-file", "efuse.bin"];
      const burned = await runEspTool(
        "espefuse",
        [...virtual, "--do-not-confirm", "@Dev-1.espefuse.args"],
        folder,
      );
      assertEquals(burned.code, 0, burned.stdout + burned.stderr);
      assertStringIncludes(burned.stdout, "Successful");
      const { stdout } = await runEspTool(
        "espefuse",
        ["--chip", chip, ...virtual, "summary", "--format", "json"],
        folder,
      );
      const summary = JSON.parse(stdout.slice(stdout.indexOf("{"), stdout.lastIndexOf("}") + 1));
      assertEquals(summary[`KEY_PURPOSE_${block}`].value, "HMAC_UP");
      const { readable, writeable } = summary[`BLOCK_KEY${block}`];
      assertEquals([readable, writeable], [false, false]);
      // A second key does not go there.
      const again = await runEspTool(
        "espefuse",
        [...virtual, "--do-not-confirm", "@Dev-2.espefuse.args"],
        folder,
      );
      assert(again.code !== 0);
    });
  });
}

withTools("merge-bin makes our bin and our hex of the same files", async () => {
  await withBatch("fresh", async ({ cwd, plan }) => {
    for (const options of [[], ["--with", "build/flash_args"]]) {
      const outdir = `plan-${options.length}`;
      for (const format of ["bin", "hex"]) {
        const made = await plan("--format", format, ...options, "--outdir", `${outdir}-${format}`);
        assertEquals(made.code, 0, made.stderr);
        const files = [
          ...options.length === 0 ? [] : ["0x0", "build/boot/bootloader.bin"],
          "0x9000",
          "out/bin/Dev-1.bin",
          "0xd000",
          "out/keys/keys-Dev-1.bin",
          ...options.length === 0 ? [] : ["0x10000", "build/my app.bin"],
        ];
        const target = format === "bin" ? ["--target-offset", files[0]!] : [];
        const merged = await runEspTool("esptool", [
          "--chip",
          "esp32s3",
          "merge-bin",
          "--output",
          `theirs.${format}`,
          "--format",
          format === "bin" ? "raw" : "hex",
          ...target,
          ...files,
        ], cwd);
        assertEquals(merged.code, 0, merged.stdout + merged.stderr);
        const ours = Deno.readFileSync(join(cwd, `${outdir}-${format}`, `Dev-1.${format}`));
        const theirs = Deno.readFileSync(join(cwd, `theirs.${format}`));
        const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll("\r", "");
        if (format === "bin") assertEquals(ours.toHex() === theirs.toHex(), true);
        else assert(text(ours).trim() === text(theirs).trim(), "the hex files differ");
      }
    }
  });
});

Deno.test("bin warns of a partition that it would erase", async () => {
  await withBatch("fresh", async ({ plan }) => {
    const { code, stderr, stdout } = await plan("--format", "bin");
    assertEquals(code, 0);
    assertMatch(stderr, /^warning: .*covers "phy_init" \(0xc000\)/);
    assertStringIncludes(stdout, "note: the images begin at 0x9000 of the flash");
    assertEquals((await plan("--format", "hex", "--outdir", "h")).stderr, "");
  });
});

withTools("the chips and their blocks are those of espefuse", async () => {
  await inTempFolder(async (cwd) => {
    const script = `
import importlib, json
from esptool.targets import CHIP_LIST
found = {}
for chip in CHIP_LIST:
    if chip == "esp8266": continue
    base = "espefuse.efuse." + chip + "."
    blocks = importlib.import_module(base + "mem_definition").EfuseDefineBlocks()
    keys = [b[0] for b in blocks.BLOCKS if str(b[0]).startswith("BLOCK_KEY")]
    fields = importlib.import_module(base + "fields")
    kp = getattr(fields, "EfuseKeyPurposeField", None)
    names = [p[0] for p in kp.KEY_PURPOSES] if kp else []
    found[chip] = [len(keys), "HMAC_UP" in names, 2 if "XTS_AES_256_KEY_1" in names else 1 if names else 0]
print(json.dumps(found))`;
    const { stdout, stderr } = await runEspTool("python3", ["-c", script], cwd);
    const found = JSON.parse(stdout || stderr);
    const ours = Object.fromEntries(
      Object.entries(CHIPS).map((
        [name, { keyBlockCount, hasHmac, flashEncryptionBlocks }],
      ) => [name, [keyBlockCount, hasHmac, flashEncryptionBlocks]]),
    );
    assertEquals(ours, found);
  });
});

withTools("file ids with spaces and quotes come through to esptool", async () => {
  await withBatch("plain", async ({ cwd, plan }) => {
    Deno.writeTextFileSync(
      join(cwd, "odd.csv"),
      'serial,level,cert,common\n"it\'s ""x"" y",7,files/cert-1.bin,files/common.hex\n',
    );
    const made = await runProgram(
      [
        "generate",
        "conf.csv",
        "odd.csv",
        "Odd",
        "0x3000",
        "--fileid",
        "serial",
        "--outdir",
        "odd dir",
        "--no-csv",
      ],
      { cwd },
    );
    assertEquals(made.code, 0, made.stderr);
    const { code, stderr } = await runProgram(
      [
        "flash-plan",
        "odd dir/manifest-Odd.csv",
        "--partition-table",
        "partitions.csv",
        "--chip",
        "esp32c3",
        "--outdir",
        "the plan",
      ],
      { cwd },
    );
    assertEquals([code, stderr], [0, ""]);
    const run = await runEspTool(
      "esptool",
      ["--port", "socket://127.0.0.1:1", `@Odd-it's "x" y.esptool.args`],
      join(cwd, "the plan"),
    );
    assertStringIncludes(run.stdout + run.stderr, "Could not open socket");
    assert((await plan()).code === 0);
  });
});

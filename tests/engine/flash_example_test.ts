/** `examples/flash.sh`: the commands it gives for real manifests, and its record. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, isInstalled, writeFiles } from "../helpers.ts";
import { batchFiles, generate, KEY_OPTIONS, type KeyKind, succeed, textOf } from "./batch.ts";
import { runExample, whyNoShell, writeTool } from "./example_tools.ts";

const noShell = whyNoShell();
const PORT = "/dev/ttyUSB0";
const COMMON = ["-m", "out/manifest-Dev.csv", "-o", "0x9000", "-p", PORT];
const MACS = ["7c:df:a1:00:00:01", "7c:df:a1:00:00:02", "7c:df:a1:00:00:03"];

interface Line {
  cwd: string;
  flash(args: readonly string[], stdin?: string): ReturnType<typeof runExample>;
  /** The board at the port. */
  connect(mac: string): void;
  /** Whether a tool fails. */
  breakTool(name: string, isBroken: boolean): void;
  /** What the tools were called with since the last time. */
  calls(): string[];
  log(): string[][];
}

/** Calls `use` with a batch of three devices, and tools in place of Espressif's. */
function withLine(
  name: string,
  kind: KeyKind,
  use: (line: Line) => Promise<void>,
  options: readonly string[] = [],
): void {
  Deno.test({ name: `flash.sh: ${name}`, ignore: noShell !== undefined }, async () => {
    await inTempFolder(async (cwd) => {
      const tools = join(cwd, "tools");
      writeFiles(cwd, { ...batchFiles(3), "tools/": "" });
      await succeed(generate([...KEY_OPTIONS[kind], "--no-csv", ...options]), cwd);
      const answers = `case "$*" in
        version) echo "esptool v5.3.1"; echo "5.3.1" ;;
        *read-mac) echo "Connected to ESP32-C6 on ${PORT}:"; echo "MAC: 7c:df:a1:ff:fe:00:00:01"
          echo "BASE MAC:           $(cat mac.txt)"; echo "MAC_EXT:            ff:fe" ;;
      esac`;
      writeTool(tools, "esptool", answers);
      writeTool(tools, "espefuse");
      const callsPath = join(cwd, "calls.txt");
      await use({
        cwd,
        flash: (args, stdin) =>
          runExample("flash.sh", [...COMMON, ...args], {
            cwd,
            tools,
            ...(stdin === undefined ? {} : { stdin }),
          }),
        connect: (mac) => Deno.writeTextFileSync(join(cwd, "mac.txt"), `${mac}\n`),
        breakTool: (name, isBroken) => {
          const path = join(tools, `${name}.fails`);
          if (isBroken) Deno.writeTextFileSync(path, "");
          else Deno.removeSync(path);
        },
        calls: () => {
          const lines = textOf(callsPath).split("\n").slice(0, -1);
          Deno.writeTextFileSync(callsPath, "");
          return lines;
        },
        log: () =>
          textOf(join(cwd, "out/flashed.csv")).split("\n").slice(1, -1).map((line) =>
            line.split(",")
          ),
      });
    });
  });
}

withLine("a dry run prints the commands of esptool 5 and 4", "plain", async ({ flash, calls }) => {
  const v5 = await flash(["-n", "-t", "5"]);
  assertEquals([v5.code, v5.stderr], [0, ""]);
  assertEquals(
    v5.stdout,
    [1, 2, 3].map((device) =>
      `esptool --port ${PORT} write-flash 0x9000 out/bin/Dev-${device}.bin\n`
    ).join(""),
  );
  const v4 = await flash(["-n", "-t", "4"]);
  assertMatch(v4.stdout, /^esptool(\.py)? --port \S+ write_flash 0x9000 out\/bin\/Dev-1\.bin\n/);
  assertEquals((await flash(["-n"])).stdout, v5.stdout, "the version that esptool tells");
  assertEquals(calls(), ["esptool version"]);
});

withLine(
  "keys go to nvs_keys first, with --encrypt only on request",
  "fresh",
  async ({ flash }) => {
    for (const [options, encrypt] of [[[], ""], [["-e"], "--encrypt "]] as const) {
      const { code, stdout } = await flash(["-n", "-t", "5", "-k", "0xe000", ...options]);
      assertEquals(code, 0);
      assertEquals(stdout.split("\n").slice(0, 2), [
        `esptool --port ${PORT} --after no-reset write-flash ${encrypt}0xe000 out/keys/keys-Dev-1.bin`,
        `esptool --port ${PORT} write-flash 0x9000 out/bin/Dev-1.bin`,
      ]);
      assertEquals(stdout.split("\n").length, 7);
    }
    const v4 = await flash(["-n", "-t", "4", "-k", "0xe000", "-e"]);
    assertMatch(v4.stdout, / --after no_reset write_flash --encrypt 0xe000 /);
    const without = await flash(["-n", "-t", "5"]);
    assertEquals(without.code, 1);
    assertStringIncludes(without.stderr, "give -k");
  },
);

withLine("HMAC: the key is burned before the image is there", "freshHmac", async ({ flash }) => {
  const v5 = await flash(["-n", "-t", "5", "-b", "BLOCK_KEY4"]);
  assertEquals([v5.code, v5.stderr], [0, ""]);
  assertEquals(v5.stdout.split("\n").slice(0, 2), [
    `espefuse --port ${PORT} --do-not-confirm burn-key BLOCK_KEY4 out/keys/hmac-keys-Dev-1.bin HMAC_UP`,
    `esptool --port ${PORT} write-flash 0x9000 out/bin/Dev-1.bin`,
  ]);
  const v4 = await flash(["-n", "-t", "4", "-b", "BLOCK_KEY4"]);
  assertMatch(v4.stdout, / burn_key BLOCK_KEY4 /);
  for (
    const options of [[], ["-k", "0xe000"], ["-b", "BLOCK_KEY9"], ["-b", "BLOCK_KEY1", "-k", "1"]]
  ) {
    const { code, stdout } = await flash(["-n", "-t", "5", ...options]);
    assert(code === 1 || code === 2, options.join(" "));
    assertEquals(stdout, "");
  }
});

withLine("an HMAC key that all boards share", "derived", async ({ flash, cwd }) => {
  const hmac = await flash(["-n", "-t", "5", "-b", "BLOCK_KEY0", "-H", "hmac.bin"]);
  assertMatch(hmac.stdout, /burn-key BLOCK_KEY0 hmac\.bin HMAC_UP\n/);
  const own = await flash(["-n", "-t", "5", "-k", "0xe000"]);
  assertMatch(own.stdout, /write-flash 0xe000 out\/keys\/keys-Dev-1\.bin\n/);
  writeFiles(cwd, { "other.bin": new Uint8Array(32) });
  await assertRefused(flash, ["-b", "BLOCK_KEY0", "-H", "other.bin"], '"other.bin" is not what');
  await assertRefused(flash, [], "is encrypted: give -b and -H");
});

withLine("a key partition that all boards share", "given", async ({ flash, cwd }) => {
  const keys = await flash(["-n", "-t", "5", "-k", "0xe000", "-K", "keys.bin"]);
  assertMatch(keys.stdout, /write-flash 0xe000 keys\.bin\n/);
  writeFiles(cwd, { "other.bin": new Uint8Array(4096) });
  await assertRefused(flash, ["-k", "0xe000", "-K", "other.bin"], '"other.bin" is not what');
  await assertRefused(flash, ["-k", "0xe000"], "give the common one with -K");
  await assertRefused(flash, [], "is encrypted: give -k, the offset of nvs_keys, and -K");
});

/** Asserts that nothing of a batch would be flashed with these options. */
async function assertRefused(
  flash: Line["flash"],
  options: readonly string[],
  says: string,
): Promise<void> {
  const { code, stdout, stderr } = await flash(["-n", "-t", "5", ...options]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, says);
}

withLine("a changed image or key is not flashed", "fresh", async ({ flash, cwd }) => {
  for (const path of ["out/bin/Dev-2.bin", "out/keys/keys-Dev-1.bin"]) {
    const fullPath = join(cwd, path);
    const bytes = Deno.readFileSync(fullPath);
    bytes[9]! ^= 1;
    Deno.writeFileSync(fullPath, bytes);
    const { code, stderr } = await flash(["-n", "-t", "5", "-k", "0xe000"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `"${path}" is not what the manifest says`);
  }
});

withLine("the last row of an image holds; damaged lines are left out", "plain", async (line) => {
  const path = join(line.cwd, "out/manifest-Dev.csv");
  const [header, ...rows] = textOf(path).trimEnd().split("\n");
  const stale = rows[1]!.replace(/[0-9a-f]{64}/, "0".repeat(64));
  const lines = [header, stale, rows[2], '"', rows[0]!.slice(0, 90), "", ...rows.slice(0, 2)];
  Deno.writeTextFileSync(path, `${lines.join("\n")}\n${rows[0]!.slice(0, -10)}`);
  const { code, stdout } = await line.flash(["-n", "-t", "5"]);
  assertEquals(code, 0);
  assertEquals(stdout.match(/Dev-\d/g), ["Dev-1", "Dev-2", "Dev-3"]);
});

withLine("file ids with a comma, quotes and spaces", "plain", async (line) => {
  const { code, stdout } = await line.flash(["-n", "-t", "5"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `write-flash 0x9000 out/bin/Dev-SN-1.bin\n`);
  Deno.writeTextFileSync(
    join(line.cwd, "odd.csv"),
    'serial,level,cert,common\n"a,b",7,files/cert-0.bin,files/common.hex\n' +
      `"it's ""x"" y",,files/cert-1.bin,\n`,
  );
  const args = ["generate", "conf.csv", "odd.csv", "Odd", "0x3000", "--fileid", "serial"];
  await succeed([...args, "--outdir", "out", "--no-csv"], line.cwd);
  const odd = ["-m", "out/manifest-Odd.csv", "-l", "odd-log.csv"];
  const listed = await line.flash([...odd, "-n", "-t", "5"]);
  assertStringIncludes(
    listed.stdout,
    `write-flash 0x9000 'out/bin/Odd-a,b.bin'\n`.replaceAll("'", ""),
  );
  assertStringIncludes(listed.stdout, `write-flash 0x9000 'out/bin/Odd-it'\\''s "x" y.bin'\n`);
  for (const mac of MACS.slice(0, 2)) {
    line.connect(mac);
    assertEquals((await line.flash([...odd, "-1"])).code, 0);
  }
  assertStringIncludes(
    textOf(join(line.cwd, "odd-log.csv")),
    `${MACS[0]},"a,b","bin/Odd-a,b.bin",`,
  );
  assertEquals((await line.flash([...odd, "-n"])).stdout, "");
}, ["--fileid", "serial"]);

withLine(
  "board after board: each gets the next image, and none a second one",
  "plain",
  async (line) => {
    for (const [index, mac] of MACS.entries()) {
      line.connect(mac);
      const image = `bin/Dev-${index + 1}.bin`;
      const { code, stdout } = await line.flash(["-1"]);
      assertEquals([code, stdout], [0, `${mac}: ${index + 1} (${image})\n`]);
      assertEquals(line.calls().slice(1), [
        `esptool --port ${PORT} --after no-reset read-mac`,
        `esptool --port ${PORT} write-flash 0x9000 out/${image}`,
      ]);
    }
    line.connect(MACS[0]!);
    const again = await line.flash(["-1"]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, `${MACS[0]} has its image already: bin/Dev-1.bin`);
    line.connect("7c:df:a1:00:00:09");
    assertStringIncludes((await line.flash(["-1"])).stderr, "no image is left");
    assertEquals(line.log().map(([, mac, , image, , step]) => [mac, image, step]), [
      [MACS[0]!, '"bin/Dev-1.bin"', "done"],
      [MACS[1]!, '"bin/Dev-2.bin"', "done"],
      [MACS[2]!, '"bin/Dev-3.bin"', "done"],
    ]);
  },
);

withLine("a board that failed gets the same key and image again", "freshHmac", async (line) => {
  const burn = ["-1", "-b", "BLOCK_KEY0"];
  line.connect(MACS[0]!);
  line.breakTool("espefuse", true);
  assertEquals((await line.flash(burn)).code, 1);
  assertEquals(line.log(), [], "nothing was burned");
  line.breakTool("espefuse", false);

  // The key gets into the first board, the image does not.
  writeTool(
    join(line.cwd, "tools"),
    "esptool",
    `case "$*" in version) echo 5.3.1 ;; *read-mac) echo "MAC: $(cat mac.txt)" ;; *) exit 2 ;; esac`,
  );
  assertEquals((await line.flash(burn)).code, 1);
  assertEquals(line.log().map((cells) => cells.at(-1)), ["hmac-key"]);

  writeTool(
    join(line.cwd, "tools"),
    "esptool",
    `case "$*" in version) echo 5.3.1 ;; *read-mac) echo "MAC: $(cat mac.txt)" ;; esac`,
  );
  line.calls();
  line.connect(MACS[1]!);
  assertMatch((await line.flash(burn)).stdout, /: 2 \(bin\/Dev-2\.bin\)/);
  line.connect(MACS[0]!);
  line.calls();
  assertMatch((await line.flash(burn)).stdout, /: 1 \(bin\/Dev-1\.bin\)/);
  assertEquals(line.calls().filter((call) => call.startsWith("espefuse")), []);
});

withLine("with a person at the line: Enter for a board, q to stop", "plain", async (line) => {
  line.connect(MACS[0]!);
  const { code, stdout } = await line.flash([], "\nq\n");
  assertEquals(code, 0);
  assertStringIncludes(stdout, `${MACS[0]}: 1 (bin/Dev-1.bin)\n`);
  assertEquals((await line.flash([], "")).code, 0, "end of input");
});

Deno.test({
  name: "flash.ps1 is valid PowerShell",
  ignore: !await isInstalled("pwsh"),
}, async () => {
  const script = new URL("../../examples/flash.ps1", import.meta.url).pathname;
  const parse = `$e = $null; [void][System.Management.Automation.Language.Parser]::ParseFile(
    '${script}', [ref]$null, [ref]$e); $e; exit $e.Count`;
  const { code, stdout } = await new Deno.Command("pwsh", {
    args: ["-NoProfile", "-Command", parse],
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, ""]);
});

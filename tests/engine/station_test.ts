/** `examples/station.sh`: board after board by a real plan, and its record. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type PlanLab, withBatch } from "../cli/flash_plan_lab.ts";
import { inTempFolder, type Outcome, runProgram, writeFiles } from "../helpers.ts";
import { generate, type KeyKind, succeed, textOf } from "./batch.ts";
import { runExample, whyNoShell, writeTool } from "./example_tools.ts";

const PORT = "/dev/ttyUSB0";
const MACS = ["7c:df:a1:00:00:01", "7c:df:a1:00:00:02", "7c:df:a1:00:00:03"];

interface Station {
  lab: PlanLab;
  station(args: readonly string[], stdin?: string): Promise<Outcome>;
  connect(mac: string): void;
  breakTool(name: string, isBroken: boolean): void;
  calls(): string[];
  log(): string[][];
}

function withStation(
  name: string,
  kind: KeyKind,
  args: readonly string[],
  use: (station: Station) => Promise<void>,
  options: readonly string[] = [],
): void {
  const ignore = whyNoShell() !== undefined;
  Deno.test({ name: `station.sh: ${name}`, ignore }, async () => {
    await inTempFolder(async (tools) => {
      await withBatch(kind, async (lab) => {
        const planned = await lab.plan(...args);
        assertEquals(planned.code, 0, planned.stderr);
        const plan = join(lab.cwd, "plan");
        writeTool(
          tools,
          "esptool",
          `case "$*" in *read-mac) echo "MAC: 7c:df:a1:ff:fe:00:00:01"
            echo "BASE MAC:           $(cat mac.txt)" ;; *) [ ! -e no-image ] || exit 2 ;; esac`,
        );
        writeTool(tools, "espefuse");
        await use({
          lab,
          station: (args, stdin) =>
            runExample("station.sh", [...args, "plan", PORT], {
              cwd: lab.cwd,
              tools,
              ...(stdin === undefined ? {} : { stdin }),
            }),
          connect: (mac) => Deno.writeTextFileSync(join(plan, "mac.txt"), `${mac}\n`),
          breakTool: (name, isBroken) => {
            const path = join(tools, `${name}.fails`);
            if (isBroken) Deno.writeTextFileSync(path, "");
            else Deno.removeSync(path);
          },
          calls: () => {
            const lines = textOf(join(plan, "calls.txt")).split("\n").slice(0, -1);
            Deno.writeTextFileSync(join(plan, "calls.txt"), "");
            return lines.filter((line) => !line.endsWith("read-mac"));
          },
          log: () =>
            textOf(join(plan, "station.csv")).split("\n").slice(1, -1).map((line) =>
              line.split(",").slice(1)
            ),
        });
      }, options);
    });
  });
}

withStation("each board gets the next device, and none a second one", "plain", [], async (line) => {
  for (const [index, mac] of MACS.entries()) {
    line.connect(mac);
    const { code, stdout, stderr } = await line.station(["-1"]);
    assertEquals([code, stdout], [0, `${mac}: Dev-${index + 1}\n`], stderr);
    assertEquals(line.calls(), [`esptool --port ${PORT} @Dev-${index + 1}.esptool.args`]);
  }
  line.connect(MACS[0]!);
  const again = await line.station(["-1"]);
  assertEquals([again.code, line.calls()], [1, []]);
  assertStringIncludes(again.stderr, `${MACS[0]} has all of Dev-1 already`);
  line.connect("7c:df:a1:00:00:09");
  assertStringIncludes((await line.station(["-1"])).stderr, "no device is left");
});

withStation(
  "a board that failed goes on with its device, and gets no second key",
  "freshHmac",
  ["--hmac-block", "0"],
  async (line) => {
    line.connect(MACS[0]!);
    const noImage = join(line.lab.cwd, "plan/no-image");
    Deno.writeTextFileSync(noImage, "");
    assertEquals((await line.station(["-1"])).code, 1);
    assertEquals(line.calls()[0], `espefuse --port ${PORT} @Dev-1.espefuse.args`);
    assertEquals(line.log().map((cells) => cells.slice(1)), [
      ["0", '"Dev-1"'],
      ["1", '"Dev-1.espefuse.args"'],
    ]);
    Deno.removeSync(noImage);
    line.connect(MACS[1]!);
    assertEquals((await line.station(["-1", "-y"])).code, 0);
    assertEquals(line.calls(), [
      `espefuse --port ${PORT} --do-not-confirm @Dev-2.espefuse.args`,
      `esptool --port ${PORT} @Dev-2.esptool.args`,
    ]);
    line.connect(MACS[0]!);
    assertEquals((await line.station(["-1"])).code, 0);
    assertEquals(line.calls(), [`esptool --port ${PORT} @Dev-1.esptool.args`]);
  },
);

withStation(
  "a key that is not burned keeps the image away",
  "freshHmac",
  ["--hmac-block", "0"],
  async (line) => {
    line.connect(MACS[0]!);
    line.breakTool("espefuse", true);
    assertEquals((await line.station(["-1"])).code, 1);
    assertEquals(line.calls().filter((call) => call.startsWith("esptool")), []);
  },
);

withStation("changed files are not flashed", "fresh", [], async (line) => {
  line.connect(MACS[0]!);
  const key = join(line.lab.cwd, "out/keys/keys-Dev-1.bin");
  const bytes = Deno.readFileSync(key);
  Deno.writeFileSync(key, bytes.map((byte, at) => at === 9 ? byte ^ 1 : byte));
  const changedKey = await line.station(["-1"]);
  assertEquals([changedKey.code, line.calls()], [1, []]);
  assertStringIncludes(changedKey.stderr, "files of Dev-1 are not those of the plan");
  Deno.writeFileSync(key, bytes);
  Deno.writeTextFileSync(join(line.lab.cwd, "plan/Dev-1.esptool.args"), "erase-flash\n");
  assertStringIncludes((await line.station(["-1"])).stderr, "Dev-1.esptool.args is not that of");
  assertEquals(line.calls(), []);
});

withStation(
  "with a person at the line: Enter for a board, q to stop",
  "plain",
  [],
  async (line) => {
    line.connect(MACS[0]!);
    const { code, stdout } = await line.station([], "\nq\n");
    assertEquals(code, 0);
    assertStringIncludes(stdout, `${MACS[0]}: Dev-1\n`);
    assertEquals((await line.station([], "")).code, 0, "end of input");
  },
);

withStation(
  "file ids with commas, quotes and spaces",
  "plain",
  ["--outdir", "p1"],
  async (line) => {
    const { cwd } = line.lab;
    writeFiles(cwd, {
      "odd.csv": 'serial,level,cert,common\n"a,b",7,files/cert-0.bin,files/common.hex\n' +
        `"it's ""x"" y",,files/cert-1.bin,\n`,
    });
    const args = generate(["--fileid", "serial", "--no-csv"]);
    args[2] = "odd.csv";
    args[3] = "Odd";
    await succeed(args, cwd);
    const flags = ["--partition-table", "partitions.csv", "--chip", "esp32s3", "--outdir", "plan"];
    const planned = await runProgram(["flash-plan", "out/manifest-Odd.csv", ...flags], { cwd });
    assertEquals(planned.code, 0, planned.stderr);
    for (const [index, name] of ["Odd-a,b", `Odd-it's "x" y`].entries()) {
      line.connect(MACS[index]!);
      const { code, stdout, stderr } = await line.station(["-1"]);
      assertEquals([code, stdout], [0, `${MACS[index]}: ${name}\n`], stderr);
    }
  },
);

/** `flash-plan` that is stopped, killed or out of space: no half of a plan is ever there. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  DONE,
  filesIn,
  inTempFolder,
  INTERRUPTED,
  IO,
  isWindows,
  runProgram,
  writeFiles,
} from "../helpers.ts";
import { canMountRamDisk, ramDiskFault, unmount } from "../mounts.ts";
import { generate, succeed } from "./batch.ts";
import { sleep, start } from "./running.ts";

const DEVICES = 600;
const TABLE = "nvs,data,nvs,0x9000,0x3000\nnvs_keys,data,nvs_keys,0xd000,0x1000,encrypted\n";
const PLAN = [
  ...["flash-plan", "out/manifest-Dev.csv", "--partition-table", "partitions.csv"],
  ...["--chip", "esp32s3", "--outdir", "plan", "--format", "hex"],
];

async function withDevices(count: number, use: (cwd: string) => Promise<void>): Promise<void> {
  await inTempFolder(async (cwd) => {
    const rows = Array.from({ length: count }, (_, index) => `SN-${index}\n`);
    writeFiles(cwd, {
      "conf.csv": "n,namespace,\nserial,data,string\n",
      "values.csv": `serial\n${rows.join("")}`,
      "partitions.csv": TABLE,
    });
    await succeed(generate(["--keygen", "--no-csv"]), cwd);
    await use(cwd);
  });
}

function planFiles(cwd: string): string[] {
  try {
    return filesIn(join(cwd, "plan"));
  } catch {
    return [];
  }
}

/** Sends a signal once the first files are staged; the run may be faster. */
async function signalledWhileStaging(cwd: string, signal: Deno.Signal): Promise<number> {
  const running = start(PLAN, cwd);
  let hasEnded = false;
  running.outcome.then(() => hasEnded = true);
  while (!hasEnded && planFiles(cwd).length < 20) await sleep(2);
  if (!hasEnded) running.process.kill(signal);
  return (await running.outcome).code;
}

Deno.test({ name: "flash-plan: Ctrl-C leaves nothing", ignore: isWindows }, async () => {
  await withDevices(DEVICES, async (cwd) => {
    assertEquals(await signalledWhileStaging(cwd, "SIGINT"), INTERRUPTED);
    assertEquals(planFiles(cwd), []);
    assertEquals((await runProgram(PLAN, { cwd })).code, DONE);
  });
});

Deno.test({
  name: "flash-plan: a kill leaves no plan, and the next run makes it whole",
  ignore: isWindows,
}, async () => {
  await withDevices(DEVICES, async (cwd) => {
    assertEquals(await signalledWhileStaging(cwd, "SIGKILL"), 137);
    assert(!planFiles(cwd).includes("plan.csv"));
    const again = await runProgram(PLAN, { cwd });
    assertEquals([again.code, again.stderr], [DONE, ""]);
    const files = planFiles(cwd);
    assertEquals(files.filter((path) => path.endsWith(".hex")).length, DEVICES);
    // Staged files hold keys: what the killed run left is gone.
    assertEquals(files.filter((path) => path.startsWith(".")), []);
  });
});

Deno.test("flash-plan on a full disk: exit 4, nothing left, and the way out works", {
  ignore: !await canMountRamDisk(),
}, async () => {
  await withDevices(40, async (cwd) => {
    const disk = join(cwd, "plan");
    Deno.mkdirSync(disk);
    assertEquals(await ramDiskFault(disk, "256k"), undefined);
    try {
      const { code, stderr } = await runProgram(PLAN, { cwd });
      assertEquals(code, IO, stderr);
      assertMatch(stderr, /^error: Cannot write .*No space left on device/);
      assertEquals(filesIn(disk), []);
      const elsewhere = PLAN.map((word) => word === "plan" ? "other" : word);
      assertEquals((await runProgram(elsewhere, { cwd })).code, DONE);
    } finally {
      await unmount(disk);
    }
  });
});

Deno.test("flash-plan removes the staging folders of dead runs alone", async () => {
  await withDevices(2, async (cwd) => {
    writeFiles(cwd, {
      "plan/.flash-plan-dead/.lock": "",
      "plan/.flash-plan-dead/.locked": "",
      "plan/.flash-plan-dead/Dev-1.hex": "a key",
      "plan/.flash-plan-begun/.lock": "", // another run is about to lock it
      "plan/.flash-plan-mine": "a file of the user's",
    });
    assertEquals((await runProgram(PLAN, { cwd })).code, DONE);
    assertEquals(planFiles(cwd).filter((path) => path.startsWith(".")), [
      ".flash-plan-begun/.lock",
      ".flash-plan-mine",
    ]);
  });
});

Deno.test(
  { name: "two plans at once into one folder: one is whole", ignore: isWindows },
  async () => {
    await withDevices(DEVICES, async (cwd) => {
      const running = start(PLAN, cwd);
      while (planFiles(cwd).length < 20) await sleep(2);
      running.process.kill("SIGSTOP");
      const second = await runProgram(PLAN, { cwd });
      assertEquals(second.code, DONE, second.stderr);
      const isStaged = (path: string) => path.startsWith(".");
      const whole = planFiles(cwd).filter((path) => !isStaged(path));
      assert(planFiles(cwd).some(isStaged), "the files of the other run are gone");
      running.process.kill("SIGCONT");
      const first = await running.outcome;
      assertEquals(first.code, IO, first.stderr);
      assertMatch(first.stderr, /exists already and was not touched/);
      assertEquals(planFiles(cwd), whole);
    });
  },
);

/**
 * A kill, a power cut, each error of the system and a short write at every call
 * of the file-system port; then `--resume` and `verify`. The fake disk has the
 * paths of POSIX, so not on Windows.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { isWindows, seededRandom } from "../helpers.ts";
import { type Call, canFail, type Fault, type FaultAt, TEARABLE } from "./call_faults.ts";
import { POWER_CUTS, type PowerCut } from "./fake_disk.ts";
import { codesOf, FAULT_CASES, type FaultCase } from "./fault_cases.ts";
import { keysSeen, PreparedCase } from "./prepared_case.ts";

/** Of so many failures of a case, all are counted and some are shown. */
const SHOWN_FAILURES = 8;

/** What is left to chance is tried more than once. */
const MORE_CUTS: PowerCut[] = ["at random", "at random"];

/** Runs what may fail again and again, and tells all failures at once. */
class Failures {
  readonly #byMessage = new Map<string, string[]>();
  #count = 0;

  async watch(name: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#count++;
      const message = error instanceof Error ? error.message : String(error);
      const names = this.#byMessage.get(message) ?? [];
      names.push(name);
      this.#byMessage.set(message, names);
    }
  }

  assertNone(): void {
    const lines = [...this.#byMessage].slice(0, SHOWN_FAILURES)
      .map(([message, names]) => `${names.length} × ${names.slice(0, 3).join("; ")}: ${message}`);
    assertEquals(this.#count, 0, `\n${lines.join("\n\n")}\n`);
  }
}

/** The faults that can happen at a call. */
function faultsAt(call: Call, base: FaultCase): Exclude<Fault, { kind: "kill" }>[] {
  const isTearable = TEARABLE.includes(call.name);
  const errors = codesOf(base).filter((code) => canFail(call.name, code)).flatMap((code) =>
    [false, ...(isTearable ? [true] : [])].map((torn) => ({ kind: "error", code, torn }) as const)
  );
  const isWrite = call.name === "write";
  return [
    ...errors,
    ...(isWrite ? [{ kind: "short", take: () => 1 } as const] : []),
    ...(isWrite ? [{ kind: "short", take: (size: number) => size >> 1 } as const] : []),
  ];
}

function textOf({ call: number, fault }: FaultAt, call: Call | undefined): string {
  const what = fault.kind === "error" ? fault.code : fault.kind;
  const torn = fault.kind !== "short" && fault.torn ? " in the middle" : "";
  const at = call === undefined ? "the end" : `${call.name} ${call.to ?? call.path}`;
  return `${what}${torn} at call ${number}, ${at}`;
}

for (const base of FAULT_CASES) {
  Deno.test({ name: `faults at every call: ${base.name}`, ignore: isWindows }, async () => {
    const prepared = await PreparedCase.prepare(base);
    const undisturbed = await prepared.run();
    assertEquals([undisturbed.code, undisturbed.stderr], [0, ""]);
    assertEquals(undisturbed.files.writtenCount, 0);
    const { calls } = undisturbed.files;
    const failures = new Failures();
    for (let number = 1; number <= calls.length + 1; number++) {
      const call = calls[number - 1];
      await failKills(prepared, number, call, failures);
      for (const fault of call === undefined ? [] : faultsAt(call, base)) {
        const at = { call: number, fault };
        await failures.watch(textOf(at, call), async () => {
          const run = await prepared.run(at);
          prepared.assertFailedWell(run);
          if (fault.kind === "short") assertEquals([run.code, run.stderr], [0, ""]);
          prepared.assertNothingLost(run.files.disk, run.files.disk);
          await prepared.assertResumes(run.files.disk, keysSeen(run));
        });
      }
    }
    failures.assertNone();
  });
}

/** The process dies at a call, or the power fails there. */
async function failKills(
  prepared: PreparedCase,
  number: number,
  call: Call | undefined,
  failures: Failures,
): Promise<void> {
  const isTearable = call !== undefined && TEARABLE.includes(call.name);
  for (const torn of isTearable ? [false, true] : [false]) {
    const at: FaultAt = { call: number, fault: { kind: "kill", torn } };
    const run = await prepared.run(at);
    const { disk } = run.files;
    await failures.watch(textOf(at, call), async () => {
      prepared.assertNothingLost(disk, disk);
      await prepared.assertResumes(disk, keysSeen(run));
    });
    if (prepared.base.survivesPowerCuts === false) continue;
    for (const [index, cut] of [...POWER_CUTS, ...MORE_CUTS].entries()) {
      await failures.watch(`power cut (${cut}), ${textOf(at, call)}`, async () => {
        const left = disk.cut(cut, seededRandom(number * 100 + index));
        prepared.assertNothingLost(left, disk);
        await prepared.assertResumes(left, []);
      });
    }
  }
}

/** Of the calls of a resumption after a fault, one in so many fails too. */
const SECOND_FAULTS = 25;

for (const base of FAULT_CASES) {
  Deno.test({
    name: `a fault, and another one while it is resumed: ${base.name}`,
    ignore: isWindows,
  }, async () => {
    const prepared = await PreparedCase.prepare(base);
    const { calls } = (await prepared.run()).files;
    const random = seededRandom(8);
    const failures = new Failures();
    let resumptions = 0;
    for (let number = 1; number <= calls.length; number += 1 + Math.floor(random() * 16)) {
      const at: FaultAt = { call: number, fault: { kind: "kill", torn: random() < 0.5 } };
      const first = await prepared.run(at);
      const isCut = base.survivesPowerCuts !== false && random() < 0.5;
      const start = isCut ? first.files.disk.cut("at random", random) : first.files.disk;
      const { resumeOptions } = prepared;
      const undisturbed = await prepared.runOn(start.copy(), resumeOptions, { seed: 3 });
      const chance = Math.ceil(SECOND_FAULTS * random());
      for (let second = chance; second < undisturbed.files.calls.length; second += SECOND_FAULTS) {
        const call = undisturbed.files.calls[second - 1]!;
        const faults: Fault[] = [{ kind: "kill", torn: true }, ...faultsAt(call, base)];
        const fault = faults[Math.floor(random() * faults.length)]!;
        const again = { call: second, fault };
        const name = `${textOf(at, calls[number - 1])}${isCut ? " and a power cut" : ""}, then ${
          textOf(again, call)
        }`;
        await failures.watch(name, async () => {
          resumptions++;
          const disk = start.copy();
          const run = await prepared.runOn(disk, resumeOptions, { seed: 3, fault: again });
          if (fault.kind === "kill") {
            const seen = disk.copy();
            const isCutAgain = base.survivesPowerCuts !== false && random() < 0.5;
            const left = isCutAgain ? disk.cut("at random", random) : disk;
            prepared.assertNothingLost(left, seen);
            // What the first kill left without a sync may go with the power.
            const lasting = isCutAgain ? start.cut("all lost", random) : start;
            await prepared.assertResumes(left, isCutAgain ? [] : keysSeen(run), lasting);
          } else {
            prepared.assertFailedWell(run, start);
            prepared.assertNothingLost(disk, disk);
            await prepared.assertResumes(disk, keysSeen(run), start);
          }
        });
      }
    }
    failures.assertNone();
    assertGreater(resumptions, 20);
  });
}

Deno.test({ name: "writes that take a byte at a time", ignore: isWindows }, async () => {
  const prepared = await PreparedCase.prepare(FAULT_CASES[0]!);
  const whole = await prepared.run();
  const fault: FaultAt = { call: 1, fault: { kind: "short", take: () => 1, lasts: true } };
  const short = await prepared.run(fault);
  assertEquals([short.code, short.stderr], [0, ""]);
  assertEquals(short.files.disk.digest(), whole.files.disk.digest());
});

/** The manifest, two locks, one file of the input, and three files for each device of a group. */
const ENOUGH_FILES = 10;

Deno.test(
  { name: `0 to ${ENOUGH_FILES} files may be open at once`, ignore: isWindows },
  async () => {
    const prepared = await PreparedCase.prepare(FAULT_CASES[2]!);
    let savings = 0;
    for (let maxOpen = 0; maxOpen <= ENOUGH_FILES; maxOpen++) {
      const run = await prepared.run(undefined, { maxOpen });
      prepared.assertFailedWell(run);
      prepared.assertNothingLost(run.files.disk, run.files.disk);
      await prepared.assertResumes(run.files.disk, keysSeen(run));
      if (run.code === 0 && run.files.failed.length > 0) savings++;
      if (maxOpen === ENOUGH_FILES) assertEquals(run.code, 0);
    }
    assertGreater(savings, 1, "no run made do with fewer files");
  },
);

Deno.test({
  name: "a folder that cannot be synced once: --resume puts every name in it on the disk",
  ignore: isWindows,
}, async () => {
  const [base] = FAULT_CASES;
  const { calls } = (await (await PreparedCase.prepare(base!)).run()).files;
  const failures = new Failures();
  let syncs = 0;
  for (const [index, call] of calls.entries()) {
    if (call.name !== "syncFolder") continue;
    syncs++;
    // A fresh one each time: what a resumption does is looked up by what is in the files alone.
    const prepared = await PreparedCase.prepare(base!);
    const at: FaultAt = {
      call: index + 1,
      fault: { kind: "error", code: "ENOSPC", torn: false },
    };
    const run = await prepared.run(at);
    const resume = () => prepared.assertResumes(run.files.disk, keysSeen(run));
    await failures.watch(textOf(at, call), resume);
  }
  failures.assertNone();
  assertGreater(syncs, 3);
});

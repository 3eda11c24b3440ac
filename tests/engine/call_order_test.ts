/**
 * The order in which a batch reaches the disk, by the calls of the file-system
 * port: contents before names, keys before images, folders before rows, and
 * rows before anything more. Syncs count when they are over.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { dirname, resolve } from "@std/path";
import { isWindows, seededRandom } from "../helpers.ts";
import { POWER_CUTS } from "./fake_disk.ts";
import type { Call, CallName } from "./call_faults.ts";
import { batchArgs, diskWithInput, type FakeRun, MANIFEST, rowsOf, runOn } from "./fake_run.ts";

interface OrderCase {
  name: string;
  options: readonly string[];
  devices: number;
  /** Devices of a group; the program's own number if absent. */
  groupDevices?: number;
  /** Appends to the manifest that it takes. */
  groups: number;
}

const FRESH_HMAC = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
const ORDER_CASES: readonly OrderCase[] = [
  { name: "plain", options: [], devices: 7, groupDevices: 2, groups: 4 },
  { name: "fresh keys", options: ["--keygen"], devices: 7, groupDevices: 2, groups: 4 },
  { name: "fresh HMAC keys", options: FRESH_HMAC, devices: 7, groupDevices: 3, groups: 3 },
  {
    name: "two lanes",
    options: [...FRESH_HMAC, "--jobs", "2"],
    devices: 16,
    groupDevices: 2,
    groups: 8,
  },
  {
    name: "groups as large as the program makes them",
    options: ["--keygen"],
    devices: 600,
    groups: 3,
  },
];

async function run({ options, devices, groupDevices }: OrderCase): Promise<FakeRun> {
  const result = await runOn(diskWithInput(devices), batchArgs("generate", options), {
    seed: 1,
    hasThreads: true,
    ...(groupDevices === undefined ? {} : { groupDevices }),
  });
  assertEquals([result.code, result.stderr], [0, ""]);
  return result;
}

/** Calls in order, with what is asked of them. */
class Log {
  readonly #calls: readonly Call[];

  constructor({ files }: FakeRun) {
    this.#calls = files.log;
  }

  /** Index and call of all calls of some kinds. */
  all(...names: CallName[]): [number, Call][] {
    return [...this.#calls.entries()].filter(([, { name }]) => names.includes(name));
  }

  /** Calls that gave a file its last name. */
  placings(): [number, Call & { to: string }][] {
    return this.all("link", "rename").filter((entry): entry is [number, Call & { to: string }] =>
      entry[1].to !== undefined
    );
  }

  placingOf(path: string): number {
    const found = this.placings().find(([, { to }]) => to === path);
    assert(found !== undefined, `${path} is never put in place`);
    return found[0];
  }

  /** Index of the first call of a kind with a path behind an index; a huge one if there is none. */
  next(name: CallName, path: string, after: number): number {
    const index = this.#calls.findIndex((call, index) =>
      index > after && call.name === name && resolve(call.path) === resolve(path)
    );
    return index < 0 ? Infinity : index;
  }

  get length(): number {
    return this.#calls.length;
  }
}

/** Appends to the manifest: when, and the images that they have rows of. */
function appendsOf(log: Log) {
  return log.all("write").filter(([, { path }]) => path === MANIFEST).map(([index, { bytes }]) => {
    const rows = [...rowsOf(`\n${new TextDecoder().decode(bytes)}`).values()];
    return { index, rows };
  }).filter(({ rows }) => rows.length > 0);
}

for (const base of ORDER_CASES) {
  Deno.test({ name: `order of calls: ${base.name}`, ignore: isWindows }, async (t) => {
    const log = new Log(await run(base));
    const appends = appendsOf(log);

    await t.step("all rows, a group at a time", () => {
      assertEquals(appends.length, base.groups);
      assertEquals(appends.flatMap(({ rows }) => rows).length, base.devices);
    });

    await t.step("contents before names", () => {
      for (const [placed, { path, to }] of log.placings()) {
        const writes = log.all("write").filter(([, call]) => call.path === path)
          .filter(([index]) => index < placed);
        // Lanes use the names in their folders again and again.
        const last = writes.at(-1)![0];
        assertGreater(placed, log.next("syncData", path, last), to);
      }
    });

    await t.step("new folders before what goes into them", () => {
      const folders = log.all("makeFolder").filter(([, { path }]) => !/\/\./.test(path));
      for (const [made, { path }] of folders) {
        const synced = log.next("syncFolder", dirname(path), made);
        assertGreater(log.length, synced, path);
        const first = log.placings().find(([, { to }]) => dirname(to) === path);
        if (first !== undefined) assertGreater(first[0], synced, path);
      }
    });

    await t.step("keys, and their folder, before images", () => {
      for (const { keys, hmacKey, image } of appends.flatMap(({ rows }) => rows)) {
        for (const path of [hmacKey, keys].filter((path) => path !== "")) {
          const synced = log.next("syncFolder", "out/keys", log.placingOf(`out/${path}`));
          assertGreater(log.placingOf(`out/${image}`), synced, image);
        }
      }
    });

    await t.step("images, CSVs and their folders before rows", () => {
      for (const { index, rows } of appends) {
        for (const { image } of rows) {
          const csv = image.replace("bin/", "csv/").replace(/bin$/, "csv");
          for (const path of [image, csv]) {
            const placed = log.placingOf(`out/${path}`);
            assertGreater(index, log.next("syncFolder", dirname(`out/${path}`), placed), path);
          }
        }
      }
    });

    await t.step("rows before the lane's next group, and before the end", () => {
      for (const { index, rows } of appends) {
        const synced = log.next("syncData", MANIFEST, index);
        assertGreater(log.length, synced);
        const own = log.placings().find(([, { to }]) => to === `out/${rows[0]!.image}`)!;
        const lane = dirname(own[1].path);
        const next = log.placings().find(([later, { path }]) =>
          later > index && dirname(path) === lane
        );
        if (next !== undefined) assertGreater(next[0], synced, next[1].to);
      }
    });

    await t.step("the filled in values and their folder before the end", () => {
      const placed = log.placingOf("values_created.csv");
      assertGreater(log.length, log.next("syncFolder", ".", placed));
    });
  });

  Deno.test({
    name: `exit status 0 means that all is on the disk: ${base.name}`,
    ignore: isWindows,
  }, async () => {
    const { files: { disk } } = await run(base);
    for (const cut of POWER_CUTS) {
      assertEquals(disk.cut(cut, seededRandom(1)).digest(), disk.digest(), cut);
    }
  });
}

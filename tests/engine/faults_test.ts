/**
 * Every call of the file system port fails once, in every way: the process is
 * killed, the power is cut, the system reports an error, a write is short.
 * Whatever it is, no key is lost and no record, and `--resume` finishes.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { hash } from "node:crypto";
import { FakeDisk } from "./fake_disk.ts";
import { ERROR_CODES, type ErrorCode, type FakeOptions, type Fault } from "./fake_files.ts";
import { type FakeRun, runFake } from "./fake_program.ts";

const OUT = "/w/out";
const MANIFEST = `${OUT}/manifest-Dev.csv`;
const DEVICES = 3;

const CONF = "n,namespace,\nserial,data,string\nlevel,data,u32,REPEAT\ncert,file,binary\n";
const VALUES = "serial,level,cert\nSN-1,7,/w/cert.bin\nSN-2,,/w/cert.bin\nSN-3,,/w/cert.bin\n";

function newDisk(): FakeDisk {
  const disk = new FakeDisk();
  disk.put("/w/conf.csv", CONF);
  disk.put("/w/values.csv", VALUES);
  disk.put("/w/cert.bin", new Uint8Array(300).fill(9));
  disk.put("/w/hmac.bin", Uint8Array.from({ length: 32 }, (_, at) => at));
  return disk;
}

function command(name: "generate" | "verify", options: readonly string[]): string[] {
  return [name, "/w/conf.csv", "/w/values.csv", "Dev", "0x3000", "--outdir", OUT, ...options];
}

/** A run of the program that faults are put into. */
interface Scenario {
  name: string;
  options: readonly string[];
  /** Further options of the run that is disturbed, and of those that go on. */
  run?: readonly string[];
  files?: FakeOptions;
  /** What was before. */
  prepare?(disk: FakeDisk): Promise<void>;
  /** Key files that may be replaced, since the user asked for it. */
  rekeyed?: RegExp;
}

const HMAC = ["--keygen", "--key_protect_hmac"];
const SCENARIOS: Scenario[] = [
  { name: "plain", options: [] },
  { name: "fresh keys", options: ["--keygen"] },
  { name: "fresh HMAC keys", options: [...HMAC, "--kp_hmac_keygen", "--no-csv"] },
  { name: "a given HMAC key", options: [...HMAC, "--kp_hmac_inputkey", "/w/hmac.bin"] },
  {
    name: "fresh keys, no hard links",
    options: ["--keygen", "--no-csv"],
    files: { hasLinks: false },
  },
  {
    name: "fresh HMAC keys, few open files, folders that cannot be synced",
    options: [...HMAC, "--kp_hmac_keygen"],
    files: { maxOpen: 5, canSyncFolders: false },
  },
  {
    name: "a shard of fresh keys",
    options: ["--keygen", "--no-csv", "--shard", "1/2"],
  },
  {
    name: "--resume of a batch in pieces",
    options: [...HMAC, "--kp_hmac_keygen"],
    run: ["--resume"],
    prepare: async (disk) => {
      await succeed(disk, command("generate", [...HMAC, "--kp_hmac_keygen"]));
      // One image gone, one row torn, one derived key gone, one CSV changed.
      remove(disk, `${OUT}/bin/Dev-1.bin`);
      remove(disk, `${OUT}/keys/keys-Dev-2.bin`);
      disk.put(`${OUT}/csv/Dev-2.csv`, "changed");
      const manifest = textOf(disk, MANIFEST);
      disk.put(MANIFEST, manifest.slice(0, -40));
    },
  },
  {
    name: "--resume --rekey of lost keys",
    options: ["--keygen", "--no-csv"],
    run: ["--resume", "--rekey"],
    prepare: async (disk) => {
      await succeed(disk, command("generate", ["--keygen", "--no-csv"]));
      remove(disk, `${OUT}/keys/keys-Dev-2.bin`);
      disk.put(`${OUT}/keys/keys-Dev-3.bin`, new Uint8Array(4096));
    },
    rekeyed: /-(2|3)\.bin$/,
  },
];

async function succeed(disk: FakeDisk, args: readonly string[]): Promise<FakeRun> {
  const run = await runFake(disk, args);
  assertEquals([run.code, run.stderr], [0, ""], args.join(" "));
  return run;
}

function remove(disk: FakeDisk, path: string): void {
  const { folder, name } = disk.parentOf(path);
  folder!.entries!.delete(name);
  folder!.durableEntries.delete(name);
}

function textOf(disk: FakeDisk, path: string): string {
  return new TextDecoder().decode(disk.find(path)?.content ?? new Uint8Array());
}

/** Whole rows of the manifest, by column. */
function rowsOf(manifest: string): Record<string, string>[] {
  const [header = "", ...lines] = manifest.split("\n");
  lines.pop(); // nothing, or a torn line
  return lines
    .map((line) => line.split(","))
    .filter((cells) => cells.length === header.split(",").length)
    .map((cells) => Object.fromEntries(header.split(",").map((name, at) => [name, cells[at]!])));
}

function sha256(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "nothing" : hash("sha256", bytes, "hex");
}

/** Key files under their names, by path. */
function keysOf(disk: FakeDisk): Map<string, string> {
  return new Map(
    [...disk.files()]
      .filter(([path, bytes]) => /^\/w\/out\/keys\/[^.]/.test(path) && bytes.length > 0)
      .map(([path, bytes]) => [path, sha256(bytes)]),
  );
}

function hiddenPaths(disk: FakeDisk): string[] {
  return [...disk.files().keys(), ...disk.folders()].filter((path) => path.includes("/."));
}

/** The last row of each image tells the truth, and no image stands without its keys. */
function assertTrue(disk: FakeDisk, manifest: string, scenario: Scenario): void {
  const last = new Map(rowsOf(manifest).map((row) => [row.image!, row]));
  const files = disk.files();
  for (const [image, row] of last) {
    const isDisturbed = scenario.prepare !== undefined; // its rows were made untrue beforehand
    if (isDisturbed) continue;
    assertEquals(sha256(files.get(`${OUT}/${image}`)), row.image_sha256, image);
    for (const kind of ["keys", "hmac_key"]) {
      const path = row[kind]!;
      if (path !== "") assertEquals(sha256(files.get(`${OUT}/${path}`)), row[`${kind}_sha256`]);
    }
  }
  if (!scenario.options.includes("--keygen")) return;
  for (const [path, bytes] of files) {
    const [, name] = /\/bin\/(Dev-\d\.bin)$/.exec(path) ?? [];
    if (name === undefined || bytes.length === 0 || scenario.prepare !== undefined) continue;
    assert((files.get(`${OUT}/keys/keys-${name}`)?.length ?? 0) > 0, `${path} has no key`);
    if (scenario.options.includes("--kp_hmac_keygen")) {
      assert((files.get(`${OUT}/keys/hmac-keys-${name}`)?.length ?? 0) > 0, `${path}: no HMAC key`);
    }
  }
}

/** After the fault: `--resume` and `verify` succeed, and nothing that counts has changed. */
async function assertGoesOn(disk: FakeDisk, scenario: Scenario, where: string): Promise<void> {
  const keys = keysOf(disk);
  const manifest = textOf(disk, MANIFEST);
  const { run = ["--resume"], options, files = {}, rekeyed } = scenario;
  const resumed = await runFake(disk, command("generate", [...options, ...run]), files);
  assertEquals([resumed.code, resumed.stderr], [0, ""], `${where}: resumed`);
  const verified = await runFake(disk, command("verify", options));
  assertEquals([verified.code, verified.stderr], [0, ""], `${where}: ${verified.stdout}`);
  const after = keysOf(disk);
  for (const [path, hash] of keys) {
    if (rekeyed?.test(path)) assertIsKept(disk, hash, `${where}: ${path}`);
    else assertEquals(after.get(path), hash, `${where}: ${path}`);
  }
  assert(textOf(disk, MANIFEST).startsWith(manifest), `${where}: the manifest lost something`);
  assertEquals(hiddenPaths(disk), [], where);
  const images = [...disk.files().keys()].filter((path) => /\/bin\/Dev-\d\.bin$/.test(path));
  assertEquals(images.length, options.includes("--shard") ? 2 : DEVICES, where);
}

function assertIsKept(disk: FakeDisk, sha: string, where: string): void {
  assert([...disk.files().values()].some((bytes) => sha256(bytes) === sha), `${where} is gone`);
}

async function prepared(scenario: Scenario): Promise<FakeDisk> {
  const disk = newDisk();
  await scenario.prepare?.(disk);
  return disk;
}

function disturbed(scenario: Scenario): string[] {
  return command("generate", [...scenario.options, ...scenario.run ?? []]);
}

for (const scenario of SCENARIOS) {
  const { name, files = {} } = scenario;
  Deno.test(`killed at every call, or the power is cut there: ${name}`, async () => {
    const start = await prepared(scenario);
    const calls = (await runFake(start.copy(), disturbed(scenario), files)).files.calls.length;
    assert(calls > 50, `only ${calls} calls`);
    for (let at = 1; at <= calls; at++) {
      const disk = start.copy();
      const { code } = await runFake(disk, disturbed(scenario), { ...files, fault: "kill", at });
      assertEquals(code, undefined);
      const where = `${name}, killed at call ${at} of ${calls}`;
      const manifest = textOf(disk, MANIFEST);
      assertTrue(disk, manifest, scenario);
      const afterCut = disk.copy();
      await assertGoesOn(disk, scenario, where);
      // Where folders cannot be synced, there is a note in place of the promise.
      if (files.canSyncFolders === false) continue;
      afterCut.losePower();
      assertTrue(afterCut, textOf(afterCut, MANIFEST), scenario);
      assertTrue(afterCut, manifest, scenario); // rows that could be read before
      await assertGoesOn(afterCut, scenario, `${where}, and the power was cut`);
    }
  });
}

const FAULTS: Fault[] = [...Object.keys(ERROR_CODES) as ErrorCode[], "short write"];
/** To the program, these differ from the others in their words alone: one batch shows it. */
const LIKE_OTHERS: Fault[] = ["EDQUOT", "EACCES", "EINTR"];

for (const scenario of SCENARIOS) {
  const { name, files = {} } = scenario;
  Deno.test(`every call fails with every error: ${name}`, async () => {
    const start = await prepared(scenario);
    const { calls } = (await runFake(start.copy(), disturbed(scenario), files)).files;
    for (const fault of FAULTS) {
      if (LIKE_OTHERS.includes(fault) && scenario !== SCENARIOS[2]) continue;
      for (let at = 1; at <= calls.length; at++) {
        const disk = start.copy();
        const run = await runFake(disk, disturbed(scenario), { ...files, fault, at });
        const call = calls[at - 1]!;
        const where = `${name}, ${fault} at call ${at}, ${call.name} ${call.path}`;
        assertEnded(run, fault, where);
        assertTrue(disk, textOf(disk, MANIFEST), scenario);
        assertNoLeftOver(disk, run, where);
        await assertGoesOn(disk, scenario, where);
      }
    }
  });
}

/** No bug, no stack trace; an error that stops the run is exit status 4 and names a path. */
function assertEnded({ code, stderr, files }: FakeRun, fault: Fault, where: string): void {
  assert(!/bug|^ {4}at /m.test(stderr), `${where}: ${stderr}`);
  if (fault === "short write" || !files.hasFailed) assertEquals(code, 0, `${where}: ${stderr}`);
  else if (code !== 0) {
    // What a check of the input cannot read is a problem of the input.
    assert(code === 4 || code === 3, `${where}: exit ${code}, ${stderr}`);
    assertMatch(stderr, /\/w/, where);
  }
}

/** What stays is what could not be removed, and is named. */
function assertNoLeftOver(disk: FakeDisk, { code, stderr }: FakeRun, where: string): void {
  const hidden = hiddenPaths(disk);
  if (hidden.length === 0) return;
  assertEquals(code, 4, `${where}: ${hidden.join(", ")} stays`);
  const isNamed = hidden.some((path) => stderr.includes(path));
  assert(isNamed, `${where}: ${hidden.join(", ")} stays, and is not named: ${stderr}`);
}

Deno.test("exit status 0 means that everything is on the disk", async () => {
  for (const { name, options } of SCENARIOS.slice(0, 4)) {
    const disk = newDisk();
    await succeed(disk, command("generate", options));
    const before = disk.files();
    disk.losePower();
    assertEquals(disk.files(), before, name);
  }
});

/** An image of this size ends a group after two devices. */
const LARGE = "0x800000";

Deno.test("order: synced before named, keys before images, folders before rows, rows before more", async () => {
  const disk = newDisk();
  disk.put("/w/values.csv", `${VALUES}SN-4,,/w/cert.bin\nSN-5,,/w/cert.bin\n`);
  const args = command("generate", [...HMAC, "--kp_hmac_keygen"])
    .map((word) => word === "0x3000" ? LARGE : word);
  const { files: { calls } } = await succeed(disk, args);
  const indexOf = (name: string, path: RegExp, from = 0) =>
    calls.findIndex((call, at) => at >= from && call.name === name && path.test(call.path));
  const groups: { rows: number; images: number[] }[] = [];
  let images: number[] = [];
  for (const [at, { name, path, from }] of calls.entries()) {
    if (name === "write" && path === MANIFEST) {
      if (images.length > 0) groups.push({ rows: at, images });
      images = [];
    }
    if (name !== "link" || !path.startsWith(`${OUT}/`)) continue;
    const synced = calls.findIndex((call) => call.name === "syncData" && call.path === from);
    assert(synced >= 0 && synced < at, `${path} has its name before it is on the disk`);
    if (path.startsWith(`${OUT}/bin/`)) images.push(at);
  }
  assertEquals(groups.map(({ images }) => images.length), [2, 2, 1]);
  let groupStart = 0;
  for (const { rows, images } of groups) {
    const first = images[0]!, last = images.at(-1)!;
    const keys = calls.slice(groupStart, rows).map(({ name, path }, at) => ({ name, path, at }))
      .filter(({ name, path }) => name === "link" && path.startsWith(`${OUT}/keys/`))
      .map(({ at }) => at + groupStart);
    assertEquals(keys.length, 2 * images.length);
    const keysSynced = indexOf("syncFolder", /\/keys$/, keys.at(-1)!);
    assert(keys.at(-1)! < keysSynced && keysSynced < first, "keys, their folder, then images");
    for (const folder of [/\/bin$/, /\/csv$/]) {
      const synced = indexOf("syncFolder", folder, last);
      assert(last < synced && synced < rows, `${folder} before the rows`);
    }
    const rowsSynced = indexOf("syncData", /manifest-Dev\.csv$/, rows);
    const nextName = calls.findIndex(({ name, path }, at) =>
      at > rows && name === "link" && path.startsWith(`${OUT}/`)
    );
    assert(rowsSynced > rows && (nextName < 0 || rowsSynced < nextName), "rows, then more devices");
    groupStart = rows;
  }
});

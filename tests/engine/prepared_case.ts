/**
 * A disturbed batch on its disk, and what has to hold afterwards.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { resolve } from "@std/path";
import type { ManifestRow } from "../../src/plan/manifest.ts";
import type { Call, FaultAt } from "./call_faults.ts";
import { type FakeDisk, sha256Of } from "./fake_disk.ts";
import {
  batchArgs,
  diskWithInput,
  type FakeRun,
  type FakeRunOptions,
  manifestOf,
  rowsOf,
  runOn,
  treeOf,
} from "./fake_run.ts";
import {
  afterRun,
  DEVICES,
  type FaultCase,
  GROUP_DEVICES,
  HMAC_FILE,
  SEED,
} from "./fault_cases.ts";

/** A case with its disk, ready to be run. */
export class PreparedCase {
  readonly base: FaultCase;
  readonly #disk: FakeDisk;
  readonly #before: ReadonlyMap<string, Uint8Array>;
  readonly #done = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();
  readonly #expected: ReadonlyMap<string, Uint8Array>;

  private constructor(
    base: FaultCase,
    disk: FakeDisk,
    expected: ReadonlyMap<string, Uint8Array>,
  ) {
    this.base = base;
    this.#disk = disk;
    this.#before = treeOf(disk);
    this.#expected = expected;
  }

  static async prepare(base: FaultCase): Promise<PreparedCase> {
    const input = diskWithInput(base.devices ?? DEVICES);
    if (base.options.includes(HMAC_FILE)) input.put(resolve("safe/other"), new Uint8Array(1));
    const disk = await base.prepare?.(input.copy()) ?? input.copy();
    await afterRun(input, []);
    return new PreparedCase(base, disk, treeOf(input));
  }

  /** Runs the case's command line on a disk of its own. */
  async run(fault?: FaultAt, options: Partial<FakeRunOptions> = {}): Promise<FakeRun> {
    return await this.runOn(this.#disk.copy(), this.base.options, {
      seed: SEED,
      ...(fault === undefined ? {} : { fault }),
      ...options,
    });
  }

  /** Runs `generate` as the case says. */
  async runOn(
    disk: FakeDisk,
    options: readonly string[],
    run: FakeRunOptions,
  ): Promise<FakeRun> {
    const { abilities, hasThreads } = this.base;
    return await runOn(disk, batchArgs("generate", options), {
      ...abilities,
      groupDevices: GROUP_DEVICES,
      ...(hasThreads === undefined ? {} : { hasThreads }),
      ...run,
    });
  }

  get resumeOptions(): readonly string[] {
    const { options, resumeOptions } = this.base;
    return resumeOptions ?? (options.includes("--resume") ? options : [...options, "--resume"]);
  }

  /**
   * Asserts that a run which failed said so, and left no temporary file.
   *
   * @param start What was on the disk before it.
   */
  assertFailedWell({ code, stderr, files }: FakeRun, start = this.#disk): void {
    const { failed } = files;
    const before = treeOf(start);
    const tree = treeOf(files.disk);
    if (code === 0) assertEquals(stderr, "");
    else {
      assert(code === 4 || code === 3, `exit status ${code}\n${stderr}`);
      if (code === 3) assertEquals(changes(before, tree), [], stderr);
      const isNamed = failed.some(({ path, to }) => stderr.includes(to ?? path));
      assert(isNamed, `the message does not name what failed: ${stderr}`);
    }
    assertEquals(files.writtenCount, 0, "files are open at the end");
    for (const path of tree.keys()) {
      if (!isTemporary(path) || before.has(path)) continue;
      // With what a killed run left, which the next one clears, the gate stays too.
      if (LOCK.test(path) && [...before.keys()].some((known) => STAGING.test(known))) continue;
      const top = path.startsWith("out/") ? path.split("/").slice(0, 2).join("/") : path;
      // The empty file of the gate is not removed unless it is sure that nobody else needs it.
      const told = LOCK.test(path) ? [path, ...GATE_STAYS] : [
        `Cannot remove "${top}`,
        `Cannot remove "${resolve(top)}`,
        `"${top}" stays with it`,
      ];
      const isTold = code === 4 && told.some((text) => stderr.includes(text));
      assert(isTold, `${path} stays behind: ${stderr}`);
      assert(failed.some(isOfRemoval), `${path} could have been removed`);
    }
  }

  /**
   * Asserts that a disk after a fault has all that was promised.
   *
   * @param seen What could be read when it happened.
   */
  assertNothingLost(disk: FakeDisk, seen: FakeDisk): void {
    const tree = treeOf(disk);
    const old = manifestOf(this.#before);
    assert(manifestOf(tree).startsWith(old), "rows are gone");
    const oldRows = rowsOf(old);
    for (const row of rowsOf(manifestOf(treeOf(seen))).values()) {
      const before = oldRows.get(row.image);
      const isUntouched = before !== undefined && isSameRow(before, row);
      if (isUntouched && !isWhole(row, this.#before)) continue; // it was damaged before
      assert(isWhole(row, tree), `${row.image} has a row, but not its files`);
      const csv = row.image.replace(/^bin\/(.*)\.bin$/, "csv/$1.csv");
      const bytes = tree.get(`out/${csv}`);
      if (!isUntouched && !this.base.options.includes("--no-csv")) {
        assertEquals(bytes, this.#expected.get(`out/${csv}`), csv);
      }
    }
    for (const [path, bytes] of tree) {
      const name = /^out\/bin\/([^.].*)\.bin$/.exec(path)?.[1];
      if (name === undefined || bytes.length === 0 || this.#before.get(path) === bytes) continue;
      const keys = this.#keyFilesOf(name).map((key) => tree.get(key)?.length ?? 0);
      assert(keys.every((sizeBytes) => sizeBytes > 0), `${path} has no key`);
    }
  }

  /**
   * Goes on after a fault, and asserts that all is well then.
   *
   * @param keys What was under its name at some moment.
   * @param start What was on the disk before the fault.
   */
  async assertResumes(
    disk: FakeDisk,
    keys: readonly SeenKey[],
    start = this.#disk,
  ): Promise<void> {
    const tree = treeOf(disk);
    const digest = disk.digest();
    let done = this.#done.get(digest);
    if (done === undefined) this.#done.set(digest, done = this.#resume(disk.copy()));
    const after = await done;
    assert(manifestOf(after).startsWith(manifestOf(tree)), "rows are gone after --resume");
    for (const { path, bytes } of [...keys, ...keysIn(treeOf(start)), ...keysIn(tree)]) {
      const now = after.get(path);
      if (now !== undefined && sha256Of(now) === sha256Of(bytes)) continue;
      const isKept = (this.base.lostKeys ?? []).some((lost) => path === `out/${lost}`) &&
        [...after].some(([other, kept]) =>
          other.startsWith(`${path}.old-`) && sha256Of(kept) === sha256Of(bytes)
        );
      assert(isKept, `${path} was replaced`);
    }
  }

  async #resume(disk: FakeDisk): Promise<ReadonlyMap<string, Uint8Array>> {
    const { code, stderr } = await this.runOn(disk, this.resumeOptions, { seed: SEED + 1 });
    assertEquals([code, stderr], [0, ""], "--resume");
    const after = treeOf(disk);
    if (this.base.survivesPowerCuts !== false) {
      const left = treeOf(disk.cut("all lost", () => 0));
      assertEquals(changes(after, left), [], "not on the disk after --resume");
    }
    assertEquals([...after.keys()].filter(isTemporary), [], "temporary files after --resume");
    for (const [path, bytes] of this.#expected) {
      const isMade = path.startsWith("out/csv/") || path === "values_created.csv";
      if (!isMade || this.base.options.includes("--no-csv")) continue;
      assertEquals(sha256Of(after.get(path) ?? new Uint8Array()), sha256Of(bytes), path);
    }
    const ignored = ["--resume", "--rekey"];
    const options = this.base.verifyOptions ??
      this.base.options.filter((option) => !ignored.includes(option));
    const verified = await runOn(disk, batchArgs("verify", options), { seed: SEED });
    assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
    assertEquals(treeOf(disk).size, after.size);
    return after;
  }

  #keyFilesOf(name: string): string[] {
    const { options } = this.base;
    const isHmac = options.includes("--kp_hmac_keygen");
    const hmacKey = options.includes(HMAC_FILE)
      ? ["safe/hmac.bin"]
      : [`out/keys/hmac-keys-${name}.bin`];
    return [
      ...(isHmac ? hmacKey : []),
      ...(options.includes("--keygen") ? [`out/keys/keys-${name}.bin`] : []),
    ];
  }
}

/** A key that was under its name. */
export interface SeenKey {
  path: string;
  bytes: Uint8Array;
}

const KEY = /^(out\/keys\/[^/.]+\.bin|safe\/hmac\.bin)$/;

function keysIn(tree: ReadonlyMap<string, Uint8Array>): SeenKey[] {
  return [...tree].filter(([path, bytes]) => KEY.test(path) && bytes.length > 0)
    .map(([path, bytes]) => ({ path, bytes }));
}

/** All keys that a run put under their names. */
export function keysSeen({ files }: FakeRun): SeenKey[] {
  const start = `${resolve(".")}/`;
  return files.log.flatMap(({ to, bytes }) => {
    const path = to?.replace(start, "");
    return path !== undefined && bytes !== undefined && KEY.test(path) ? [{ path, bytes }] : [];
  });
}

/** Whether a call, when it fails, is a reason for something temporary to stay. */
function isOfRemoval({ name, path }: Call): boolean {
  return name === "remove" || name === "removeTree" || path === "out" || LOCK.test(path) ||
    path.endsWith("/elsewhere") || name === "linkStatOf" && path === resolve(".");
}

/** What is said when the gate's file stays. */
const GATE_STAYS = ['Cannot read folder "out"', 'Cannot remove "out/.'];
const STAGING = /^out\/\.mfg_gen-[0-9a-f]{16}-\d/;
const LOCK = /^out\/\.mfg_gen-[0-9a-f]{16}\.lock$/;

function isTemporary(path: string): boolean {
  return /(^|\/)\.[^/]/.test(path);
}

function isSameRow(a: ManifestRow, b: ManifestRow): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Whether the files of a row are what it says. */
function isWhole(row: ManifestRow, tree: ReadonlyMap<string, Uint8Array>): boolean {
  const files = [
    [row.image, row.imageSha256],
    [row.keys, row.keysSha256],
    [row.hmacKey, row.hmacKeySha256],
  ] as const;
  return files.every(([path, sha256]) => {
    if (path === "") return true;
    const bytes = tree.get(path === HMAC_FILE ? "safe/hmac.bin" : `out/${path}`);
    return bytes !== undefined && sha256Of(bytes) === sha256;
  });
}

function changes(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    return old === undefined || now === undefined || sha256Of(old) !== sha256Of(now);
  });
}

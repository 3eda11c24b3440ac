/**
 * The harness of the bad-input tables: each row is a run that has to be
 * refused, with nothing written.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Files,
  inTempFolder,
  type Outcome,
  pool,
  POOL_WIDTH,
  REJECTED,
  runProgram,
  treeOf,
  USAGE,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { EXPLANATIONS } from "../../src/problems/explanations.ts";

export { REJECTED, USAGE };

/** A run that has to be refused. */
export interface BadInput {
  name: string;
  /** The configuration; the default names the key `k`, a u8. */
  conf?: string | Uint8Array;
  /** The values file; the default has one device. */
  values?: string | Uint8Array;
  /** Other files in the working folder. */
  files?: Files;
  /** What stands behind the arguments of a good `generate`. */
  options?: readonly string[];
  /** All arguments, instead. */
  args?: readonly string[];
  /** Expected exit status; the default is 3. */
  exit?: number;
  /** Parts of standard error, in any order. */
  says: readonly string[];
  /** How many problems are counted; not looked at by default. */
  problems?: number;
}

export const CONF = "n,namespace,\nk,data,u8\n";
export const VALUES = "k\n1\n";
export const GENERATE = ["generate", "conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];

/** A configuration of one key under the encoding given. */
export function confOf(encoding: string, type = "data"): string {
  return `n,namespace,\nk,${type},${encoding}\n`;
}

/** Files for the row of one value, which may need quotes. */
export function oneValue(encoding: string, cell: string): { conf: string; values: string } {
  const quoted = /[",\r\n]/.test(cell) || cell.trim() === "" ? `"${cell}"` : cell;
  return { conf: confOf(encoding), values: `k,x\n${quoted},y\n` };
}

interface Result {
  outcome: Outcome;
  before: Record<string, string>;
  after: Record<string, string>;
  secrets: string[];
}

async function refusedRun(row: BadInput): Promise<Result> {
  return await inTempFolder(async (cwd) => {
    const files: Files = {
      "conf.csv": row.conf ?? CONF,
      "values.csv": row.values ?? VALUES,
      ...row.files,
    };
    writeFiles(cwd, files);
    const before = treeOf(cwd);
    const outcome = await runProgram(row.args ?? [...GENERATE, ...row.options ?? []], { cwd });
    return { outcome, before, after: treeOf(cwd), secrets: keyTexts(files) };
  });
}

/** The keys in all `.bin` files as texts that must never be printed. */
function keyTexts(files: Files): string[] {
  const texts: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    if (!path.endsWith(".bin") || typeof content === "string") continue;
    for (const key of [content.subarray(0, 32), content.subarray(32, 64)]) {
      if (key.length < 8 || key.every((byte) => byte === 0xFF)) continue;
      // A part is enough to give a key away.
      texts.push(key.toHex().slice(0, 16), key.toBase64().slice(0, 10));
      texts.push([...key.subarray(0, 8)].join(","), [...key.subarray(0, 8)].join(", "));
    }
  }
  return texts;
}

/** The assertions that hold for every run that is refused. */
export function assertRefused(outcome: Outcome, secrets: readonly string[] = []): void {
  const printed = outcome.stdout + outcome.stderr;
  assert(!/^\s+at /m.test(printed), `a stack trace is printed:\n${printed}`);
  assert(!printed.includes("this is a bug in mfg_gen"), printed);
  assert(!printed.includes("error: Uncaught"), printed);
  for (const secret of secrets) {
    assert(!printed.toLowerCase().includes(secret.toLowerCase()), "key material is printed");
  }
}

/** Runs a table, two rows at a time, and makes each row a step of one test. */
export function testBadInputs(title: string, rows: readonly BadInput[]): void {
  const names = rows.map(({ name }) => name);
  assertEquals(names.length, new Set(names).size, "two rows have the same name");

  Deno.test(title, async (t) => {
    const results = await pool(rows, POOL_WIDTH, refusedRun);
    for (const [index, row] of rows.entries()) {
      await t.step(row.name, () => {
        const { outcome, before, after, secrets } = results[index]!;
        const { exit = REJECTED } = row;
        assertEquals(outcome.code, exit, outcome.stderr);
        for (const part of row.says) {
          const stderr = withoutDevices(outcome.stderr);
          assertStringIncludes(part.includes("\\") ? stderr : withSlashes(stderr), part);
        }
        if (exit === USAGE) assertMatchesUsage(outcome);
        if (exit === REJECTED) assertMatchesRejection(outcome, row.problems);
        assertRefused(outcome, secrets);
        assertEquals(after, before, "something was written");
      });
    }
  });
}

function assertMatchesUsage({ stdout, stderr }: Outcome): void {
  assertEquals(stdout, "");
  assert(/^error: .*\nTry: mfg_gen .*--help\n$/s.test(stderr), stderr);
}

function assertMatchesRejection({ stdout, stderr }: Outcome, problems: number | undefined): void {
  assertEquals(stdout, "");
  assertEquals(problemCount(stderr), problems ?? problemCount(stderr), stderr);
}

/** How many problems the end of standard error counts; each of their codes can be explained. */
export function problemCount(stderr: string): number {
  const [count, explain] = stderr.trimEnd().split("\n").slice(-2);
  const counted = /^(\d+) problems?; nothing was (?:written|verified)$/.exec(count ?? "");
  const [, codes] = /^to learn more: mfg_gen explain (.+)$/.exec(explain ?? "") ?? [];
  assert(counted !== null && codes !== undefined, stderr);
  for (const code of codes.split(" ")) assert(Object.hasOwn(EXPLANATIONS, code), code);
  return Number(counted[1]);
}

/** A text without the rows and devices that places name: `f.csv:7:2 (row 5, A4):`. */
export function withoutDevices(text: string): string {
  return text.replace(
    /((?:^|in |, |warning: )[^\s:]+(?::\d+)+) \((?:row \d+, )?(?:row \d+|device \d+|[^()\n]*)\)/gm,
    "$1",
  );
}

/** Text in UTF-16 with its byte order mark. */
export function utf16(text: string, littleEndian: boolean, hasMark = true): Uint8Array {
  const units = (hasMark ? "\uFEFF" : "") + text;
  const bytes = new Uint8Array(units.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < units.length; at++) {
    view.setUint16(at * 2, units.charCodeAt(at), littleEndian);
  }
  return bytes;
}

/** Text whose characters, all below 256, become a byte each. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * Batches of many devices for the tests of the batch engine: their inputs, what
 * has to hold afterwards, and what killed runs leave.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { stagingName } from "../../src/plan/staging_names.ts";
import { type Shard, WHOLE } from "../../src/plan/shard.ts";
import { HMAC_KEY, KEY_PARTITION, ramp } from "../cli/key_files.ts";
import { type Files, type Outcome, runProgram, sameBytes, treeOf, writeFiles } from "../helpers.ts";

export const PREFIX = "Dev";
export const IMAGE_BYTES = 0x3000;
export const MANIFEST = `manifest-${PREFIX}.csv`;
/** Beside the values file. */
export const CREATED = "values_created.csv";
export const MANIFEST_HEADER =
  "batch,row,file_id,image,image_bytes,image_sha256,keys,keys_sha256,hmac_key,hmac_key_sha256,encryption";

const CONF = `n,namespace,
serial,data,string
level,data,u32,REPEAT
cert,file,binary
common,file,hex2bin,REPEAT
`;
const CERTIFICATES = 5;

/** Input files of a batch of `deviceCount`; two batches with different marks share no image. */
export function batchFiles(deviceCount: number, mark = "SN"): Files {
  const rows = Array.from({ length: deviceCount }, (_, index) => {
    const [level, common] = index === 0 ? ["7", "files/common.hex"] : ["", ""];
    return `${mark}-${index + 1},${level},files/cert-${index % CERTIFICATES}.bin,${common}\n`;
  });
  const certificates = Array.from(
    { length: CERTIFICATES },
    (_, index) => [`files/cert-${index}.bin`, ramp(300 + index, index)] as const,
  );
  return {
    "conf.csv": CONF,
    "values.csv": `serial,level,cert,common\n${rows.join("")}`,
    "files/common.hex": "00112233445566778899aabbccddeeff",
    "keys.bin": KEY_PARTITION,
    "hmac.bin": HMAC_KEY,
    ...Object.fromEntries(certificates),
  };
}

/** Key options by what they make; the images of the first three are the same in every run. */
export const KEY_OPTIONS = {
  plain: [],
  given: ["--inputkey", "keys.bin"],
  derived: ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "hmac.bin"],
  fresh: ["--keygen"],
  freshHmac: ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"],
} as const;

export type KeyKind = keyof typeof KEY_OPTIONS;

/** Whether two runs of the same batch write the same bytes. */
export function isRepeatable(kind: KeyKind): boolean {
  return kind !== "fresh" && kind !== "freshHmac";
}

/** A `generate` of the batch in the current folder. */
export function generate(options: readonly string[] = [], outdir = "out"): string[] {
  return ["generate", "conf.csv", "values.csv", PREFIX, "0x3000", "--outdir", outdir, ...options];
}

/** Runs the program, which has to succeed. */
export async function succeed(args: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = await runProgram(args, { cwd });
  assertEquals([outcome.code, outcome.stderr], [0, ""], args.join(" "));
  return outcome;
}

/** Lines of the manifest behind its header, whole or not. */
export function recordedDevices(outdir: string): number {
  return Math.max(0, textOf(join(outdir, MANIFEST)).split("\n").length - 2);
}

/** A file's text, empty if it does not exist. */
export function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** A row of the manifest by column; this reader knows no quotes, and the batches here need none. */
export type Row = Record<string, string>;

/** The rows of a manifest, each whole; the first line has to be the header. */
export function manifestRows(outdir: string): Row[] {
  const [header, ...lines] = Deno.readTextFileSync(join(outdir, MANIFEST)).split("\n");
  assertEquals(header, MANIFEST_HEADER);
  assertEquals(lines.pop(), "", "the last line has no end");
  return lines.map(rowOf);
}

function rowOf(line: string): Row {
  const columns = MANIFEST_HEADER.split(",");
  const cells = line.split(",");
  assertEquals(cells.length, columns.length, line);
  return Object.fromEntries(columns.map((column, index) => [column, cells[index]!]));
}

/** Lines of a manifest that are whole rows, each once: what readers of a damaged one go by. */
export function wholeLines(outdir: string): string[] {
  const [, ...lines] = textOf(join(outdir, MANIFEST)).split("\n").slice(0, -1);
  return [...new Set(lines.filter((line) => WHOLE_ROW.test(line)))].sort();
}

const WHOLE_ROW =
  /^[0-9a-f-]{100,},\d+,[^,]+,bin\/[^,]+,\d+,[0-9a-f]{64}(,[^,]*){4},(none|given|own|hmac-given|hmac-own)$/;

/** The lines of a manifest in an order that does not depend on workers. */
export function sortedManifest(outdir: string): string[] {
  return Deno.readTextFileSync(join(outdir, MANIFEST)).split("\n").sort();
}

/** Files that no run may leave behind when it has finished. */
export function leftOvers(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (/^\.|\.tmp$|\.lock$/.test(name)) found.push(name);
    if (isDirectory) found.push(...leftOvers(join(folder, name)).map((path) => `${name}/${path}`));
  }
  return found;
}

/** The tree of an output folder without its manifest, whose order is not fixed. */
export function withoutManifest(outdir: string): Record<string, string> {
  const { [MANIFEST]: _, ...files } = treeOf(outdir);
  return files;
}

/** Asserts that two trees are the same, and names only what is not. */
export function assertSameFiles(
  actual: Record<string, string>,
  expected: Record<string, string>,
): void {
  const paths = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  assertEquals([...paths].filter((path) => actual[path] !== expected[path]), []);
}

/** A finished batch that nobody disturbed. */
export interface Reference {
  outdir: string;
  /** Without the manifest. */
  files: Record<string, string>;
  /** The manifest's rows, sorted; absent when other options make them different. */
  rows?: string[];
  milliseconds: number;
}

/** Makes a batch in a folder of its own that nobody disturbs. */
export async function undisturbed(
  folder: string,
  options: readonly string[] = [],
): Promise<Reference> {
  const startedAt = performance.now();
  await succeed(generate(options, "undisturbed"), folder);
  const milliseconds = performance.now() - startedAt;
  const outdir = join(folder, "undisturbed");
  return { outdir, files: withoutManifest(outdir), rows: wholeLines(outdir), milliseconds };
}

/**
 * Asserts that a batch is finished: all files of all devices, one row each
 * that tells the truth, and nothing else.
 *
 * @param manifest Whether the manifest may have torn and damaged lines too.
 */
export async function assertFinished(
  outdir: string,
  kind: KeyKind,
  reference: Reference,
  manifest: "clean" | "damaged" = "clean",
): Promise<void> {
  assertEquals(leftOvers(outdir), []);
  const files = withoutManifest(outdir);
  const rows = manifest === "clean"
    ? manifestRows(outdir)
    : wholeLines(outdir).map((line) => rowOf(line));
  const images = Object.keys(reference.files).filter((path) => /^bin\/.+/.test(path));
  assertEquals(rows.map(({ image }) => image!).sort(), images);
  for (const row of rows) assertRowHolds(row, files);
  if (isRepeatable(kind)) {
    assertSameFiles(files, reference.files);
    if (reference.rows !== undefined) assertEquals(wholeLines(outdir), reference.rows);
  } else {
    const plainFiles = Object.keys(files).filter((path) => !path.startsWith("keys/"));
    assertEquals(plainFiles, Object.keys(reference.files));
    assertSameCsvs(files, reference);
    await Promise.all(rows.map((row) => assertDecrypts(row, outdir, reference)));
  }
}

/** Encryptions of devices that have a key file of their own. */
const ENCRYPTIONS_WITH_KEYS = ["own", "hmac-given", "hmac-own"];

function assertRowHolds(row: Row, files: Record<string, string>): void {
  assertEquals(row.image_bytes, String(IMAGE_BYTES));
  for (const column of ["image", "keys", "hmac_key"]) {
    const path = row[column]!;
    if (path !== "") assertEquals(files[path], row[`${column}_sha256`], path);
  }
  assertEquals(row.keys !== "", ENCRYPTIONS_WITH_KEYS.includes(row.encryption!), row.encryption);
}

function assertSameCsvs(files: Record<string, string>, reference: Reference): void {
  for (const [path, sha256] of Object.entries(files)) {
    if (path.startsWith("csv/")) assertEquals(sha256, reference.files[path], path);
  }
}

/** Asserts that an image decrypts to the plain one with the keys beside it. */
async function assertDecrypts(row: Row, outdir: string, plain: Reference): Promise<void> {
  const read = (path: string) => Deno.readFileSync(join(outdir, path));
  const keys = decodeKeyPartition(read(row.keys!));
  if (row.hmac_key !== "") assertEquals(await deriveXtsKeys(read(row.hmac_key!)), keys);
  const image = decryptImage(read(row.image!), keys);
  assert(sameBytes(image, Deno.readFileSync(join(plain.outdir, row.image!))), row.image);
}

/** One of so many images is decrypted after a kill; at the end, all of them are. */
const DECRYPTED_SHARE = 8;

/**
 * Asserts that what a killed run left is whole: no file under a final name is
 * partial, and no image is without its key.
 */
export async function assertWholeSoFar(
  outdir: string,
  kind: KeyKind,
  reference: Reference,
): Promise<void> {
  const files = existsFolder(outdir) ? withoutManifest(outdir) : {};
  const names = Object.keys(files).filter((path) => !/(^|\/)\.|\/$/.test(path));
  if (isRepeatable(kind)) {
    for (const path of names) assertEquals(files[path], reference.files[path], path);
    return;
  }
  for (const path of names.filter((path) => path.startsWith("csv/"))) {
    assertEquals(files[path], reference.files[path], path);
  }
  for (const path of names.filter((path) => path.startsWith("keys/keys-"))) {
    decodeKeyPartition(Deno.readFileSync(join(outdir, path)));
  }
  const images = names.filter((path) => path.startsWith("bin/"));
  for (const [index, image] of images.entries()) {
    const keys = image.replace(/^bin\//, "keys/keys-");
    const hmac_key = kind === "freshHmac" ? image.replace(/^bin\//, "keys/hmac-keys-") : "";
    assert(files[keys] !== undefined, `${image} has no key`);
    assert(hmac_key === "" || files[hmac_key] !== undefined, `${image} has no HMAC key`);
    if (index % DECRYPTED_SHARE > 0) continue;
    await assertDecrypts({ image, keys, hmac_key }, outdir, reference);
  }
}

function existsFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Copies a folder with everything in it. */
export function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
}

/** Finished batches of some kinds, in `<folder>/<kind>/out`; tells what to compare each with. */
export async function makeBatches(
  folder: string,
  kinds: readonly KeyKind[],
  deviceCount: number,
): Promise<Record<KeyKind, Reference>> {
  const references = {} as Record<KeyKind, Reference>;
  for (const kind of kinds) {
    const cwd = join(folder, kind);
    writeFiles(cwd, batchFiles(deviceCount));
    const reference = await undisturbed(cwd, KEY_OPTIONS[kind]);
    Deno.renameSync(join(cwd, "undisturbed"), join(cwd, "out"));
    references[kind] = { ...reference, outdir: join(cwd, "out") };
  }
  const { plain } = references;
  return { ...references, fresh: plain, freshHmac: plain };
}

/** What changes when a file is written anew: its inode and its time. */
export function stampsOf(folder: string): Record<string, string> {
  const paths = Object.keys(treeOf(folder)).filter((path) => !path.endsWith("/"));
  return Object.fromEntries(paths.map((path) => {
    const { ino, mtime } = Deno.statSync(join(folder, path));
    return [path, `${ino} ${mtime?.getTime()}`];
  }));
}

/** What a killed run left under temporary names. */
export interface Remains {
  shard?: Shard;
  prefix?: string;
  /** Files that it had staged, by their path in the staging folder. */
  staged?: Files;
  /** Files outside the output folder that it was writing. */
  elsewhere?: readonly string[];
}

/** Sixteen hex digits, as each run has its own. */
const DEAD_MARK = "0123456789abcdef";

/** Leaves in an output folder what a killed run leaves; returns the path of its staging folder. */
export function leaveStaging(
  outdir: string,
  { shard = WHOLE, prefix = PREFIX, staged = {}, elsewhere = [] }: Remains = {},
): string {
  const folder = join(outdir, stagingName(prefix, shard, DEAD_MARK));
  writeFiles(folder, { "lock": "", "batch": `${batchOf(outdir)}\n`, ...staged });
  const temporaries = elsewhere.map((path) => temporaryPath(path));
  for (const path of temporaries) Deno.writeTextFileSync(path, "half a");
  if (temporaries.length > 0) {
    writeFiles(folder, { "elsewhere": temporaries.map((path) => `${path}\n`).join("") });
  }
  return folder;
}

/** The temporary name of a file outside the output folder, in a run that was killed. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${DEAD_MARK}.tmp`);
}

/** The batch of a manifest's first row; something else if there is none. */
function batchOf(outdir: string): string {
  const [, row] = textOf(join(outdir, MANIFEST)).split("\n");
  return row?.split(",")[0] || "no-batch";
}

/**
 * The same bytes on every system: all that a batch writes, manifest included,
 * against one hash that Linux and Windows have to come to.
 */

import { assertEquals } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { inTempFolder, projectPath, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { batchFiles, generate, KEY_OPTIONS, succeed } from "./batch.ts";

/** SHA-256 over paths and hashes of everything below a folder. */
function treeHash(folder: string): string {
  return hash("sha256", JSON.stringify(treeOf(folder)), "hex");
}

/** A file of the README's first batch. */
function readmeExample(name: string): string {
  const readme = Deno.readTextFileSync(projectPath("README.md"));
  const start = readme.indexOf(`<!-- example: ${name} -->`);
  const [, text] = /```csv\r?\n([^]*?)```/.exec(readme.slice(start))!;
  return text!.replaceAll("\r\n", "\n");
}

Deno.test("same bytes: the README's batch", () =>
  inTempFolder(async (cwd) => {
    const names = ["conf.csv", "values.csv"];
    writeFiles(cwd, Object.fromEntries(names.map((name) => [name, readmeExample(name)])));
    const args = [...names, "Dev", "0x3000", "--fileid", "id", "--outdir", "out"];
    const { code, stderr } = await runProgram(["generate", ...args], { cwd });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(Object.keys(treeOf(cwd)).length, 11);
    assertEquals(treeHash(cwd), "ff3a476a680ee0a462f24aeada21c22f00dc53e5557c950afb412228162bd1b7");
  }));

Deno.test("same bytes: a batch with keys from a given HMAC key, REPEAT and files of cells", () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(20));
    await succeed(generate([...KEY_OPTIONS.derived, "--jobs", "1"]), cwd);
    assertEquals(
      treeHash(join(cwd, "out")),
      "fab838d8ba2bfaaa30f476542bc9f2e8e05c44df12ad33e6116de5a894e4fedc",
    );
  }));

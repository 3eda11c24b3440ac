/** `inspect`, `decrypt`, `diff` and `verify` take sound encrypted images that resemble plain ones. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import { keysIn, type SpecimenFile, specimenFiles } from "../crypto/specimens.ts";
import { type Files, inTempFolder, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";

const specimens = specimenFiles();

function plainOf({ path, keysPath }: SpecimenFile): Uint8Array<ArrayBuffer> {
  return decryptImage(Deno.readFileSync(path), keysIn(keysPath));
}

/** The files that `verify` compares a specimen with, as a batch of one device. */
function batchOf(specimen: SpecimenFile): Files {
  const conf: string[] = [];
  const header = ["id"];
  const values = ["1"];
  const files: Files = {};
  let namespace = "";
  for (const entry of decodePartition(plainOf(specimen)).entries) {
    if (entry.namespace !== namespace) conf.push(`${namespace = entry.namespace},namespace,`);
    header.push(entry.key);
    if (entry.value instanceof Uint8Array) {
      conf.push(`${entry.key},file,binary`);
      values.push(`${entry.key}.bin`);
      files[`${entry.key}.bin`] = entry.value;
    } else {
      conf.push(`${entry.key},data,${entry.type}`);
      values.push(`${entry.value}`);
    }
  }
  return {
    ...files,
    "conf.csv": `${conf.join("\n")}\n`,
    "values.csv": `${header}\n${values}\n`,
    "out/bin/Dev-1.bin": Deno.readFileSync(specimen.path),
  };
}

/** `verify` with these keys of a batch that holds a specimen. */
function verifyArgs({ name, path }: SpecimenFile, keysPath: string): string[] {
  const size = `${Deno.statSync(path).size}`;
  const version = name.endsWith("-v1") ? ["--version", "1"] : [];
  const args = ["verify", "conf.csv", "values.csv", "Dev", size, "--outdir", "out", ...version];
  return [...args, "--inputkey", keysPath];
}

Deno.test("there are specimens to run the program on", () => {
  assert(specimens.length >= 7);
});

Deno.test("inspect, decrypt, diff and verify take each specimen with its key", async (t) => {
  const outcomes = await pool(specimens, POOL_WIDTH, (specimen) =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, batchOf(specimen));
      const { path, keysPath } = specimen;
      const run = (...args: string[]) => runProgram(args, { cwd });
      return {
        inspect: await run("inspect", path, "--key", keysPath),
        decrypt: await run("decrypt", path, keysPath, "plain.bin", "--quiet"),
        diff: await run("diff", path, "plain.bin", "--key", keysPath),
        verify: await run(...verifyArgs(specimen, keysPath)),
        plain: Deno.readFileSync(join(cwd, "plain.bin")),
      };
    }));
  for (const [index, specimen] of specimens.entries()) {
    await t.step(specimen.name, () => {
      const { inspect, decrypt, diff, verify, plain } = outcomes[index]!;
      assertEquals([inspect.code, inspect.stderr], [0, ""], inspect.stdout);
      assertMatch(inspect.stdout, /, encrypted, [^]*\nno findings\n$/);
      assertEquals(decrypt, { code: 0, stdout: "", stderr: "" });
      assertEquals(plain, plainOf(specimen));
      assertEquals(diff, { code: 0, stdout: "no differences\n", stderr: "" });
      assertEquals([verify.code, verify.stderr], [0, ""], verify.stdout);
      assertMatch(verify.stdout, /^Dev-1.bin: ok, \d keys?\n/);
    });
  }
});

Deno.test("each names a wrong key, or that there is none, and nothing else", async (t) => {
  const outcomes = await pool(specimens, POOL_WIDTH, (specimen) =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, batchOf(specimen));
      const { path, wrongKeysPath } = specimen;
      const run = (...args: string[]) => runProgram(args, { cwd });
      return {
        noKey: await run("inspect", path),
        inspect: await run("inspect", path, "--key", wrongKeysPath),
        decrypt: await run("decrypt", path, wrongKeysPath, "plain.bin"),
        verify: await run(...verifyArgs(specimen, wrongKeysPath)),
        verifyPlain: await run(...verifyArgs(specimen, "").slice(0, -2)),
      };
    }));
  for (const [index, { name }] of specimens.entries()) {
    await t.step(name, () => {
      const { noKey, inspect, decrypt, verify, verifyPlain } = outcomes[index]!;
      assertEquals([noKey.code, noKey.stdout], [5, ""]);
      assertMatch(noKey.stderr, /: is encrypted; give its key with --key FILE or/);
      assertEquals([inspect.code, inspect.stdout], [5, ""]);
      assertMatch(inspect.stderr, /: is encrypted with another key: no entry makes sense/);
      assertEquals([decrypt.code, decrypt.stdout], [3, ""]);
      assertStringIncludes(decrypt.stderr, "give the key it was encrypted with\n");
      assertEquals(verify.code, 5);
      assertStringIncludes(verify.stdout, "Dev-1.bin was encrypted with another key\n");
      assertEquals(verifyPlain.code, 5);
      assertStringIncludes(verifyPlain.stdout, "Dev-1.bin is encrypted; give the options");
    });
  }
});

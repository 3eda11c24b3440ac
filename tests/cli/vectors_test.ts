/**
 * Every vector of `testdata/vectors`, by listing the folder: the program's
 * files are those of Espressif's utility, byte for byte.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, pool, POOL_WIDTH, projectPath, runProgram, treeOf } from "../helpers.ts";

const VECTORS = projectPath("testdata/vectors");
const OUTDIR = "out";
/** Our own record of what is done; Espressif's utility has none. */
const MANIFEST = /^out\/manifest-[^/]*\.csv$/;

const cases = [...Deno.readDirSync(VECTORS)]
  .filter((entry) => entry.isDirectory)
  .map((entry) => entry.name)
  .sort();

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
}

/** What a case's working folder has to hold in the end: the inputs and what was asked for. */
function expectedTree(vector: string): Record<string, string> {
  const tree = treeOf(join(VECTORS, vector, "in"));
  for (const [path, sha256] of Object.entries(treeOf(join(VECTORS, vector, "out")))) {
    // The one file that goes beside the values file.
    tree[path === "values_created.csv" ? path : `${OUTDIR}/${path}`] = sha256;
  }
  tree[`${OUTDIR}/`] = "folder";
  return tree;
}

function sorted(tree: Record<string, string>): [string, string][] {
  return Object.entries(tree)
    .filter(([path]) => !MANIFEST.test(path))
    .sort(([a], [b]) => a < b ? -1 : 1);
}

async function runCase(vector: string) {
  const { argv } = JSON.parse(Deno.readTextFileSync(join(VECTORS, vector, "case.json")));
  return await inTempFolder(async (cwd) => {
    copyFolder(join(VECTORS, vector, "in"), cwd);
    const outcome = await runProgram(argv, { cwd });
    return { outcome, tree: treeOf(cwd) };
  });
}

Deno.test("every vector gives the bytes of Espressif's utility", async (t) => {
  assert(cases.length >= 24, `only ${cases.length} vectors were found`);
  const results = await pool(cases, POOL_WIDTH, runCase);
  for (const [index, vector] of cases.entries()) {
    await t.step(vector, () => {
      const { outcome, tree } = results[index]!;
      assertEquals([outcome.code, outcome.stderr], [0, ""]);
      assertEquals(sorted(tree), sorted(expectedTree(vector)));
    });
  }
});

Deno.test("expected.json lists what the folders of the vectors hold", () => {
  const listed: Record<string, Record<string, string>> = JSON.parse(
    Deno.readTextFileSync(join(VECTORS, "expected.json")),
  );
  assertEquals(Object.keys(listed).sort(), cases);
  for (const vector of cases) {
    const files = Object.entries(treeOf(join(VECTORS, vector, "out")))
      .filter(([, sha256]) => sha256 !== "folder");
    assertEquals(
      Object.entries(listed[vector]!).sort(([a], [b]) => a < b ? -1 : 1),
      files,
      vector,
    );
  }
});

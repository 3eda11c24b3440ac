/** `edit` on one image. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodePartition } from "../../mod.ts";
import { inTempFolder, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { assertRefused } from "./bad_inputs.ts";

/** Runs `edit in.bin out.bin …` on an image; the written image, if there is one. */
export async function edited(
  image: Uint8Array,
  options: readonly string[],
  files: Record<string, string | Uint8Array> = {},
) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in.bin": image, ...files });
    const before = treeOf(cwd);
    const outcome = await runProgram(["edit", "in.bin", "out.bin", ...options], { cwd });
    const { "out.bin": written, ...after } = treeOf(cwd);
    assertEquals(after, before, "something else was written");
    assertRefused(outcome);
    return {
      ...outcome,
      image: written === undefined ? undefined : Deno.readFileSync(join(cwd, "out.bin")),
    };
  });
}

/** What a partition holds, by key. */
export function valuesOf(image: Uint8Array): Record<string, unknown> {
  const { entries, findings } = decodePartition(image);
  assertEquals(findings, []);
  return Object.fromEntries(
    entries.map(({ namespace, key, type, value }) => [`${namespace}/${key}`, [type, value]]),
  );
}

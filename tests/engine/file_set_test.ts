/** Files that are put in place together: all of them or none, and nothing in place of another. */

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Disk } from "../../src/files/disk.ts";
import { FileSet } from "../../src/files/file_set.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { FileExistsError } from "../../src/ports/file_system.ts";
import { filesIn, inTempFolder, treeOf } from "../helpers.ts";

const BYTES = [Uint8Array.of(1, 2), Uint8Array.of(3)];

Deno.test("a file set is in place as a whole, more files than are open at once", async () => {
  await inTempFolder(async (cwd) => {
    const files = new DenoFiles();
    const folder = join(cwd, "new/plan");
    Deno.mkdirSync(join(cwd, "new"));
    const set = await FileSet.begin(files, new Disk(files), folder, "0123");
    for (let number = 0; number < 150; number++) await set.add(`f${number}`, BYTES);
    assertEquals(filesIn(folder).filter((path) => !path.startsWith(".")), [], "not yet");
    await set.publish();
    assertEquals(filesIn(folder).length, 150);
    assertEquals(Deno.readFileSync(join(folder, "f149")), Uint8Array.of(1, 2, 3));
  });
});

Deno.test("a name that somebody took meanwhile: nothing of the set stays", async () => {
  await inTempFolder(async (cwd) => {
    const files = new DenoFiles();
    const set = await FileSet.begin(files, new Disk(files), cwd, "0123");
    for (const name of ["a", "b", "c"]) await set.add(name, BYTES);
    Deno.writeTextFileSync(join(cwd, "b"), "mine");
    await assertRejects(() => set.publish(), FileExistsError);
    set.discard();
    assertEquals(Object.keys(treeOf(cwd)), ["b"]);
    assertEquals(Deno.readTextFileSync(join(cwd, "b")), "mine");
  });
});

/** Inputs that are read twice have to be the same the second time. */

import { assertEquals, assertThrows } from "@std/assert";
import { ValueError } from "../../src/input/value_codec.ts";
import { CellFiles, InputChangedError } from "../../src/plan/cell_files.ts";
import { StableFile } from "../../src/plan/values_file.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { inTempFolder } from "../helpers.ts";

const LARGE = 200_000; // several chunks of 64 KiB

async function withFile(use: (path: string) => void): Promise<void> {
  await inTempFolder((folder) => use(`${folder}/input`));
}

function readAll(file: StableFile): number {
  let sizeBytes = 0;
  for (const chunk of file.chunks()) sizeBytes += chunk.length;
  return sizeBytes;
}

Deno.test("a file that stays the same is read any number of times", async () => {
  await withFile((path) => {
    Deno.writeFileSync(path, new Uint8Array(LARGE).fill(1));
    const file = new StableFile(new DenoFiles(), path);
    for (let round = 0; round < 3; round++) assertEquals(readAll(file), LARGE);
    assertEquals(file.sha256?.length, 64);
  });
});

for (
  const [name, change] of [
    ["a byte at the start", (bytes: Uint8Array) => bytes.with(0, 2)],
    ["a byte at the end", (bytes: Uint8Array) => bytes.with(LARGE - 1, 2)],
    ["a byte more", (bytes: Uint8Array) => new Uint8Array([...bytes, 1])],
    ["a byte less", (bytes: Uint8Array) => bytes.slice(1)],
    ["a chunk less", (bytes: Uint8Array) => bytes.slice(0, 3 * 64 * 1024)],
    ["nothing left", () => new Uint8Array()],
  ] as const
) {
  Deno.test(`a values file with ${name} is noticed in the second reading`, async () => {
    await withFile((path) => {
      const bytes = new Uint8Array(LARGE).fill(1);
      Deno.writeFileSync(path, bytes);
      const file = new StableFile(new DenoFiles(), path);
      readAll(file);
      Deno.writeFileSync(path, change(bytes));
      assertThrows(() => readAll(file), InputChangedError, "was changed while the program ran");
    });
  });
}

Deno.test("a file of a cell is read once, and told of once", async () => {
  await withFile((path) => {
    Deno.writeTextFileSync(path, "one");
    const seen: string[] = [];
    const cells = new CellFiles(new DenoFiles(), (name) => seen.push(name));
    const first = cells.read(path);
    Deno.writeTextFileSync(path, "two");
    assertEquals(cells.read(path), first);
    assertEquals(seen, [path]);
  });
});

Deno.test("a file of a cell that fell out of the cache has to be the same again", async () => {
  await inTempFolder((folder) => {
    const pathOf = (index: number) => `${folder}/${index}`;
    const megabytes = 3 * 1024 * 1024;
    for (let index = 0; index < 8; index++) {
      Deno.writeFileSync(pathOf(index), new Uint8Array(megabytes).fill(index));
    }
    const cells = new CellFiles(new DenoFiles(), () => {});
    for (let index = 0; index < 8; index++) cells.read(pathOf(index));
    assertEquals(cells.read(pathOf(0))[0], 0);
    Deno.writeFileSync(pathOf(1), new Uint8Array(megabytes).fill(99));
    assertThrows(() => cells.read(pathOf(1)), InputChangedError);
  });
});

Deno.test("what is no file is a fault of the cell", async () => {
  await inTempFolder((folder) => {
    const cells = new CellFiles(new DenoFiles(), () => {});
    for (
      const [path, says] of [
        ["", "names no file"],
        [folder, "is not a file"],
        [`${folder}/nowhere`, "does not exist"],
      ] as const
    ) {
      assertThrows(() => cells.read(path), ValueError, says);
    }
  });
});

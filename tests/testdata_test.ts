import { assertEquals } from "@std/assert";
import { sampleFiles } from "../testdata/make.ts";
import { specimenFiles } from "../testdata/make_specimens.ts";
import { projectPath } from "./helpers.ts";

for (const [name, bytes] of await sampleFiles()) {
  Deno.test(`testdata/${name} is what make.ts makes`, () => {
    assertEquals(Deno.readFileSync(projectPath(`testdata/${name}`)), bytes);
  });
}

Deno.test("make.ts makes every sample file of testdata/", async () => {
  const found = [...Deno.readDirSync(projectPath("testdata"))]
    .filter(({ name, isFile }) => isFile && name.startsWith("sample"))
    .map(({ name }) => name);
  assertEquals(found.sort(), [...(await sampleFiles()).keys()].sort());
});

Deno.test("testdata/encrypted-specimens/ is what make_specimens.ts makes, and no more", () => {
  const folder = projectPath("testdata/encrypted-specimens");
  const found = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const made = specimenFiles();
  assertEquals(found.sort(), [...made.keys()].sort());
  for (const [name, bytes] of made) {
    assertEquals(Deno.readFileSync(`${folder}/${name}`), bytes, name);
  }
});

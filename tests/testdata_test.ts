import { assertEquals } from "@std/assert";
import { sampleFiles } from "../testdata/make.ts";
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

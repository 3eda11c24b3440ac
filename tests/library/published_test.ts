/** The library as it is published: documented, complete, and its examples run outside the tree. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { inTempFolder, projectPath, writeFiles } from "../helpers.ts";

const FACES = Object.entries(config.exports);
/** In an unpacked source archive the packages are files without types, which cannot be published. */
const isArchive = Object.values<string>(config.imports).some((target) => target.startsWith("./"));

async function deno(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

for (const [name, path] of FACES) {
  Deno.test(`library ${name}: all that is public is documented, and names what is public`, async () => {
    const { code, output } = await deno(["doc", "--lint", path], projectPath("."));
    assertEquals(code, 0, output);
  });

  Deno.test({
    name: `library ${name}: its examples check and run from outside the tree`,
    ignore: isArchive,
  }, () =>
    inTempFolder(async (cwd) => {
      const source = Deno.readTextFileSync(projectPath(path));
      const [comment] = /^\/\*\*[^]*?\*\//.exec(source)!;
      const examples = [...comment.matchAll(/^ \* ```ts\n([^]*?)^ \* ```$/gm)]
        .map(([, lines]) => lines!.replace(/^ \* ?/gm, ""));
      assert(examples.length > 0, "there is no example");
      const root = new URL("../../", import.meta.url);
      const own = FACES.map(([face, file]) => [
        face.replace(/^\./, config.name),
        new URL(file, root).href,
      ]);
      const packages = Object.entries<string>(config.imports).map(([bare, target]) => [
        bare,
        target.startsWith("./") ? new URL(target, root).href : target,
      ]);
      writeFiles(cwd, {
        "deno.json": JSON.stringify({
          imports: Object.fromEntries([...own, ...packages]),
          compilerOptions: { strict: true, types: [join(projectPath("."), "src/std.d.ts")] },
        }),
        ...Object.fromEntries(examples.map((text, index) => [`example_${index}.ts`, text])),
      });
      for (const index of examples.keys()) {
        const args = ["run", "--check", "-A", "--no-lock", `example_${index}.ts`];
        const { code, output } = await deno(args, cwd);
        assertEquals(code, 0, output);
      }
    }));
}

Deno.test({ name: "library: publishing it would work", ignore: isArchive }, async () => {
  const args = ["publish", "--dry-run", "--allow-dirty"];
  const { code, output } = await deno(args, projectPath("."));
  assertEquals(code, 0, output);
  for (const [, path] of FACES) assert(output.includes(path.slice("./".length)), path);
  assert(!/\/(tests|testdata|dist|scripts)\//.test(output), output);
});

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  parseNpmImport,
  SOURCE_ARCHIVE,
  sourceArchive,
  vendoredImports,
} from "../../scripts/airgap.ts";
import { filesForUsers } from "../../scripts/project.ts";
import { filesIn, inTempFolder, projectPath, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { unzip, unzipTo } from "./unzip.ts";

const SAMPLE = [
  ["generate", "samples/sample_config.csv", "samples/sample_values_singlepage_blob.csv"],
  ["Sample", "0x3000", "--outdir"],
].flat();

Deno.test("airgap: npm specifiers are taken apart", () => {
  assertEquals(parseNpmImport("npm:deno-std@1.4.0/path/mod.js"), {
    package: "deno-std@1.4.0",
    name: "deno-std",
    path: "path/mod.js",
  });
  assertEquals(parseNpmImport("npm:@scope/name@^1/a.js").name, "@scope/name");
  for (const specifier of ["jsr:@std/path@1", "npm:deno-std/path/mod.js", "npm:deno-std@1.4.0"]) {
    assertThrows(() => parseNpmImport(specifier), RangeError, `Cannot bring along "${specifier}"`);
  }
});

Deno.test("airgap: the import map points into the archive", () => {
  assertEquals(vendoredImports({ "@std/path": "npm:deno-std@1.4.0/path/mod.js" }), {
    "@std/path": "./vendor/deno-std/path/mod.js",
  });
});

Deno.test("airgap: deno.json differs in where modules are, and in nothing that runs", async () => {
  const files = unzip(await sourceArchive());
  const ours = JSON.parse(Deno.readTextFileSync(projectPath("deno.json")));
  const { data } = files.get(`${SOURCE_ARCHIVE}/deno.json`)!;
  const theirs = JSON.parse(new TextDecoder().decode(data));
  assertEquals(Object.keys(theirs), Object.keys(ours));
  for (const key of ["name", "version", "exports", "tasks", "compilerOptions", "exclude"]) {
    assertEquals(theirs[key], ours[key], key);
  }
  for (const path of Object.values<string>(theirs.imports)) {
    assertEquals(files.has(`${SOURCE_ARCHIVE}/${path.slice("./".length)}`), true, path);
  }
});

Deno.test("airgap: the archive has one folder, and nothing that was made here", async () => {
  const paths = [...unzip(await sourceArchive()).keys()];
  const isStray = (path: string) =>
    /^(\.git|dist|out|node_modules|samples\/.*_created\.csv)/.test(path);
  for (const path of paths) {
    assertEquals(path.startsWith(`${SOURCE_ARCHIVE}/`), true, path);
    const inFolder = path.slice(SOURCE_ARCHIVE.length + 1);
    assertEquals(isStray(inFolder), /^\.git(attributes|ignore)$/.test(inFolder), path);
  }
});

Deno.test("airgap: the source runs with an empty cache and no network", () =>
  inTempFolder(async (folder) => {
    unzipTo(folder, await sourceArchive());
    const cwd = join(folder, SOURCE_ARCHIVE);
    const before = Object.keys(treeOf(cwd));
    const cache = join(folder, "cache");
    const closed = "http://127.0.0.1:9";
    const env = {
      DENO_DIR: cache,
      HTTP_PROXY: closed,
      HTTPS_PROXY: closed,
      NO_PROXY: "",
      NPM_CONFIG_REGISTRY: closed,
      JSR_URL: closed,
    };
    const deno = async (...args: string[]) => {
      const options = { args, cwd, env, stdin: "null" } as const;
      const { code, stderr } = await new Deno.Command(Deno.execPath(), options).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(code, 0, text);
      return text;
    };

    const direct = ["run", "--cached-only", "--allow-read", "--allow-write", "main.ts"];
    assertEquals(await deno(...direct, ...SAMPLE, "out/direct", "--no-csv", "--jobs", "2"), "");
    await deno("task", "sample");

    const expected = await imagesHere();
    assertEquals(Object.keys(expected), ["Sample-1.bin", "Sample-2.bin", "Sample-3.bin"]);
    assertEquals(treeOf(join(cwd, "out/direct/bin")), expected);
    assertEquals(treeOf(join(cwd, "out/sample/bin")), expected);
    // Nothing was fetched, and Deno added nothing to the source.
    const fetched = filesIn(cache).filter((path) => /^(npm|remote|registries)\//.test(path));
    assertEquals(fetched, []);
    const added = Object.keys(treeOf(cwd)).filter((path) => !before.includes(path));
    assertEquals(added.filter((path) => !/^(out\/|samples\/.*_created\.csv$)/.test(path)), []);
  }));

Deno.test("airgap: without the modules brought along it would not run", () =>
  inTempFolder(async (folder) => {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--cached-only", "--allow-read", projectPath("main.ts"), "--help"],
      env: { DENO_DIR: folder },
    }).output();
    assertEquals(code, 1);
  }));

/** Hashes of the images that the program makes of the samples here. */
function imagesHere(): Promise<Record<string, string>> {
  return inTempFolder(async (cwd) => {
    writeFiles(cwd, Object.fromEntries(filesForUsers().map(({ path, data }) => [path, data])));
    const { code, stderr } = await runProgram([...SAMPLE, "out"], { cwd });
    assertEquals([code, stderr], [0, ""]);
    return treeOf(join(cwd, "out/bin"));
  });
}

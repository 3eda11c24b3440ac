import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { executableKind } from "../../scripts/executable_kind.ts";
import { filesForUsers, VERSION } from "../../scripts/project.ts";
import { chosenTargets, release, sha256Sums } from "../../scripts/release.ts";
import { archiveName, TARGETS } from "../../scripts/targets.ts";
import { inTempFolder, isWindows, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { hasStandIns, standInFor } from "./stand_in.ts";
import { unzipTo } from "./unzip.ts";

Deno.test("release: every target has an archive of its own name", () => {
  assertEquals(Object.values(TARGETS).map(archiveName), [
    `mfg_gen-${VERSION}-linux-x86_64`,
    `mfg_gen-${VERSION}-linux-arm64`,
    `mfg_gen-${VERSION}-macos-x86_64`,
    `mfg_gen-${VERSION}-macos-arm64`,
    `mfg_gen-${VERSION}-windows-x86_64`,
    `mfg_gen-${VERSION}-windows-arm64`,
  ]);
});

Deno.test("release: arguments restrict what is made", () => {
  assertEquals(chosenTargets([]), [...Object.keys(TARGETS), "source"]);
  assertEquals(chosenTargets(["source", "x86_64-apple-darwin"]), ["x86_64-apple-darwin", "source"]);
  assertThrows(() => chosenTargets(["amiga"]), RangeError, 'Cannot release "amiga": there are x86');
});

Deno.test("release: sums are lines of sha256sum, sorted by name", () => {
  const sums = sha256Sums({ "b.zip": new Uint8Array(), "a.zip": new TextEncoder().encode("abc") });
  assertEquals(
    sums,
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.zip\n" +
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.zip\n",
  );
});

Deno.test("release: the archive has what the samples need, and no by-products", () => {
  const paths = filesForUsers().map(({ path }) => path);
  for (const path of ["README.md", "LICENSE", "docs/guide.md", "samples/sample_config.csv"]) {
    assert(paths.includes(path), path);
  }
  assert(paths.includes("testdata/sample_hmac_key.bin"));
  assertEquals(paths.filter((path) => /_created\.csv$|vectors|device-images/.test(path)), []);
  const scripts = filesForUsers().filter(({ path }) => path.endsWith(".sh"));
  assert(scripts.length > 0 && scripts.every(({ isExecutable }) => isExecutable));
});

/** The first bytes of programs as the systems' linkers write them: magic, then processor. */
const HEADERS: Record<string, string> = {
  "linux x86_64": "7f454c4602010100000000000000000003003e00",
  "linux arm64": "7f454c460201010000000000000000000300b700",
  "macos x86_64": "cffaedfe07000001",
  "macos arm64": "cffaedfe0c000001",
  "windows x86_64": "4d5a".padEnd(120, "0") + "80000000" + "0".repeat(128) + "504500006486",
  undefined: "23212f62696e2f7368",
  "undefined for Linux on RISC-V": "7f454c460201010000000000000000000300f300",
  "undefined for a universal macOS program": "cafebabe00000002",
  "undefined for a DOS program": "4d5a".padEnd(120, "0") + "ffffff7f",
};

for (const [name, header] of Object.entries(HEADERS)) {
  Deno.test(`release: knows a program's kind: ${name}`, () => {
    const kind = executableKind(Uint8Array.fromHex(header.padEnd(512, "0")));
    assertEquals(kind && `${kind.os} ${kind.arch}`, /^undefined/.test(name) ? undefined : name);
    assertEquals(executableKind(Uint8Array.fromHex(header.slice(0, 16))), undefined);
  });
}

Deno.test("release: a target that cannot be compiled is named, and there are no sums", () =>
  inTempFolder(async (dist) => {
    const compiler = { deno: join(dist, "no-such-deno") };
    const target = "aarch64-apple-darwin";
    await assertRejects(
      () => release([target], { dist, compiler }),
      Error,
      `Cannot compile for ${target}: `,
    );
    assertEquals([...Deno.readDirSync(join(dist, "release"))], []);
  }));

const SAMPLE = [
  ["generate", "samples/sample_config.csv", "samples/sample_values_singlepage_blob.csv"],
  ["Sample", "0x3000", "--outdir", "out", "--jobs", "2"],
].flat();

Deno.test({
  name: "release: the executable for this system, unpacked elsewhere, makes the samples",
  ignore: !hasStandIns,
  fn: () =>
    inTempFolder(async (folder) => {
      const target = Deno.build.target;
      const name = archiveName(TARGETS[target]!);
      await release([target], {
        dist: join(folder, "dist"),
        compiler: await standInFor(target),
      });
      const archive = Deno.readFileSync(join(folder, "dist/release", `${name}.zip`));
      const sums = Deno.readTextFileSync(join(folder, "dist/release/SHA256SUMS"));
      assertEquals(sums, sha256Sums({ [`${name}.zip`]: archive }));

      unzipTo(folder, archive);
      assertEquals([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), ["dist", name]);
      const cwd = join(folder, name);
      const program = join(cwd, isWindows ? "mfg_gen.exe" : "mfg_gen");
      // Nothing of the environment: it has to run where no Deno ever was.
      const { code, stderr } = await new Deno.Command(program, {
        args: SAMPLE,
        cwd,
        clearEnv: !isWindows,
      }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      assertEquals(treeOf(join(cwd, "out/bin")), await imagesFromSource());
    }),
});

/** Hashes of the images that the program makes of the samples here. */
function imagesFromSource(): Promise<Record<string, string>> {
  return inTempFolder(async (cwd) => {
    writeFiles(cwd, Object.fromEntries(filesForUsers().map(({ path, data }) => [path, data])));
    const { code, stderr } = await runProgram(SAMPLE, { cwd });
    assertEquals([code, stderr], [0, ""]);
    return treeOf(join(cwd, "out/bin"));
  });
}

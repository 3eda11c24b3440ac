/** What `--resume` mends: damaged images and manifests, keys that derive, and what killed runs leave. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  CAN_LINK,
  inTempFolder,
  pool,
  POOL_WIDTH,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  copyFolder,
  CREATED,
  generate,
  KEY_OPTIONS,
  leaveStaging,
  makeBatches,
  MANIFEST,
  MANIFEST_HEADER,
  stampsOf,
  succeed,
  textOf,
  withoutManifest,
} from "./batch.ts";
import { DAMAGES, DEVICES } from "./damages.ts";

const KINDS = ["plain", "given", "fresh", "freshHmac", "derived"] as const;

Deno.test("--resume mends what is damaged with the same bytes, and touches nothing else", async (t) => {
  await inTempFolder(async (folder) => {
    const references = await makeBatches(folder, KINDS, DEVICES);
    const cases = DAMAGES.flatMap(({ kinds, ...damage }) =>
      kinds.map((kind, index) => ({ ...damage, kind, folder: `${damage.name} ${index}` }))
    );
    const results = await pool(cases, POOL_WIDTH, async ({ kind, damage, folder: name }) => {
      const cwd = join(folder, name);
      copyFolder(join(folder, kind), cwd);
      const outdir = join(cwd, "out");
      damage(outdir, cwd);
      const before = { stamps: stampsOf(outdir), manifest: textOf(join(outdir, MANIFEST)) };
      const outcome = await runProgram(generate([...KEY_OPTIONS[kind], "--resume"]), { cwd });
      return { outcome, cwd, outdir, before };
    });
    for (const [index, { name, kind, rewritten, recorded = [] }] of cases.entries()) {
      await t.step(`${name} (${kind})`, async () => {
        const { outcome, cwd, outdir, before } = results[index]!;
        assertEquals([outcome.code, outcome.stderr], [0, ""]);
        await assertFinished(outdir, kind, references[kind], "damaged");
        const whole = join(folder, kind, "out");
        assertSameFiles(withoutManifest(outdir), withoutManifest(whole));
        assertEquals(textOf(join(cwd, CREATED)), textOf(join(folder, kind, CREATED)));
        assertEquals([...Deno.readDirSync(cwd)].filter(({ name }) => name.startsWith(".")), []);

        const manifest = textOf(join(outdir, MANIFEST));
        assert(manifest.startsWith(before.manifest), "a row was removed or changed");
        const added = manifest.slice(before.manifest.length).split("\n")
          .filter((line) => line !== "" && !MANIFEST_HEADER.endsWith(line));
        const rows = recorded.map((device) => rowOf(join(whole, MANIFEST), device));
        assertEquals(added.sort(), rows.sort());

        const after = stampsOf(outdir);
        for (const path of Object.keys(before.stamps)) {
          const device = Number(/-(\d+)\.(bin|csv)$/.exec(path)?.[1]);
          const isLasting = !/(^|\/)\./.test(path) && path !== MANIFEST;
          if (isLasting && !rewritten.includes(device)) {
            assertEquals(after[path], before.stamps[path], path);
          }
        }
        if (name === "nothing at all") assertEquals(after, before.stamps);
      });
    }
  });
});

/** The line of a device in an undamaged manifest. */
function rowOf(path: string, device: number): string {
  const lines = textOf(path).split("\n").filter((line) => line.includes(`/Dev-${device}.bin,`));
  assertEquals(lines.length, 1);
  return lines[0]!;
}

Deno.test("--resume leaves alone what other runs have under way: other prefixes, other names", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    await succeed(generate(), cwd);
    const outdir = join(cwd, "out");
    const others = ["Dev-2024", "Device", "Other"].map((prefix) =>
      leaveStaging(outdir, { prefix, staged: { "0/0": "half a" } })
    );
    writeFiles(outdir, {
      ".mfg_gen-notes/lock": "somebody's",
      "bin/.Dev-1.bin.0123456789abcdef.tmp": "somebody's",
    });
    const before = treeOf(outdir);
    await succeed(generate(["--resume"]), cwd);
    assertEquals(treeOf(outdir), before);
    assertEquals(others.filter((path) => textOf(join(path, "0/0")) === ""), []);
  });
});

Deno.test("a temporary file that no staging folder of this program names stays", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...batchFiles(3), "precious.txt": "keep me", ".precious.tmp": "me too" });
    await succeed(generate(), cwd);
    const outdir = join(cwd, "out");
    const folder = leaveStaging(outdir);
    writeFiles(folder, { "elsewhere": `${join(cwd, "precious.txt")}\n${cwd}/.precious.tmp\n` });
    await succeed(generate(["--resume"]), cwd);
    assertEquals(textOf(join(cwd, "precious.txt")), "keep me");
    assertEquals(textOf(join(cwd, ".precious.tmp")), "me too");
    assertEquals([...Deno.readDirSync(outdir)].filter(({ name }) => name.startsWith(".")), []);
  });
});

Deno.test({
  name: "a staging folder that is a link stays, and so does what it leads to",
  ignore: !CAN_LINK,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...batchFiles(3), "precious/lock": "", "precious/file": "keep me" });
    await succeed(generate(), cwd);
    const folder = leaveStaging(join(cwd, "out"));
    Deno.removeSync(folder, { recursive: true });
    Deno.symlinkSync(join(cwd, "precious"), folder, { type: "dir" });
    await succeed(generate(["--resume"]), cwd);
    assertEquals(textOf(join(cwd, "precious/file")), "keep me");
    assert(Deno.lstatSync(folder).isSymlink);
  });
});

/** Recorded keys that are damaged or gone: refused, and nothing written, until the user decides. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  inTempFolder,
  pool,
  POOL_WIDTH,
  REJECTED,
  runProgram,
  treeOf,
  USAGE,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import {
  assertFinished,
  assertSameFiles,
  batchFiles,
  copyFolder,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  leftOvers,
  makeBatches,
  MANIFEST,
  manifestRows,
  PREFIX,
  type Reference,
  type Row,
  stampsOf,
  succeed,
  textOf,
  undisturbed,
  wholeLines,
  withoutManifest,
} from "./batch.ts";
import { DEVICES, LOSSES } from "./damages.ts";

const MAX_NAMED = 10;
const KINDS = ["plain", "fresh", "freshHmac", "derived"] as const;

/** Runs each loss on a copy of a finished batch. */
async function withLosses<T>(
  run: (cwd: string, kind: KeyKind, whole: string) => Promise<T>,
  check: (result: T, loss: typeof LOSSES[number], kind: KeyKind, plain: Reference) => unknown,
  t: Deno.TestContext,
): Promise<void> {
  await inTempFolder(async (folder) => {
    const { plain } = await makeBatches(folder, KINDS, DEVICES);
    const cases = LOSSES.flatMap((loss) => loss.kinds.map((kind) => ({ loss, kind })));
    const results = await pool(cases, POOL_WIDTH, async ({ loss, kind }) => {
      const cwd = join(folder, `${loss.name} ${kind}`);
      copyFolder(join(folder, kind), cwd);
      loss.lose(join(cwd, "out"));
      return await run(cwd, kind, join(folder, kind, "out"));
    });
    for (const [index, { loss, kind }] of cases.entries()) {
      await t.step(`${loss.name} (${kind})`, async () => {
        await check(results[index]!, loss, kind, plain);
      });
    }
  });
}

function resume(kind: KeyKind, ...options: string[]): string[] {
  return generate([...KEY_OPTIONS[kind], "--resume", ...options]);
}

Deno.test("lost keys and --resume: exit 3 naming the devices, nothing written; put back: 0", async (t) => {
  await withLosses(
    async (cwd, kind, whole) => {
      const before = treeOf(cwd);
      const stamps = stampsOf(join(cwd, "out"));
      const refused = await runProgram(resume(kind), { cwd });
      const isSame = JSON.stringify([treeOf(cwd), stampsOf(join(cwd, "out"))]) ===
        JSON.stringify([before, stamps]);
      const dry = await runProgram(resume(kind, "--dry-run"), { cwd });
      copyFolder(whole, join(cwd, "out"));
      const resumed = await runProgram(resume(kind), { cwd });
      return { refused, dry, isSame, resumed, outdir: join(cwd, "out"), whole };
    },
    async ({ refused, dry, isSame, resumed, outdir, whole }, { devices }, kind, plain) => {
      for (const { code, stdout, stderr } of [refused, dry]) {
        assertEquals([code, stdout], [REJECTED, ""], stderr);
        const named = [...stderr.matchAll(/the recorded keys of "(.*?)" are damaged or gone/g)];
        assertEquals(
          named.map(([, name]) => name),
          devices.slice(0, MAX_NAMED).map((device) => `${PREFIX}-${device}`),
        );
        const unnamed = devices.length - MAX_NAMED;
        if (unnamed > 0) assertStringIncludes(stderr, `keys of ${unnamed} more devices`);
        assertStringIncludes(stderr, "put them back, or give the device new ones with --resume");
      }
      assert(isSame, "something was written");
      assertEquals([resumed.code, resumed.stderr], [0, ""]);
      assertMatch(resumed.stdout, RegExp(`^${DEVICES} of them were done before$`, "m"));
      assertSameFiles(treeOf(outdir), treeOf(whole));
      await assertFinished(outdir, kind, kind === "derived" ? await unchanged(whole) : plain);
    },
    t,
  );
});

function unchanged(outdir: string): Reference {
  return { outdir, files: withoutManifest(outdir), milliseconds: 0 };
}

Deno.test("--rekey: new keys and images for those devices alone, the old ones stay beside them", async (t) => {
  await withLosses(
    async (cwd, kind, whole) => {
      const outdir = join(cwd, "out");
      const before = { files: treeOf(outdir), stamps: stampsOf(outdir) };
      const manifest = textOf(join(outdir, MANIFEST));
      const rekeyed = await runProgram(resume(kind, "--rekey"), { cwd });
      const verified = await runProgram(
        ["verify", ...generate(KEY_OPTIONS[kind]).slice(1)],
        { cwd },
      );
      const after = treeOf(outdir);
      const again = await runProgram(resume(kind, "--rekey"), { cwd });
      return { outdir, whole, before, manifest, rekeyed, verified, again, after };
    },
    (result, { devices }, kind) => {
      const { outdir, whole, before, manifest, rekeyed, verified, again, after } = result;
      assertEquals([rekeyed.code, rekeyed.stderr], [0, ""]);
      assertMatch(rekeyed.stdout, doneBefore(DEVICES - devices.length));
      assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
      assertEquals(leftOvers(outdir), []);

      // New rows follow the old ones, of which none is gone.
      const text = textOf(join(outdir, MANIFEST));
      assert(text.startsWith(manifest));
      const added = manifestRows(outdir).slice(DEVICES);
      assertEquals(added.map(({ row }) => Number(row)).sort((a, b) => a - b), [...devices]);
      assertOldAndNew(added, before.files, after, kind);

      // Everything else is as it was.
      const stamps = stampsOf(outdir);
      const renewed = new Set(
        added.flatMap(({ image, keys, hmac_key }) => [image, keys, hmac_key]),
      );
      for (const path of Object.keys(before.stamps)) {
        if (path === MANIFEST || renewed.has(path)) continue;
        assertEquals(stamps[path], before.stamps[path], path);
      }
      for (const path of Object.keys(after)) {
        const base = path.replace(/\.old-\d+$/, "");
        assert(base !== path || path.endsWith("/") || treeOf(whole)[path] !== undefined, path);
      }
      // And whole: it is done, whatever is said again.
      assertEquals([again.code, again.stderr], [0, ""]);
      assertMatch(again.stdout, doneBefore(DEVICES));
      assertSameFiles(treeOf(outdir), after);
    },
    t,
  );
});

function doneBefore(devices: number): RegExp {
  return devices === 0 ? /^30 devices in/ : RegExp(`^${devices} of them were done before$`, "m");
}

/** Asserts that a rekeyed device's old files, as far as they were there, stand beside the new ones. */
function assertOldAndNew(
  rows: Row[],
  before: Record<string, string>,
  after: Record<string, string>,
  kind: KeyKind,
): void {
  for (const row of rows) {
    for (const column of ["image", "keys", "hmac_key"]) {
      const path = row[column]!;
      if (path === "") continue;
      assertEquals(after[path], row[`${column}_sha256`], path);
      assertEquals(after[`${path}.old-1`], before[path], path);
      // Derived keys are what they were; those of the others are new.
      if (kind !== "derived") assert(after[path] !== before[path], path);
    }
  }
}

Deno.test("keys that are lost twice: every older file is still there", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(2));
    await succeed(generate(KEY_OPTIONS.fresh), cwd);
    const outdir = join(cwd, "out");
    const image = join(outdir, "bin/Dev-1.bin"), keys = join(outdir, "keys/keys-Dev-1.bin");
    const images: Uint8Array[] = [];
    for (let round = 0; round < 3; round++) {
      images.push(Deno.readFileSync(image));
      Deno.removeSync(keys);
      await succeed(resume("fresh", "--rekey"), cwd);
    }
    for (const [index, bytes] of images.entries()) {
      assertEquals(Deno.readFileSync(`${image}.old-${index + 1}`), bytes);
    }
    assertEquals(wholeLines(outdir).length, 2 + images.length);
    assertEquals((await runProgram(resume("fresh"), { cwd })).code, 0);
  });
});

Deno.test("--rekey where no key is lost: a resumption like any other", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const reference = await undisturbed(cwd);
    await succeed(generate(KEY_OPTIONS.fresh), cwd);
    const outdir = join(cwd, "out");
    const tree = treeOf(outdir);
    Deno.removeSync(join(outdir, "bin/Dev-2.bin"));
    await succeed(resume("fresh", "--rekey"), cwd);
    assertSameFiles(treeOf(outdir), tree);
    await assertFinished(outdir, "fresh", reference);
  });
});

Deno.test("--rekey without --resume: exit 2, nothing written", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const tree = treeOf(cwd);
    const { code, stderr } = await runProgram(generate(["--keygen", "--rekey"]), { cwd });
    assertEquals(code, USAGE);
    assertMatch(stderr, /--rekey .*needs --resume/);
    assertSameFiles(treeOf(cwd), tree);
  });
});

Deno.test("--dry-run --resume --rekey writes nothing", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    await succeed(generate(KEY_OPTIONS.fresh), cwd);
    Deno.removeSync(join(cwd, "out/keys/keys-Dev-2.bin"));
    const tree = treeOf(cwd);
    await succeed(resume("fresh", "--rekey", "--dry-run"), cwd);
    assertSameFiles(treeOf(cwd), tree);
  });
});

for (const kind of ["fresh", "freshHmac", "derived", "given"] as const) {
  Deno.test(`a damaged image with a whole key: the same key, the same bytes, no new row (${kind})`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(3));
      await succeed(generate(KEY_OPTIONS[kind]), cwd);
      const outdir = join(cwd, "out");
      const tree = treeOf(outdir);
      Deno.truncateSync(join(outdir, "bin/Dev-1.bin"), 5000);
      Deno.removeSync(join(outdir, "bin/Dev-2.bin"));
      const keys = stampsOf(outdir);
      await succeed(resume(kind), cwd);
      assertSameFiles(treeOf(outdir), tree);
      const after = stampsOf(outdir);
      const lasting = Object.keys(keys).filter((path) => !/^bin\/Dev-[12]\./.test(path));
      assertEquals(lasting.filter((path) => after[path] !== keys[path]), []);
    });
  });

  Deno.test(`images without rows, as a killed run leaves them: adopted with their keys (${kind})`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(4));
      await succeed(generate(KEY_OPTIONS[kind]), cwd);
      const outdir = join(cwd, "out");
      const tree = treeOf(outdir);
      const path = join(outdir, MANIFEST);
      const lines = textOf(path).split("\n");
      Deno.writeTextFileSync(path, `${lines.slice(0, 2).join("\n")}\n`);
      const stamps = stampsOf(outdir);
      const { stdout } = await succeed(resume(kind), cwd);
      assertMatch(stdout, /^1 of them were done before$/m);
      assertSameFiles(treeOf(outdir), tree);
      const after = stampsOf(outdir);
      const files = Object.keys(stamps).filter((path) => path !== MANIFEST);
      assertEquals(files.filter((path) => after[path] !== stamps[path]), []);
    });
  });
}

for (
  const [name, kind, paths, says] of [
    ["an image of other bytes", "plain", ["bin/Dev-2.bin"], /bin\/Dev-2\.bin: exists already/],
    ["an encrypted image without its key", "fresh", ["bin/Dev-2.bin"], /bin\/Dev-2\.bin: exists/],
    [
      "a key partition that is none",
      "fresh",
      ["keys/keys-Dev-2.bin"],
      /keys-Dev-2\.bin: .*move it/,
    ],
    [
      "a given batch's image of other keys",
      "given",
      ["bin/Dev-2.bin"],
      /Dev-2\.bin: exists already/,
    ],
    ["derived keys without their HMAC key", "freshHmac", ["keys/keys-Dev-2.bin"], /HMAC|hmac/],
    [
      "an HMAC key that is none",
      "freshHmac",
      ["keys/hmac-keys-Dev-2.bin"],
      /hmac-keys-Dev-2\.bin: /,
    ],
    [
      "keys that the HMAC key does not give",
      "derived",
      ["keys/keys-Dev-2.bin"],
      /keys-Dev-2\.bin: /,
    ],
  ] as const satisfies readonly (readonly [string, KeyKind, readonly string[], RegExp])[]
) {
  Deno.test(`without a row, ${name}: exit 3 naming it, nothing touched`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(3));
      for (const path of paths) writeFiles(join(cwd, "out"), { [path]: new Uint8Array(4096) });
      const tree = treeOf(cwd);
      const { code, stdout, stderr } = await runProgram(resume(kind), { cwd });
      assertEquals([code, stdout], [REJECTED, ""], stderr);
      assertMatch(withSlashes(stderr), says);
      assertSameFiles(treeOf(cwd), tree);
    });
  });
}

Deno.test("a key without its image and its row is used again", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const reference = await undisturbed(cwd);
    await succeed(generate(KEY_OPTIONS.freshHmac), cwd);
    const outdir = join(cwd, "out");
    const keys = treeOf(join(outdir, "keys"));
    const images = treeOf(join(outdir, "bin"));
    for (const path of ["bin", "csv"]) Deno.removeSync(join(outdir, path), { recursive: true });
    Deno.removeSync(join(outdir, MANIFEST));
    Deno.removeSync(join(outdir, "keys/keys-Dev-2.bin"));
    await succeed(resume("freshHmac"), cwd);
    assertEquals(treeOf(join(outdir, "keys")), keys);
    assertEquals(treeOf(join(outdir, "bin")), images);
    await assertFinished(outdir, "freshHmac", reference);
  });
});

for (
  const [name, change] of [
    [
      "a row with another image hash",
      (text: string) => text.replace(/(Dev-2\.bin,\d+,)[0-9a-f]{8}/, "$100000000"),
    ],
    ["no header", (text: string) => text.slice(text.indexOf("\n") + 1)],
    ["another header", (text: string) => text.replace(",encryption\n", "\n")],
    ["another table", () => "name,price\nbolt,1\n"],
  ] as const
) {
  Deno.test(`a manifest with ${name}: exit 3, untouched`, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(3));
      await succeed(generate(), cwd);
      const path = join(cwd, "out", MANIFEST);
      Deno.writeTextFileSync(path, change(textOf(path)));
      const tree = treeOf(cwd);
      const { code, stdout, stderr } = await runProgram(generate(["--resume"]), { cwd });
      assertEquals([code, stdout], [REJECTED, ""], stderr);
      assertMatch(stderr, /manifest-Dev\.csv: is no manifest|Dev-2\.bin: is damaged or gone/);
      assertSameFiles(treeOf(cwd), tree);
    });
  });
}

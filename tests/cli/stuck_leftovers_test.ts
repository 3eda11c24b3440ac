/** Temporary files that may hold keys and cannot be removed: exit 4 naming them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { leaveStaging } from "../engine/batch.ts";
import { inTempFolder, IO, type Outcome, runProgram, treeOf, writeFiles } from "../helpers.ts";
import { systemFault } from "../mounts.ts";

const INPUTS = { "conf.csv": "n,namespace,\nserial,data,string\n", "values.csv": "serial\nSN-1\n" };
const FRESH_HMAC = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];

function generate(...options: string[]): string[] {
  return ["generate", "conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out", ...options];
}

/** Sets or takes an attribute: `a` lets names be added and none be removed, `i` changes nothing. */
async function setAttribute(attribute: "+a" | "-a" | "+i" | "-i", path: string): Promise<void> {
  assertEquals(await systemFault("chattr", attribute, path), undefined);
}

/** Whether names in a folder can be made to stay: as root, on ext4 and the like. */
const canKeepNames = await inTempFolder(async (folder) => {
  if (await systemFault("chattr", "+a", folder) !== undefined) return false;
  await setAttribute("-a", folder);
  return true;
});

/** Calls `use` with a folder `stuck/` in which names can be added and none be removed. */
async function withStuckFolder(path: string, use: (cwd: string) => Promise<void>): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUTS, [`${path}/`]: "" });
    await setAttribute("+a", join(cwd, path));
    try {
      await use(cwd);
    } finally {
      await setAttribute("-a", join(cwd, path));
    }
  });
}

function assertNamed({ code, stdout, stderr }: Outcome, cwd: string, folder: string): void {
  assertEquals([code, stdout], [IO, ""], stderr);
  const [, named] = /Cannot remove "(.*?)": /.exec(stderr) ?? [];
  assert(named !== undefined && named.includes(folder), stderr);
  assert(Deno.lstatSync(join(cwd, named)).isFile || Deno.lstatSync(join(cwd, named)).isDirectory);
  assert(!/\bbug\b|\.ts:\d+/.test(stderr), stderr);
}

Deno.test({
  name: "generate-key: the temporary file of a key stays: exit 4 naming it",
  ignore: !canKeepNames,
}, async () => {
  await withStuckFolder("out/keys", async (cwd) => {
    const outcome = await runProgram(["generate-key", "--outdir", "out", "--keyfile", "k"], {
      cwd,
    });
    assertNamed(outcome, cwd, "out/keys/.k.bin.");
  });
});

Deno.test({
  name: "an HMAC key outside the output folder: its temporary file stays: exit 4 naming it",
  ignore: !canKeepNames,
}, async () => {
  await withStuckFolder("stuck", async (cwd) => {
    const keyFile = join(cwd, "stuck", "h.bin");
    const outcome = await runProgram(generate(...FRESH_HMAC, "--kp_hmac_keyfile", keyFile), {
      cwd,
    });
    assertEquals(outcome.code, IO, outcome.stderr);
    const [, named] = /Cannot remove "(.*?)": /.exec(outcome.stderr) ?? [];
    assert(named?.startsWith(join(cwd, "stuck", ".h.bin.")), outcome.stderr);
    assertEquals(Deno.readFileSync(named!).length, 32);
  });
});

Deno.test({
  name: "the staging folder of a run stays: exit 4 naming it, and the batch is whole",
  ignore: !canKeepNames,
}, async () => {
  await withStuckFolder("out", async (cwd) => {
    const outcome = await runProgram(generate(...FRESH_HMAC), { cwd });
    assertNamed(outcome, cwd, "out/.mfg_gen-");
    const verified = await runProgram(["verify", ...generate(...FRESH_HMAC).slice(1)], { cwd });
    assertEquals(verified.code, 0, verified.stdout);
  });
});

Deno.test({
  name: "a killed run's staged key stays: --resume: exit 4 naming it, later 0",
  ignore: !canKeepNames,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    assertEquals((await runProgram(generate("--keygen"), { cwd })).code, 0);
    const outdir = join(cwd, "out");
    const before = treeOf(outdir);
    const key = join(leaveStaging(outdir, { staged: { "0/0": "half a key" } }), "0", "0");
    await setAttribute("+i", key);
    try {
      assertNamed(
        await runProgram(generate("--keygen", "--resume"), { cwd }),
        cwd,
        "out/.mfg_gen-",
      );
    } finally {
      await setAttribute("-i", key);
    }
    const { code, stdout, stderr } = await runProgram(generate("--keygen", "--resume"), { cwd });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^1 of them were done before$/m);
    assertEquals(treeOf(outdir), before);
  });
});

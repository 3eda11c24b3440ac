/** Files that another program holds for a moment, and for longer, as virus scanners and Excel do. */

import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { IoError } from "../../src/ports/file_system.ts";
import {
  batchFiles,
  generate,
  KEY_OPTIONS,
  type KeyKind,
  leftOvers,
  MANIFEST,
  manifestRows,
} from "../engine/batch.ts";
import { start } from "../engine/running.ts";
import { inTempFolder, IO, isWindows, projectPath, runProgram, writeFiles } from "../helpers.ts";
import { hold, letGo } from "./hold.ts";
import type { Order } from "./let_go_later.ts";

const HELD_MILLISECONDS = 300;
const WORDS =
  "another program has it open; close it there, or keep virus scanners out of the folder";

const files = new DenoFiles();
const utf8 = new TextEncoder();

/** What a call does with the held file `path`, and what has to be so afterwards. */
interface HeldCase {
  act(path: string): unknown;
  /** Whether Windows lets it happen while the file is held. */
  isFree?: boolean;
}

const CALLS: Record<string, HeldCase> = {
  readFile: { act: (path) => assertEquals(files.readFile(path), utf8.encode("held")) },
  readChunks: {
    act: (path) => assertEquals([...files.readChunks(path)], [utf8.encode("held")]),
  },
  openAppend: {
    act: (path) => {
      const file = files.openAppend(path);
      file.write(utf8.encode(" no more"));
      file.close();
      assertEquals(Deno.readTextFileSync(path), "held no more");
    },
  },
  syncFile: { act: (path) => files.syncFile(path) },
  tryLock: {
    act: (path) => {
      const lock = files.tryLock(path);
      assert(typeof lock === "object");
      lock.release();
    },
  },
  "rename of it": {
    act: (path) => {
      files.rename(path, `${path}.new`);
      assertEquals(Deno.readTextFileSync(`${path}.new`), "held");
    },
  },
  "rename over it": {
    act: (path) => {
      Deno.writeTextFileSync(`${path}.new`, "new");
      files.rename(`${path}.new`, path);
      assertEquals(Deno.readTextFileSync(path), "new");
    },
  },
  remove: {
    act: (path) => {
      files.remove(path);
      assertEquals(files.linkStatOf(path), undefined);
    },
  },
  removeTree: {
    act: (path) => {
      files.removeTree(join(path, ".."));
      assertEquals(files.linkStatOf(join(path, "..")), undefined);
    },
  },
  link: {
    act: (path) => {
      files.link(path, `${path}.new`);
      assertEquals(files.linkStatOf(path)?.linkCount, 2);
    },
    isFree: true,
  },
  statOf: { act: (path) => assertEquals(files.statOf(path)?.sizeBytes, 4), isFree: true },
  linkStatOf: { act: (path) => assertEquals(files.linkStatOf(path)?.kind, "file"), isFree: true },
  namesIn: {
    act: (path) => assertEquals(files.namesIn(join(path, "..")), ["file"]),
    isFree: true,
  },
};

/** Resolves when a thread says the next thing. */
function next(thread: Worker): Promise<unknown> {
  return new Promise((resolve) => thread.onmessage = resolve);
}

/** Holds `folder/file`, calls `act`, and tells how many milliseconds it took. */
async function whileHeld(act: (path: string) => unknown, milliseconds: number): Promise<number> {
  return await inTempFolder(async (cwd) => {
    const path = join(cwd, "folder", "file");
    writeFiles(cwd, { "folder/file": "held" });
    const thread = new Worker(new URL("./let_go_later.ts", import.meta.url), { type: "module" });
    try {
      await next(thread);
      const handle = hold(path);
      assert(handle !== undefined, "the file cannot be held");
      const startedAt = performance.now();
      const isLetGo = next(thread);
      thread.postMessage({ handle, milliseconds } satisfies Order);
      await act(path);
      const took = performance.now() - startedAt;
      await isLetGo;
      return took;
    } finally {
      thread.terminate();
    }
  });
}

for (const [name, { act, isFree = false }] of Object.entries(CALLS)) {
  Deno.test({ name: `held for a moment: ${name}`, ignore: !isWindows }, async () => {
    const milliseconds = await whileHeld(act, HELD_MILLISECONDS);
    // It did wait, so the file was held.
    if (!isFree) assertGreater(milliseconds, HELD_MILLISECONDS * 0.9);
  });
}

for (const name of ["readFile", "openAppend", "remove", "rename of it"]) {
  Deno.test(
    { name: `held for long: ${name} says so after a while`, ignore: !isWindows },
    () =>
      inTempFolder((cwd) => {
        const path = join(cwd, "file");
        writeFiles(cwd, { "file": "held" });
        const handle = hold(path)!;
        try {
          CALLS[name]!.act(path);
          assert(false, "it was not held");
        } catch (error) {
          assert(error instanceof IoError, String(error));
          assertEquals(error.reason, WORDS);
          assertEquals(files.namesIn(cwd), ["file"]);
        } finally {
          letGo(handle);
        }
      }),
  );
}

const DEVICES = 40;

for (const kind of ["plain", "fresh", "freshHmac"] satisfies KeyKind[]) {
  Deno.test({
    name: `a scanner holds each new file for 200 ms (${kind}): all is done, and nothing stays`,
    ignore: !isWindows,
  }, () =>
    inTempFolder(async (cwd) => {
      writeFiles(cwd, batchFiles(DEVICES));
      const outdir = join(cwd, "out");
      const scanner = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", `--config=${projectPath("deno.json")}`].concat(
          [projectPath("tests/windows/scanner.ts"), outdir, "200"],
        ),
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const lines = scanner.stdout.pipeThrough(new TextDecoderStream()).getReader();
      assertMatch((await lines.read()).value!, /ready/);
      const options = KEY_OPTIONS[kind];
      const { outcome } = start(generate(options), cwd);
      const { code, stderr } = await outcome;
      await scanner.stdin.close();
      const held = Number((await lines.read()).value);
      await lines.cancel();
      await scanner.status;
      assertEquals([code, stderr], [0, ""]);
      assertGreater(held, DEVICES, "the scanner was too slow to be in the way");
      assertEquals(leftOvers(outdir), []);
      assertEquals(manifestRows(outdir).length, DEVICES);
      for (const folder of ["bin", "csv", ...kind === "plain" ? [] : ["keys"]]) {
        for (const { name } of Deno.readDirSync(join(outdir, folder))) {
          assertEquals(Deno.statSync(join(outdir, folder, name)).nlink, 1, name);
        }
      }
      const verified = await runProgram(["verify", ...generate(options).slice(1)], { cwd });
      assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
    }));
}

Deno.test({
  name: "a manifest that is open in a spreadsheet: exit 4 saying so; closed, --resume goes on",
  ignore: !isWindows,
}, () =>
  inTempFolder(async (cwd) => {
    writeFiles(cwd, batchFiles(3));
    const manifest = join(cwd, "out", MANIFEST);
    assertEquals((await runProgram(generate(), { cwd })).code, 0);
    Deno.removeSync(join(cwd, "out/bin/Dev-2.bin"));
    const rows = Deno.readTextFileSync(manifest).split("\n");
    Deno.writeTextFileSync(manifest, `${rows.slice(0, 2).join("\n")}\n`);
    const handle = hold(manifest)!;
    const refused = await runProgram(generate(["--resume"]), { cwd });
    letGo(handle);
    assertEquals(refused.code, IO, refused.stderr);
    assertMatch(
      refused.stderr,
      /^error: Cannot \w+ "out\\manifest-Dev\.csv": another program has/m,
    );
    const resumed = await runProgram(generate(["--resume"]), { cwd });
    assertEquals([resumed.code, resumed.stderr], [0, ""]);
    assertEquals(manifestRows(join(cwd, "out")).length, 3);
    assertEquals(leftOvers(cwd), []);
  }));

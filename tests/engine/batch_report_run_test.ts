/** `--report` where a run stops, fails or is large: no page, a page in the end, flat memory. */

import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import {
  ALL_PERMISSIONS,
  filesIn,
  inTempFolder,
  isCompiled,
  isWindows,
  projectPath,
  runProcess,
  runProgram,
  writeFiles,
} from "../helpers.ts";
import { canMountRamDisk, ramDiskFault, system, unmount } from "../mounts.ts";
import { pageText } from "../report/hostile_batch.ts";
import { generate, leftOvers, manifestRows } from "./batch.ts";
import { interruptedWriting, signalled, start, untilListening } from "./running.ts";

const DEVICES = 20_000;
/** As many as the page lists. */
const LISTED = 2000;
/**
 * What V8 may keep. For {@linkcode LISTED} devices each needs 12; `verify` reads the names in the
 * folder of images at once, which takes 200 bytes each. V8 ends a run that needs more.
 */
const HEAP_MEBIBYTES = { generate: 40, verify: 40 };
const CONF = "n,namespace,\nserial,data,string\n";

function valuesOf(deviceCount: number): string {
  return `serial\n${Array.from({ length: deviceCount }, (_, index) => `SN-${index}\n`).join("")}`;
}

function sha256Of(path: string): string {
  return hash("sha256", Deno.readFileSync(path), "hex");
}

Deno.test("an interrupted run writes no page; --resume writes it, and leaves nothing beside it", {
  ignore: isWindows,
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(LISTED) });
    const outdir = join(cwd, "out");
    const args = generate(["--report", "r.html", "--jobs", "1"]);
    const midway = { devices: LISTED, least: 40 };
    const { code, stderr } = await interruptedWriting(args, cwd, "SIGINT", midway);
    assertEquals(code, 130, stderr);
    assertMatch(stderr, /--report r\.html --jobs 1 --resume/);
    assertEquals(filesIn(cwd).filter((path) => path.includes("html")), []);
    const finished = manifestRows(outdir).length;
    const resumed = await runProgram(generate(["--report", "r.html", "--resume"]), { cwd });
    assertEquals([resumed.code, resumed.stderr], [0, ""]);
    const text = pageText(Deno.readTextFileSync(join(cwd, "r.html")));
    assert(text.includes(`Made by this run ${LISTED - finished}; ${finished} before`), text);
    assertEquals(leftOvers(cwd), []);
  });
});

Deno.test("a full disk under the page: exit 4 when all devices are done, and the way out works", {
  ignore: !await canMountRamDisk(),
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(3), "disk/": "" });
    const disk = join(cwd, "disk");
    assertEquals(await ramDiskFault(disk, "8k"), undefined);
    try {
      writeFiles(disk, { ballast: "x" });
      const failed = await runProgram(generate(["--report", "disk/r.html", "--json"]), { cwd });
      assertEquals(failed.code, 4, failed.stderr);
      assertMatch(
        failed.stderr,
        /^error: Cannot write "disk\/\.r\.html\.\w+\.tmp": No space left on device; give another place with --report\nthis run finished 3 of 3 devices; go on with: /,
      );
      const stopped = JSON.parse(failed.stdout);
      assertEquals([stopped.exit, stopped.code, stopped.devices], [4, "io", 3]);
      assertEquals(stopped.warnings, []);
      assertEquals(filesIn(disk), ["ballast"]);
      const resumed = await runProgram(generate(["--report", "r.html", "--resume"]), { cwd });
      assertEquals([resumed.code, resumed.stderr], [0, ""]);
      assert(filesIn(cwd).includes("r.html"));

      // What was found is told all the same.
      const verify = ["verify", ...generate(["--report", "disk/v.html"]).slice(1)];
      const verified = await runProgram(verify, { cwd });
      assertEquals(verified.code, 4, verified.stderr);
      assertMatch(verified.stdout, /^3 devices: 3 ok, 0 with differences; no surplus images$/m);
      assert(!verified.stdout.includes("report:"), verified.stdout);
      const json = await runProgram([...verify, "--json"], { cwd });
      assertEquals([json.code, JSON.parse(json.stdout).report], [4, null]);

      await system("mount", "-o", "remount,ro", disk);
      for (const args of [generate(["--report", "disk/r.html", "--resume"]), verify]) {
        const { code, stderr } = await runProgram(args, { cwd });
        assertEquals(code, 3);
        assertMatch(
          stderr,
          /^disk\/.\.html: cannot be written: Read-only file system; give another name with --report$/m,
        );
      }
    } finally {
      await unmount(disk);
    }
  });
});

Deno.test("a page outside the permissions: exit 3 before anything is written", {
  ignore: isCompiled, // an executable brings its permissions
}, async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(3), "elsewhere/": "" });
    const flags = ["--quiet", "--no-prompt", "--cached-only", "--allow-read", "--allow-write=out"];
    const run = async (page: string) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", ...flags, `--config=${projectPath("deno.json")}`, projectPath("main.ts")],
          ...generate(["--report", page]),
        ],
        cwd,
        stdin: "null",
      }).output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    };
    const refused = await run("elsewhere/r.html");
    assertEquals(refused.code, 3, refused.stderr);
    assertMatch(
      refused.stderr,
      /cannot be written: the program was started without the permission/,
    );
    assertEquals(filesIn(cwd), ["conf.csv", "values.csv"]);
    const made = await run("out/r.html");
    assertEquals([made.code, made.stderr], [0, ""]);
    assert(filesIn(cwd).includes("out/r.html"));
  });
});

Deno.test({
  name: `${DEVICES} devices: the first ${LISTED} on the page, and no more memory than for those`,
  ignore: Deno.build.os !== "linux" || isCompiled,
  fn: async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, { "conf.csv": CONF, "values.csv": valuesOf(DEVICES) });
      const at = (path: string) => join(cwd, path);
      for (const [name, heap] of Object.entries(HEAP_MEBIBYTES)) {
        const args = ["conf.csv", "values.csv", "Dev", "0x3000", "--no-csv", "--jobs", "1"];
        const { code, stderr } = await runProcess(
          [name, ...args, "--outdir", "out", "--report", `${name}.html`],
          { cwd, denoFlags: [ALL_PERMISSIONS, `--v8-flags=--max-old-space-size=${heap}`] },
        );
        assertEquals([code, stderr], [0, ""]);
      }
      for (const page of ["generate.html", "verify.html"]) {
        const html = Deno.readTextFileSync(at(page));
        assertLess(html.length, 1_000_000);
        const text = pageText(html);
        const images = text.match(/bin\/Dev-\d+\.bin/g)!;
        assertEquals(images.length, LISTED);
        assertEquals([images[0], images.at(-1)], ["bin/Dev-1.bin", `bin/Dev-${LISTED}.bin`]);
        assert(text.includes(`The first ${LISTED} of ${DEVICES} devices.`), text.slice(-800));
        assert(text.includes(sha256Of(at("out/manifest-Dev.csv"))));
        assert(text.includes(sha256Of(at(`out/bin/Dev-${LISTED}.bin`))));
        assert(!text.includes("SN-1"));
      }
      assertGreater(filesIn(at("out/bin")).length, LISTED);

      const [, ...args] = generate(["--no-csv", "--report", "stopped.html"]);
      const running = start(["verify", ...args], cwd);
      await untilListening("SIGINT", running);
      const { code, stderr } = await signalled(running, "SIGINT");
      assertEquals([code, stderr], [130, ""]);
      assertEquals(filesIn(cwd).filter((path) => path.includes("stopped")), []);
    });
  },
});

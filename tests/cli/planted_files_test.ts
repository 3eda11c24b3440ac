/** Links, pipes and folders planted in the output folder: refused, and nothing outside is touched. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { basename, join } from "@std/path";
import { inTempFolder, IO, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";
import { assertRefused, GENERATE, REJECTED } from "./bad_inputs.ts";
import { assertEnded, boundedRun, hasOddFiles, looksOf, makeHuge, makePipe } from "./odd_files.ts";

const PREFIX_HASH = hash("sha256", "dev", "hex").slice(0, 16);
const LOCK = `.mfg_gen-${PREFIX_HASH}.lock`;
const MANIFEST = "manifest-Dev.csv";
const KEYGEN = [...GENERATE, "--keygen"];
const INPUTS = {
  "conf.csv": "n,namespace,\nserial,data,string\nlevel,data,u8,REPEAT\n",
  "values.csv": "serial,level\nSN-1,7\nSN-2,\n",
};

type Plant = (path: string, cwd: string, content: string) => void | Promise<void>;

/** What is planted; links lead to what stands in `outside/`. */
const PLANTS = {
  "a link to nothing": (path, cwd) => Deno.symlinkSync(join(cwd, "outside/nothing"), path),
  "a link to a file": (path, cwd) => Deno.symlinkSync(join(cwd, "outside/file"), path),
  "a link to an empty file": (path, cwd) => Deno.symlinkSync(join(cwd, "outside/empty"), path),
  "a link to a folder": (path, cwd) => Deno.symlinkSync(join(cwd, "outside/folder"), path),
  "a link to itself": (path) => Deno.symlinkSync(path, path),
  "a pipe": (path) => makePipe(path),
  "a folder": (path) => Deno.mkdirSync(path),
  "a file": (path, _, content) => Deno.writeTextFileSync(path, content),
  "a second name of a file": (path, cwd) => Deno.linkSync(join(cwd, "outside/file"), path),
} satisfies Record<string, Plant>;
type PlantName = keyof typeof PLANTS;

const LINKS = [
  "a link to nothing",
  "a link to a file",
  "a link to an empty file",
  "a link to a folder",
  "a link to itself",
  "a pipe",
] as const;

interface Case {
  /** Below the output folder. */
  place: string;
  plant: PlantName;
  /** Behind a good `generate --keygen`. */
  options: readonly string[];
  exit: number;
}

const FOR_FILE: readonly PlantName[] = [...LINKS, "a folder", "a second name of a file"];
const FOR_FOLDER: readonly PlantName[] = [...LINKS, "a file"];
const PLACES: { place: string; plants: readonly PlantName[] }[] = [
  { place: LOCK, plants: FOR_FILE },
  { place: MANIFEST, plants: FOR_FILE },
  { place: "bin", plants: FOR_FOLDER },
  { place: "csv", plants: FOR_FOLDER },
  { place: "keys", plants: FOR_FOLDER },
];
const CASES: Case[] = [[], ["--resume"]].flatMap((options) =>
  PLACES.flatMap(({ place, plants }) =>
    plants.map((plant) => ({ place, plant, options, exit: plant === "a file" ? REJECTED : IO }))
  )
);

/** Makes the folder `out/` with what is planted, runs the program, and says what became of it. */
async function runPlanted(
  { place, plant, options }: Omit<Case, "exit">,
  content: string,
  command: readonly string[] = KEYGEN,
) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      ...INPUTS,
      "outside/file": content,
      "outside/empty": "",
      "outside/folder/file": content,
      "out/": "",
    });
    const path = join(cwd, "out", place);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    await PLANTS[plant](path, cwd, content);
    const before = looksOf(cwd);
    const outcome = await boundedRun([...command, ...options], cwd);
    return { outcome, before, after: looksOf(cwd) };
  });
}

function outsideOf(looks: Record<string, string>): [string, string][] {
  return Object.entries(looks).filter(([path]) => path.startsWith("outside"));
}

/** The first line of a manifest as the program writes it, so that it is not the reason of a refusal. */
async function manifestHeader(): Promise<string> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    const { code, stderr } = await runProgram(KEYGEN, { cwd });
    assertEquals(code, 0, stderr);
    const [header] = Deno.readTextFileSync(join(cwd, "out", MANIFEST)).split("\n");
    return `${header}\n`;
  });
}

async function testRefused(
  t: Deno.TestContext,
  cases: readonly Case[],
  content: string,
): Promise<void> {
  const results = await pool(cases, POOL_WIDTH, (planted) => runPlanted(planted, content));
  for (const [index, { place, plant, options, exit }] of cases.entries()) {
    await t.step(`${place} is ${plant} ${options.join(" ")}`, () => {
      const { outcome, before, after } = results[index]!;
      assertEnded(outcome);
      assertRefused(outcome);
      assertEquals(outcome.code, exit, outcome.stderr);
      assertStringIncludes(outcome.stderr, basename(place));
      // It looked at no device, and does not say that none is whole.
      const told = /^.*\bdevices\b[^;]*/m.exec(outcome.stderr)?.[0];
      const unseen = options.length === 0 ? "" : ", found 0 whole, and did not come to the other 2";
      assert([undefined, `this run finished 0 of 2 devices${unseen}`].includes(told), told);
      assertEquals(after, before);
    });
  }
}

Deno.test({
  name:
    "lock, manifest and folders that are links, pipes or of another kind: exit 4, for files 3, nothing touched",
  ignore: !hasOddFiles,
  fn: async (t) => await testRefused(t, CASES, await manifestHeader()),
});

Deno.test({
  name: "a manifest of something else: exit 3, untouched",
  ignore: !hasOddFiles,
  fn: async (t) => {
    const cases = [[], ["--resume"]].map((options) => (
      { place: MANIFEST, plant: "a file", options, exit: REJECTED } as const
    ));
    await testRefused(t, cases, "somebody's notes\nline 2\n");
  },
});

Deno.test({
  name: "links under the names of a batch's files: the names are taken, exit 3",
  ignore: !hasOddFiles,
  fn: async (t) => {
    const files = ["bin/Dev-2.bin", "csv/Dev-2.csv", "keys/keys-Dev-2.bin"];
    const cases = files.flatMap((place) =>
      (["a link to nothing", "a link to a file", "a pipe", "a folder"] as const).map((plant) => (
        { place, plant, options: [], exit: REJECTED }
      ))
    );
    cases.push({
      place: "../values_created.csv",
      plant: "a link to nothing",
      options: [],
      exit: REJECTED,
    });
    await testRefused(t, cases, "precious");
  },
});

Deno.test({
  name: "a link in place of a staging folder that a killed run left is not followed",
  ignore: !hasOddFiles,
  fn: async (t) => {
    const place = `.mfg_gen-${PREFIX_HASH}-1-of-1-0123456789abcdef`;
    for (const plant of ["a link to a folder", "a link to a file", "a pipe"] as const) {
      for (const options of [[], ["--resume"]]) {
        await t.step(`${plant} ${options.join(" ")}`, async () => {
          const { outcome, before, after } = await runPlanted(
            { place, plant, options },
            "precious",
          );
          assertEnded(outcome);
          assert(outcome.code === 0 || outcome.code === IO, outcome.stderr);
          assertRefused(outcome);
          assertEquals(outsideOf(after), outsideOf(before));
        });
      }
    }
  },
});

Deno.test({
  name: "commands that write nothing end, whatever is planted",
  ignore: !hasOddFiles,
  fn: async (t) => {
    const commands = [[...KEYGEN, "--dry-run"], ["verify", ...KEYGEN.slice(1)]];
    const cases = commands.flatMap((command) =>
      PLACES.flatMap(({ place }) =>
        LINKS.map((plant) => ({ command, planted: { place, plant, options: [] } }))
      )
    );
    const results = await pool(
      cases,
      POOL_WIDTH,
      ({ command, planted }) => runPlanted(planted, "precious", command),
    );
    for (const [index, { command, planted: { place, plant } }] of cases.entries()) {
      await t.step(`${command[0]} ${command.at(-1)}, ${place} is ${plant}`, () => {
        const { outcome, before, after } = results[index]!;
        assertEquals(after, before);
        assertEnded(outcome);
        assert([0, REJECTED, IO, 5].includes(outcome.code), outcome.stderr);
        assertRefused(outcome);
      });
    }
  },
});

Deno.test({
  name: "verify and --resume end, whatever stands where an image or a key was",
  ignore: !hasOddFiles,
  fn: async (t) => {
    const plants: Record<string, Plant> = {
      "a pipe": (path) => makePipe(path),
      "a folder": (path) => Deno.mkdirSync(path),
      "a link to /dev/zero": (path) => Deno.symlinkSync("/dev/zero", path),
      "a link to nothing": (path, cwd) => Deno.symlinkSync(join(cwd, "outside/nothing"), path),
      "a file of 3 GiB": (path, cwd) => makeHuge(path, join(cwd, "out/bin/Dev-1.bin")),
    };
    const cases = [["verify", ...KEYGEN.slice(1)], [...KEYGEN, "--resume"]].flatMap((command) =>
      ["bin/Dev-2.bin", "keys/keys-Dev-2.bin", "csv/Dev-2.csv"].flatMap((place) =>
        Object.entries(plants).map(([plant, make]) => ({ command, place, plant, make }))
      )
    );
    const results = await pool(
      cases,
      POOL_WIDTH,
      ({ command, place, make }) =>
        inTempFolder(async (cwd) => {
          writeFiles(cwd, { ...INPUTS, "outside/file": "precious" });
          const { code, stderr } = await runProgram(KEYGEN, { cwd });
          assertEquals(code, 0, stderr);
          const path = join(cwd, "out", place);
          Deno.removeSync(path);
          await make(path, cwd, "");
          const before = looksOf(cwd);
          return { outcome: await boundedRun(command, cwd), before, after: looksOf(cwd) };
        }),
    );
    for (const [index, { command, place, plant }] of cases.entries()) {
      const isVerify = command[0] === "verify";
      await t.step(`${isVerify ? "verify" : "--resume"}, ${place} is ${plant}`, () => {
        const { outcome, before, after } = results[index]!;
        assertEnded(outcome);
        assertRefused(outcome);
        assert([0, REJECTED, IO, 5].includes(outcome.code), outcome.stderr);
        if (isVerify) assertEquals(after, before);
        else assertEquals(outsideOf(after), outsideOf(before));
        // Keys that are gone are not made anew without being asked.
        if (place.startsWith("keys/")) assert(outcome.code !== 0, outcome.stdout);
      });
    }
  },
});

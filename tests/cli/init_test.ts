/** `init`: files to start from, which `generate` takes as they are. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  CAN_LINK,
  type Files,
  inTempFolder,
  isCompiled,
  runProgram,
  treeOf,
  withSlashes,
  writeFiles,
} from "../helpers.ts";

const NAMES = ["README.txt", "conf.csv", "values.csv"];
const NEXT = "mfg_gen generate conf.csv values.csv Dev 0x3000 --fileid serial --outdir out";

async function succeed(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(args, { cwd });
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return withSlashes(stdout);
}

function textIn(folder: string, name: string): string {
  return Deno.readTextFileSync(join(folder, name));
}

const FOLDERS: { name: string; args: readonly string[]; folder: string; before?: Files }[] = [
  { name: "the current folder", args: [], folder: "." },
  { name: "a folder to make", args: ["lot-7"], folder: "lot-7" },
  { name: "folders to make", args: ["a/b/c"], folder: "a/b/c" },
  { name: "a folder that is there", args: ["lot-7/"], folder: "lot-7", before: { "lot-7/": "" } },
  {
    name: "a folder with other files",
    args: ["lot-7"],
    folder: "lot-7",
    before: { "lot-7/other.csv": "mine" },
  },
];

for (const { name, args, folder, before = {} } of FOLDERS) {
  Deno.test(`init: ${name}; generate and verify accept what is there`, async () => {
    await inTempFolder(async (root) => {
      writeFiles(root, before);
      const others = Object.entries(treeOf(root));
      const stdout = await succeed(["init", ...args], root);
      const cwd = join(root, folder);
      assertStringIncludes(stdout, NEXT);
      assertEquals(stdout.split("\n").length, 3);
      for (const [path, hash] of others) assertEquals(treeOf(root)[path], hash);
      const made = [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
      assertEquals(made.filter((name) => name !== "other.csv"), NAMES);

      const [, ...command] = NEXT.split(" ");
      assertMatch(await succeed([...command], cwd), /^3 devices in/);
      const read = await succeed(["verify", ...command.slice(1)], cwd);
      assertMatch(read, /^3 devices: 3 ok, 0 with differences; no surplus images$/m);
    });
  });
}

Deno.test("init: the README has three lines, and its commands are right", async () => {
  await inTempFolder(async (cwd) => {
    await succeed(["init"], cwd);
    const lines = textIn(cwd, "README.txt").split("\n");
    assertEquals(lines.pop(), "");
    assertEquals(lines.length, 3);
    const commands = lines.flatMap((line) => /mfg_gen (.*)$/.exec(line)?.[1] ?? []);
    assertEquals(commands.length, 2);
    for (const command of commands) await succeed(command.split(" "), cwd);
  });
});

Deno.test("init: comments say what the lines of the configuration mean; the values have none", async () => {
  await inTempFolder(async (cwd) => {
    await succeed(["init"], cwd);
    const conf = textIn(cwd, "conf.csv").split("\n").slice(0, -1);
    for (const [index, line] of conf.entries()) {
      if (!line.startsWith("#")) assert(conf[index - 1]?.startsWith("#"), line);
    }
    const values = textIn(cwd, "values.csv");
    assertEquals(values.includes("#"), false);
    // Commas and quotes in a comment would come back from a spreadsheet as something else.
    for (const line of conf.filter((line) => line.startsWith("#"))) {
      assertEquals(/[",]/.test(line), false, line);
    }
  });
});

Deno.test("init: the files as a spreadsheet saves them make the same images", async () => {
  await inTempFolder(async (cwd) => {
    await succeed(["init", "a"], cwd);
    await succeed(["init", "b"], cwd);
    for (const name of ["conf.csv", "values.csv"]) {
      const rows = textIn(join(cwd, "b"), name).split("\n").slice(0, -1)
        .map((line) => line.split(","));
      const width = Math.max(...rows.map(({ length }) => length));
      const saved = rows.map((cells) => [...cells, ...Array(width - cells.length).fill("")]);
      const text = saved.map((cells) => `${cells.join(",")}\r\n`).join("");
      Deno.writeTextFileSync(join(cwd, "b", name), `\uFEFF${text}`);
    }
    const [, ...command] = NEXT.split(" ");
    for (const folder of ["a", "b"]) await succeed(command, join(cwd, folder));
    const images = ["a", "b"].map((folder) => treeOf(join(cwd, folder, "out/bin")));
    assertEquals(images[0], images[1]);
  });
});

Deno.test("init --json and --quiet", async () => {
  await inTempFolder(async (cwd) => {
    const stdout = await succeed(["init", "a", "--json"], cwd);
    assertEquals(JSON.parse(stdout.replaceAll("//", "/")), {
      folder: "a",
      files: ["a/conf.csv", "a/values.csv", "a/README.txt"],
      next: NEXT,
      notes: [],
    });
    assertEquals(await succeed(["init", "--quiet"], cwd), "");
    const { code, stdout: again } = await runProgram(["init", "--json"], { cwd });
    const { exit, problem_count, problems } = JSON.parse(again);
    assertEquals([code, exit, problem_count, problems.length], [3, 3, 3, 3]);
  });
});

const IN_THE_WAY: { name: string; before: Files; link?: string; says: readonly string[] }[] = [
  ...NAMES.map((name) => ({ name, before: { [`lot/${name}`]: "mine" }, says: [`lot/${name}`] })),
  {
    name: "all of them",
    before: Object.fromEntries(NAMES.map((name) => [`lot/${name}`, "mine"])),
    says: NAMES.map((name) => `lot/${name}`),
  },
  {
    name: "two of them",
    before: { "lot/conf.csv": "", "lot/README.txt": "mine" },
    says: [
      "lot/conf.csv",
      "lot/README.txt",
    ],
  },
  { name: "a folder of that name", before: { "lot/values.csv/": "" }, says: ["lot/values.csv"] },
  { name: "a file in place of the folder", before: { "lot": "mine" }, says: ["lot"] },
  {
    name: "a link that leads nowhere",
    before: {},
    link: "lot/values.csv",
    says: ["lot/values.csv"],
  },
  { name: "such a link in place of the folder", before: {}, link: "lot", says: ["lot"] },
];

for (const { name, before, link, says } of IN_THE_WAY) {
  const ignore = link !== undefined && !CAN_LINK;
  Deno.test({ name: `init over ${name}: exit 3, all named, nothing written`, ignore }, async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, before);
      if (link !== undefined) {
        if (link.includes("/")) Deno.mkdirSync(join(cwd, "lot"));
        Deno.symlinkSync("nothing", join(cwd, link));
      }
      const tree = treeOf(cwd);
      const { code, stdout, stderr } = await runProgram(["init", "lot"], { cwd });
      assertEquals([code, stdout], [3, ""], stderr);
      const lines = withSlashes(stderr).split("\n").filter((line) =>
        /exists already|a folder is needed there/.test(line)
      );
      assertEquals(lines.map((line) => line.split(": ")[0]).sort(), [...says].sort());
      assertEquals(treeOf(cwd), tree);
    });
  });
}

for (const name of NAMES) {
  Deno.test({
    name: `init that cannot write ${name} writes none`,
    ignore: isCompiled, // its permissions are built in
  }, async () => {
    await inTempFolder(async (cwd) => {
      const denoFlags = [`--deny-write=${join(cwd, name)}`];
      const { code, stderr } = await runProgram(["init"], { cwd, denoFlags });
      assertEquals(code, 4, stderr);
      assertStringIncludes(stderr, name);
      assertEquals(treeOf(cwd), {});
    });
  });
}

Deno.test("init: wrong command lines", async () => {
  await inTempFolder(async (cwd) => {
    const cases = [["a", "b"], [""], ["--outdir", "a"], ["--resume"]];
    for (const args of cases) {
      const { code, stderr } = await runProgram(["init", ...args], { cwd });
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, "Try: mfg_gen init --help");
    }
    assertEquals(treeOf(cwd), {});
  });
});

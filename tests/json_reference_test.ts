/** The JSON documents: each has the keys that docs/reference.md lists for it, and no others. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inTempFolder, projectPath, runProgram, writeFiles } from "./helpers.ts";

/** The keys that are listed for a document, by what they are in: `""` for the document itself. */
type Listed = Map<string, string[]>;

/** What the list in docs/reference.md says, by the beginning of each of its items. */
function listedDocuments(): Map<string, Listed> {
  const page = Deno.readTextFileSync(projectPath("docs/reference.md"));
  const [, section] = /^## JSON\n([^]*?)^What they mean:$/m.exec(page)!;
  const documents = new Map<string, Listed>();
  let current: Listed = new Map();
  for (const [, indent, item] of section!.matchAll(/^( *)- ((?:.|\n(?! *- |\n))+)/gm)) {
    const [title = "", keys = ""] = item!.split(/: ([^]*)/);
    const names = [...keys.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    if (indent === "") documents.set(title, current = new Map([["", names]]));
    else current.set(title.replaceAll("`", ""), names);
  }
  return documents;
}

const DOCUMENTS = listedDocuments();

const CONF = "n,namespace,\nserial,data,string\nlevel,data,u8\nsite,data,string,REPEAT\n";
const VALUES = "serial,level,site\nSN-1,7,here\nSN-2,8,\n";
const BATCH = ["conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];

/** Commands in the order in which they can be run, by what the page calls their documents. */
const RUNS: readonly (readonly [string, readonly string[], number?])[] = [
  ["`generate --dry-run`", ["generate", ...BATCH, "--dry-run"]],
  ["`generate`", ["generate", ...BATCH]],
  ["`generate-key`", ["generate-key", "--outdir", "out"]],
  ["`verify`", ["verify", ...BATCH]],
  ["`inspect`", ["inspect", "out/bin/Dev-1.bin"]],
  ["`diff`", ["diff", "out/bin/Dev-1.bin", "out/bin/Dev-2.bin"], 5],
  ["`diff --birth`", ["diff", "out/bin/Dev-1.bin", "--birth", "out/manifest-Dev.csv"]],
  ["`image`", ["image", "out/csv/Dev-1.csv", "one.bin", "0x3000", "--keygen", "--keyfile", "one"]],
  ["`edit`", ["edit", "out/bin/Dev-1.bin", "two.bin", "--set", "n:level:u8=9"]],
  ["`decrypt`", ["decrypt", "one.bin", "keys/one.bin", "plain.bin"]],
  [
    "`flash-plan`",
    [
      "flash-plan",
      "out/manifest-Dev.csv",
      "--partition-table",
      "partitions.csv",
      "--chip",
      "esp32",
      "--outdir",
      "plan",
    ],
  ],
  ["`init`", ["init", "lot"]],
  ["`explain`", ["explain", "not-hex"]],
  ["exit status 2", ["generate", "--keygn"], 2],
  ["exit status 5, an image that cannot be read for want of its key", ["inspect", "one.bin"], 5],
  [
    "exit status 5, `edit` of a damaged image",
    ["edit", "damaged.bin", "three.bin", "--unset", "n:level"],
    5,
  ],
  ["exit status 3", ["generate", "conf.csv", "bad.csv", "Bad", "0x3000", "--fileid", "serial"], 3],
];

/** Where the first entry is in an image. */
const FIRST_ENTRY_AT = 64;

/** Copies an image, with a bit of its first entry changed. */
function damageCopy(cwd: string, from: string, to: string): void {
  const image = Deno.readFileSync(join(cwd, from));
  image[FIRST_ENTRY_AT]! ^= 1;
  Deno.writeFileSync(join(cwd, to), image);
}

Deno.test("docs/reference.md has every JSON document", () => {
  assertEquals([...DOCUMENTS.keys()].toSorted(), RUNS.map(([title]) => title).toSorted());
});

Deno.test("docs/reference.md lists the keys of each JSON document", async (t) => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": CONF,
      "values.csv": VALUES,
      "partitions.csv": "nvs,data,nvs,0x9000,0x3000\n",
      "bad.csv": VALUES.replace(",7,", ",700,"),
    });
    for (const [title, args, status = 0] of RUNS) {
      if (args.includes("damaged.bin")) damageCopy(cwd, "out/bin/Dev-1.bin", "damaged.bin");
      await t.step(title, async () => {
        const { code, stdout } = await runProgram([...args, "--json"], { cwd });
        assertEquals(code, status);
        const document = JSON.parse(stdout);
        for (const [path, names] of DOCUMENTS.get(title)!) {
          const part = path === "" ? document : document[path];
          const sample = Array.isArray(part) ? part[0] : part;
          assert(sample !== undefined, `${path} is empty`);
          assertEquals(Object.keys(sample).toSorted(), names.toSorted(), path);
        }
      });
    }
  });
});

/** `--partition-table` of `generate`, `verify` and `image`: a size by name, and what a table needs. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { parsePartitionCsv } from "../../src/flash/table_csv.ts";
import { partition, tableBytes } from "../flash/dumps.ts";
import {
  DONE,
  type Files,
  filesIn,
  inTempFolder,
  pool,
  POOL_WIDTH,
  projectPath,
  REJECTED,
  runProgram,
  USAGE,
  withSlashes,
  writeFiles,
} from "../helpers.ts";
import { CONF, testBadInputs, VALUES } from "./bad_inputs.ts";

/** A table as ESP-IDF's examples have them, two megabytes with OTA, with a partition of our own. */
const OTA = [
  "# Name,   Type, SubType, Offset,  Size, Flags",
  "nvs,      data, nvs,     0x9000,  0x4000,",
  "otadata,  data, ota,     0xd000,  0x2000,",
  "phy_init, data, phy,     0xf000,  0x1000,",
  "factory,  app,  factory, 0x10000, 1M,",
  "ota_0,    app,  ota_0,   ,        1M,",
  "fctry,    data, nvs,     ,        0x6000,",
];
/** The same for encrypted NVS. */
const ENCRYPTED = [...OTA, "nvs_keys, data, nvs_keys, , 0x1000, encrypted"];
const READ_ONLY = [...OTA, "cal, data, nvs, , 0x2000, readonly"];
/** Two partitions of a size, one of which NVS does not start on. */
const ONE_OF_TWO = [...OTA, "other, data, nvs, , 0x6000, encrypted"];

function csv(lines: readonly string[]): Files {
  return { "p.csv": lines.join("\n") };
}

function generate(size: string, ...options: string[]): string[] {
  const args = ["generate", "conf.csv", "values.csv", "Dev", size, "--outdir", "out"];
  return [...args, "--partition-table", "p.csv", ...options];
}

/** The binary table of a CSV, as `gen_esp32part.py` writes it: see testdata/README.md. */
function binary(lines: readonly string[]): Files {
  const { partitions, problems } = parsePartitionCsv(lines);
  assertEquals(problems, []);
  return { "p.csv": tableBytes(partitions) };
}

interface Row {
  name: string;
  files: Files;
  args: string[];
  /** Bytes of the image. */
  bytes: number;
  /** Parts of the report. */
  says?: string[];
  /** What is not in it. */
  silent?: string;
  /** All of standard error. */
  warns?: string;
  /** Where the image is. */
  image?: string;
}

const LIST = '"nvs" (0x9000, 0x4000 bytes), "fctry" (0x210000, 0x6000 bytes)';
const NO_SUCH_SIZE =
  `warning: p.csv: has no NVS partition of 0x5000 bytes; NVS partitions are ${LIST}: write ` +
  "the name of one as the size\n";
const NO_FLAG =
  'warning: p.csv:8:6: partition "nvs_keys" for the keys has no flag encrypted, so flash ' +
  "encryption leaves them in clear; give it the flag\n";
const OPEN_KEYS = [...OTA, "nvs_keys, data, nvs_keys, , 0x1000"];

const GOOD: Row[] = [
  {
    name: "a size by name",
    files: csv(OTA),
    args: generate("fctry"),
    bytes: 0x6000,
    says: ['note: partition "fctry" of p.csv has 0x6000 bytes at 0x210000\n'],
  },
  { name: "a size by name in a binary", files: binary(OTA), args: generate("nvs"), bytes: 0x4000 },
  { name: "a size in bytes", files: csv(OTA), args: generate("0x6000"), bytes: 0x6000 },
  {
    name: "a size that no NVS partition has",
    files: csv(OTA),
    args: generate("0x5000"),
    bytes: 0x5000,
    warns: NO_SUCH_SIZE,
  },
  {
    name: "a size in bytes without any NVS partition",
    files: csv(["factory, app, factory, , 1M"]),
    args: generate("0x5000"),
    bytes: 0x5000,
    warns: "warning: p.csv: has no NVS partition of 0x5000 bytes; give the right one with " +
      "--partition-table FILE\n",
  },
  {
    name: "a size that two partitions have, one of them with a fault",
    files: csv(ONE_OF_TWO),
    args: generate("24576"),
    bytes: 0x6000,
  },
  {
    name: "a read-only size by name",
    files: csv(READ_ONLY),
    args: generate("cal"),
    bytes: 0x1000,
    silent: "mark it",
  },
  {
    name: "a read-only size in bytes",
    files: csv(READ_ONLY),
    args: generate("0x2000"),
    bytes: 0x1000,
    silent: "mark it",
  },
  {
    name: "a larger partition that is readonly",
    files: csv([...OTA.slice(0, -1), "fctry, data, nvs, , 0x6000, readonly"]),
    args: generate("fctry"),
    bytes: 0x6000,
    says: ["at 0x210000, and is readonly: the device will not write to it\n"],
  },
  {
    name: "keys with their partition",
    files: csv(ENCRYPTED),
    args: generate("fctry", "--keygen"),
    bytes: 0x6000,
  },
  {
    name: "keys with a partition that is not encrypted",
    files: csv(OPEN_KEYS),
    args: generate("fctry", "--keygen"),
    bytes: 0x6000,
    warns: NO_FLAG,
  },
  {
    name: "keys of an HMAC key, which take no partition",
    files: csv(OTA),
    args: generate("fctry", "--keygen", "--key_protect_hmac", "--kp_hmac_keygen"),
    bytes: 0x6000,
  },
  {
    name: "a table that stands elsewhere",
    files: csv(["nvs, data, nvs, 0x8000, 16K", "fctry, data, nvs, , -0x14000"]),
    args: generate("fctry", "--partition-table-offset", "0x7000"),
    bytes: 0x8000,
  },
  {
    name: "image",
    files: csv(OPEN_KEYS),
    args: [
      ...["image", "in.csv", "out/one.bin", "fctry", "--partition_table=p.csv"],
      ...["--keygen", "--keyfile", "one"],
    ],
    bytes: 0x6000,
    warns: NO_FLAG,
    image: "out/one.bin",
  },
];

Deno.test("tables that the images fit", async (t) => {
  const results = await pool(
    GOOD,
    POOL_WIDTH,
    ({ files, args, image = "out/bin/Dev-1.bin" }) =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, "out/": "", ...files });
        writeFiles(cwd, { "in.csv": "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n" });
        const outcome = await runProgram(args, { cwd });
        if (outcome.code !== DONE) return { outcome, bytes: 0 };
        return { outcome, bytes: Deno.statSync(join(cwd, image)).size };
      }),
  );
  for (const [index, { name, bytes, says = [], silent, warns = "" }] of GOOD.entries()) {
    await t.step(name, () => {
      const { outcome, bytes: found } = results[index]!;
      assertEquals(outcome.stderr, warns);
      assertEquals([outcome.code, found], [DONE, bytes]);
      for (const part of says) assertStringIncludes(outcome.stdout, part);
      if (silent !== undefined) assert(!outcome.stdout.includes(silent), outcome.stdout);
    });
  }
});

const ENCRYPTED_FLAG =
  'partition "fctry" has the flag encrypted, which is for flash encryption, and NVS does not ' +
  "start on it (ESP_ERR_NVS_WRONG_ENCRYPTION); leave the flag out";
const NO_KEYS = "p.csv: has no partition for the keys (type data, subtype nvs_keys)";
const WRONG_FLAG = [...OTA.slice(0, -1), "fctry, data, nvs, , 0x6000, encrypted"];
const SMALL = [partition("fctry", 0x9000, 0x2000)];
const KEY_FILE = Deno.readFileSync(projectPath("testdata/sample_encryption_keys.bin"));

testBadInputs("tables that the images do not fit", [
  {
    name: "a name that is not there",
    files: csv(OTA),
    args: generate("fctri"),
    says: [`p.csv: has no partition "fctri"; did you mean fctry? NVS partitions are ${LIST}`],
    problems: 1,
  },
  {
    name: "a name of another type",
    files: csv(OTA),
    args: generate("ota_0"),
    says: ['p.csv:6: partition "ota_0" is app/ota_0, not data/nvs'],
    problems: 1,
  },
  {
    name: "a name of another subtype",
    files: csv(OTA),
    args: generate("phy_init"),
    says: ['p.csv:4: partition "phy_init" is data/phy, not data/nvs'],
  },
  {
    name: "two partitions of a name in a binary table",
    files: {
      "p.csv": tableBytes([partition("a", 0x9000, 0x3000), partition("a", 0xC000, 0x3000)]),
    },
    args: generate("a"),
    says: ['p.csv: has 2 NVS partitions "a": "a" (0x9000, 0x3000 bytes), "a" (0xc000'],
  },
  {
    name: "the flag encrypted",
    files: csv(WRONG_FLAG),
    args: generate("fctry"),
    says: [`p.csv:7:6: ${ENCRYPTED_FLAG}`, "explain partition-flag"],
    problems: 1,
  },
  {
    name: "the flag encrypted in a binary table",
    files: binary(WRONG_FLAG),
    args: generate("fctry"),
    says: [`p.csv: ${ENCRYPTED_FLAG}`],
    problems: 1,
  },
  {
    name: "the flag encrypted, by a size in bytes",
    files: csv(WRONG_FLAG),
    args: generate("0x6000"),
    says: [`p.csv:7:6: ${ENCRYPTED_FLAG}`],
  },
  {
    name: "a read-only size without readonly in a CSV",
    files: csv([...OTA, "cal, data, nvs, , 0x2000"]),
    args: generate("cal"),
    says: [
      "p.csv:8: ",
      "NVS of less than 0x3000 needs the flag readonly",
      "explain partition-table",
    ],
  },
  {
    name: "a read-only size without readonly in a binary table",
    files: { "p.csv": tableBytes(SMALL) },
    args: generate("fctry"),
    says: ['p.csv: partition "fctry" has 0x2000 bytes, which NVS can only read; give it the flag'],
  },
  {
    name: "a size that is no multiple of a page",
    files: csv(["fctry, data, nvs, , 0x3800"]),
    args: generate("fctry"),
    says: ['p.csv:1:5: partition "fctry" has 14336 bytes, and NVS a multiple of 4096'],
    problems: 1,
  },
  {
    name: "a partition larger than any flash of NVS",
    files: csv(["fctry, data, nvs, , 256M"]),
    args: generate("fctry"),
    says: ['p.csv:1:5: partition "fctry" has 0x10000000 bytes, and NVS at most'],
    problems: 1,
  },
  {
    name: "a table that overlaps",
    files: { "p.csv": tableBytes([...SMALL, partition("b", 0xA000, 0x3000)]) },
    args: generate("b"),
    says: ['p.csv: partition "b" ("b" (0xa000, 0x3000 bytes)) overlaps "fctry" (0x9000'],
  },
  {
    name: "--keygen without a partition for the keys",
    files: csv(OTA),
    args: generate("fctry", "--keygen"),
    says: [NO_KEYS, "explain key-partition"],
    problems: 1,
  },
  {
    name: "--inputkey without a partition for the keys",
    files: { ...csv(OTA), "keys.bin": KEY_FILE },
    args: generate("0x6000", "--inputkey", "keys.bin"),
    says: [NO_KEYS],
    problems: 1,
  },
  {
    name: "a partition for the keys that is too small",
    files: csv([...OTA, "nvs_keys, data, nvs_keys, , 0x800, encrypted"]),
    args: generate("fctry", "--keygen"),
    says: ['p.csv:8:5: partition "nvs_keys" for the keys has 0x800 bytes; keys take 0x1000'],
  },
  {
    name: "problems of the table and of the values at once, and no other",
    files: csv(OTA),
    args: generate("nope"),
    values: "k\n300\n",
    says: ['has no partition "nope"', "values.csv:2:1"],
    problems: 2,
  },
  {
    name: "a size that is not known, and values of any size",
    files: csv(OTA),
    args: generate("nope"),
    conf: "n,namespace,\nk,data,hex2bin\n",
    values: `k\n${"00".repeat(20000)}\n`,
    says: ['has no partition "nope"'],
    problems: 1,
  },
  {
    name: "a line that is wrong",
    files: csv([...OTA, "x, data, nvm, , 4K"]),
    args: generate("fctry"),
    says: ['p.csv:8:3: subtype "nvm" is unknown'],
    problems: 1,
  },
  {
    name: "a table that is not there",
    args: generate("fctry"),
    says: ["p.csv: does not exist"],
    problems: 1,
  },
  {
    name: "verify",
    files: csv(WRONG_FLAG),
    args: ["verify", ...generate("fctry").slice(1)],
    says: [ENCRYPTED_FLAG],
  },
  {
    name: "image",
    files: csv(OTA),
    args: ["image", "p.csv", "o.bin", "nope", "--partition-table", "p.csv"],
    says: ['has no partition "nope"'],
  },
  {
    name: "a size that is a number and a name",
    files: csv([...OTA, "12288, data, nvs, , 0x3000"]),
    args: generate("12288"),
    exit: USAGE,
    says: ["size 12288 is a number, and the name of a partition in p.csv too"],
  },
  {
    name: "a size that is neither",
    files: csv(OTA),
    args: generate("12K"),
    exit: USAGE,
    says: ['size "12K" is not a number; did you mean 0x3000 (12288)?'],
  },
  {
    name: "a size and a prefix that are swapped",
    files: csv(OTA),
    args: ["generate", "conf.csv", "values.csv", "0x3000", "Dev", "--partition-table", "p.csv"],
    exit: USAGE,
    says: ['prefix "0x3000" is a size and size "Dev" is not a number'],
  },
  {
    name: "a name without a table",
    args: ["generate", "conf.csv", "values.csv", "Dev", "fctry"],
    exit: USAGE,
    says: [
      'size "fctry" is not a number; write bytes',
      "or a partition's name with --partition-table",
    ],
  },
  {
    name: "the offset of no table",
    options: ["--partition-table-offset", "0x7000"],
    exit: USAGE,
    says: ["--partition-table-offset is about the file of --partition-table; give that too"],
  },
  {
    name: "an offset that is none",
    files: csv(OTA),
    args: generate("fctry", "--partition-table-offset", "7"),
    exit: USAGE,
    says: ["--partition-table-offset 7 is no place of a table"],
  },
]);

Deno.test("--strict makes an error of what a table warns of", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, ...csv(OTA) });
    const { code, stderr } = await runProgram(generate("0x5000", "--strict"), { cwd });
    const end = "1 warning, and --strict takes them for errors; nothing was written\n";
    assertEquals([code, stderr], [REJECTED, NO_SUCH_SIZE + end]);
    assertEquals(filesIn(cwd), ["conf.csv", "p.csv", "values.csv"]);
  });
});

Deno.test("the batch holds the bytes, not the name or the table", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, ...csv(OTA) });
    const run = (args: string[]) => runProgram(args, { cwd });
    assertEquals((await run(generate("fctry"))).code, DONE);
    const plain = ["conf.csv", "values.csv", "Dev", "0x6000", "--outdir", "out"];
    for (
      const args of [
        ["generate", ...plain, "--resume"],
        ["verify", ...plain],
        ["verify", ...generate("fctry", "--strict").slice(1)],
      ]
    ) {
      const { code, stderr } = await run(args);
      assertEquals([code, stderr], [DONE, ""], args.join(" "));
    }
    assertEquals((await run(generate("nvs", "--resume"))).code, REJECTED);
  });
});

/** A table of testdata, a size, more options, and the exit status. */
const BY_ESP_IDF: [stem: string, size: string, options: string[], exit: number][] = [
  ["every-kind", "nvs", ["--keygen"], DONE],
  ["every-kind", "fctry", [], DONE],
  ["every-kind", "0x5000", [], DONE],
  ["every-kind", "fat", [], REJECTED],
  ["ota-and-flags", "fctry", ["--keygen"], DONE],
  ["ota-and-flags", "cal", [], DONE],
  ["ota-and-flags", "0x6000", [], DONE],
  ["ota-and-flags", "other", [], REJECTED],
  ["ota-and-flags", "nope", [], REJECTED],
];

Deno.test("a table and its binary by gen_esp32part.py's code give the same", async (t) => {
  const folder = projectPath("testdata/partition-tables");
  await inTempFolder(async (cwd) => {
    for (const [stem, size, options, exit] of BY_ESP_IDF) {
      const outcomes: [code: number, stdout: string, stderr: string][] = [];
      for (const ending of ["csv", "bin"]) {
        const table = Deno.readFileSync(`${folder}/${stem}.${ending}`);
        writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, "p.csv": table });
        const args = generate(size, ...options, "--dry-run");
        const { code, stdout, stderr } = await runProgram(args, { cwd });
        outcomes.push([code, stdout, stderr.replace(/^p\.csv(:\d+)*: /gm, "")]);
      }
      await t.step(`${stem}, ${size}`, () => {
        assertEquals(outcomes[0]![0], exit, String(outcomes[0]![2]));
        assertEquals(outcomes[0], outcomes[1]);
      });
    }
  });
});

Deno.test("the page about a batch has the table among the inputs", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, ...csv(OTA) });
    const args = generate("fctry");
    const made = await runProgram([...args, "--report", "made.html"], { cwd });
    const verified = await runProgram(
      ["verify", ...args.slice(1), "--report", "verified.html"],
      { cwd },
    );
    assertEquals([made.code, verified.code], [DONE, DONE], made.stderr + verified.stderr);
    const sha256 = hash("sha256", OTA.join("\n"), "hex");
    for (const page of ["made.html", "verified.html"]) {
      const text = Deno.readTextFileSync(join(cwd, page));
      assert(/<td[^>]*>Partition table<\/td>\s*<td[^>]*>p\.csv<\/td>/.test(text), page);
      assertStringIncludes(text, sha256);
    }
  });
});

Deno.test("JSON of generate and image has the warnings about a table", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, {
      "conf.csv": CONF,
      "values.csv": VALUES,
      "in.csv": "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n",
      ...csv(OPEN_KEYS),
    });
    const place = { file: "p.csv", line: 8, column: 6 };
    const image = ["image", "in.csv", "o.bin", "fctry", "--partition-table", "p.csv"];
    for (const args of [generate("fctry"), image]) {
      const { stdout, stderr } = await runProgram([...args, "--keygen", "--json"], { cwd });
      const { warnings } = JSON.parse(stdout);
      assertEquals(warnings.length, 1);
      assertEquals([warnings[0].code, warnings[0].places], ["key-partition-flag", [place]]);
      assertEquals(withSlashes(stderr), NO_FLAG);
    }
  });
});

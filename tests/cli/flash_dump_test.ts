/** `inspect`, `diff` and `decrypt` on the dump of a whole flash. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import {
  APP,
  flashDump,
  noise,
  partition,
  TABLE_OFFSET,
  tableBytes,
  tableCsv,
} from "../flash/dumps.ts";
import { type Files, inTempFolder, pool, POOL_WIDTH, runProgram, writeFiles } from "../helpers.ts";
import { KEY_PARTITION, KEYS } from "./key_files.ts";

function image(serial: string, sizeBytes: number): Uint8Array {
  return encodePartition([
    { namespace: "device", key: "serial", type: "string", value: serial },
    { namespace: "device", key: "channel", type: "u8", value: 11 },
  ], { sizeBytes });
}

const NVS_IMAGE = image("SN-nvs", 0x6000);
const FCTRY_IMAGE = image("SN-fctry", 0x3000);
const ENCRYPTED_IMAGE = encryptImage(image("SN-secret", 0x3000), KEYS);

const NVS = partition("nvs", 0x9000, 0x6000);
const FACTORY = partition("factory", 0x10000, 0x20000, APP);
const FCTRY = partition("fctry", 0x30000, 0x3000);
const SECRET = partition("secret", 0x33000, 0x3000);
const KEYS_PARTITION = partition("nvs_keys", 0xF000, 0x1000, { subtype: 4, encrypted: true });
const LAYOUT = [NVS, KEYS_PARTITION, FACTORY];
const THREE = [...LAYOUT, FCTRY, SECRET];
const CONTENTS = [
  [NVS.offset, NVS_IMAGE],
  [FCTRY.offset, FCTRY_IMAGE],
  [SECRET.offset, ENCRYPTED_IMAGE],
] as const;

const ONE = flashDump({ table: tableBytes(LAYOUT), contents: CONTENTS });
const MANY = flashDump({ table: tableBytes(THREE), contents: CONTENTS });
/** The table of {@linkcode MANY} with a bit of an entry changed. */
const DAMAGED = flashDump({ table: tableBytes(THREE).with(40, 1), contents: CONTENTS });
/** As flash encryption leaves it: bootloader, table and app are ciphertext, NVS is as it was. */
const HIDDEN = flashDump({ table: noise(0x1000, 7), contents: CONTENTS });
HIDDEN.set(noise(0x5000, 8), 0x1000);

const FILES: Files = {
  "one.bin": ONE,
  "many.bin": MANY,
  "damaged.bin": DAMAGED,
  "hidden.bin": HIDDEN,
  "no-md5.bin": flashDump({ table: tableBytes(THREE, { noMd5: true }), contents: CONTENTS }),
  "bare.bin": flashDump({ contents: CONTENTS }),
  "elsewhere.bin": flashDump({ table: tableBytes(THREE), tableOffset: 0x7000, contents: CONTENTS }),
  "no-nvs.bin": flashDump({ table: tableBytes([FACTORY]) }),
  "nvs.bin": NVS_IMAGE,
  "fctry.bin": FCTRY_IMAGE,
  "large.bin": image("SN-large", 0x10000),
  "keys.bin": KEY_PARTITION,
  "table.bin": tableBytes(THREE),
  "table.csv": `# Name, Type\n\n${tableCsv(THREE)}`,
  "cut-table.bin": tableBytes(THREE).subarray(0, 100),
  "bad-table.bin": tableBytes(THREE).with(40, 1),
  "bad-table.csv": "nvs,data,nvs,0x9001,24K\nx,data,what,,4K\n",
  "latin-1.csv": Uint8Array.from([0x6E, 0xE9, 0x2C]),
};

async function run(args: readonly string[], files: Files = {}) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...FILES, ...files });
    return await runProgram(args, { cwd });
  });
}

function inspectOf(...args: string[]) {
  return run(["inspect", ...args]);
}

Deno.test("the only NVS partition of a dump is read", async () => {
  const { code, stdout, stderr } = await inspectOf("one.bin");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^one.bin, partition "nvs" at 0x9000: 24576 bytes, 6 pages, version 2, not/);
  assertStringIncludes(stdout, 'device     serial   string  "SN-nvs"\n');
});

/** Options, and the partition that is read. */
const READ: [args: string[], serial: string][] = [
  [["many.bin", "--partition", "nvs"], "SN-nvs"],
  [["many.bin", "--partition=fctry"], "SN-fctry"],
  [["many.bin", "--partition", "secret", "--key", "keys.bin"], "SN-secret"],
  [["no-md5.bin", "--partition", "fctry"], "SN-fctry"],
  [["damaged.bin", "--partition-table", "table.bin", "--partition", "fctry"], "SN-fctry"],
  [["hidden.bin", "--partition-table", "table.csv", "--partition", "fctry"], "SN-fctry"],
  [["bare.bin", "--partition-table", "table.csv", "--partition", "nvs"], "SN-nvs"],
  [["elsewhere.bin", "--partition-table-offset", "0x7000", "--partition", "nvs"], "SN-nvs"],
  [["elsewhere.bin", "--partition_table_offset", "28672", "--partition", "fctry"], "SN-fctry"],
];

Deno.test("a partition is chosen by name, with the dump's table or another", async () => {
  const outcomes = await pool(READ, POOL_WIDTH, async ([args]) => {
    const { code, stdout, stderr } = await inspectOf(...args, "--json");
    if (code !== 0) return [args, stderr];
    const { image, entries } = JSON.parse(stdout);
    return [
      image.partition.label,
      entries.find(({ key }: { key: string }) => key === "serial").value,
    ];
  });
  assertEquals(outcomes, READ.map(([, serial]) => [serial.slice(3), serial]));
});

Deno.test("JSON, HTML and CSV say which partition was read", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, FILES);
    const args = ["inspect", "many.bin", "--partition", "fctry"];
    const json = await runProgram([...args, "--json", "--html", "page.html"], { cwd });
    assertEquals([json.code, json.stderr], [0, ""]);
    assertEquals(JSON.parse(json.stdout).image, {
      file: "many.bin",
      partition: { label: "fctry", offset: 0x30000, bytes: 0x3000 },
      bytes: 0x3000,
      pages: 3,
      version: 2,
      encrypted: false,
      sha256: hash("sha256", FCTRY_IMAGE, "hex"),
    });
    const page = Deno.readTextFileSync(join(cwd, "page.html"));
    assertStringIncludes(
      page,
      "<title>many.bin, partition &quot;fctry&quot; at 0x30000: NVS image</title>",
    );
    const csv = await runProgram([...args, "--csv"], { cwd });
    assertEquals(csv.code, 0);
    assertMatch(csv.stdout, /^key,type,encoding,value\r\n/);
    assertEquals(
      csv.stderr,
      'note: many.bin, partition "fctry" at 0x30000: 12288 bytes\n',
    );
    const plain = JSON.parse((await runProgram(["inspect", "nvs.bin", "--json"], { cwd })).stdout);
    assertEquals(plain.image.partition, null);
  });
});

Deno.test("diff takes a dump on either side, and on both", async () => {
  const place = 'many.bin, partition "fctry" at 0x30000: 12288 bytes\n';
  const cases: [string[], string][] = [
    [["fctry.bin", "many.bin", "--partition", "fctry"], `${place}no differences\n`],
    [["many.bin", "fctry.bin", "--partition", "fctry"], `${place}no differences\n`],
    [["many.bin", "many.bin", "--partition", "fctry"], `${place}${place}no differences\n`],
    [["nvs.bin", "one.bin"], 'one.bin, partition "nvs" at 0x9000: 24576 bytes\nno differences\n'],
    [
      ["fctry.bin", "hidden.bin", "--partition-table", "table.csv", "--partition", "fctry"],
      `hidden.bin, ${place.slice(10)}no differences\n`,
    ],
  ];
  for (const [args, stdout] of cases) {
    assertEquals(await run(["diff", ...args]), { code: 0, stdout, stderr: "" }, args.join(" "));
  }
  const { code, stdout } = await run(["diff", "fctry.bin", "one.bin", "--json"]);
  const { a, b, differences } = JSON.parse(stdout);
  assertEquals([code, a.partition, differences.length], [5, null, 1]);
  assertEquals(b.partition, { label: "nvs", offset: 0x9000, bytes: 0x6000 });
});

Deno.test("diff compares an encrypted image with that of a dump", async () => {
  const args = ["diff", "image.bin", "many.bin", "--partition", "secret"];
  const files = { "image.bin": ENCRYPTED_IMAGE };
  const { code, stdout } = await run([...args, "--key", "keys.bin"], files);
  assertEquals(code, 0);
  assertMatch(stdout, /^many.bin, partition "secret" at 0x33000: 12288 bytes\nno differences\n$/);
});

Deno.test("decrypt writes the plain image of an encrypted partition", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, FILES);
    const args = ["decrypt", "many.bin", "keys.bin"];
    const text = await runProgram([...args, "a.bin", "--partition", "secret"], { cwd });
    assertEquals(text, {
      code: 0,
      stdout: "a.bin: 12288 bytes, not encrypted any more: keep it secret\n" +
        'note: it is partition "secret" at 0x33000 of many.bin\n',
      stderr: "",
    });
    assertEquals(Deno.readFileSync(join(cwd, "a.bin")), image("SN-secret", 0x3000));
    const json = await runProgram([...args, "b.bin", "--partition", "secret", "--json"], { cwd });
    assertEquals(JSON.parse(json.stdout), {
      image: "b.bin",
      bytes: 0x3000,
      partition: { label: "secret", offset: 0x33000, bytes: 0x3000 },
      notes: [],
    });
    const plain = await runProgram([...args, "c.bin", "--partition", "nvs"], { cwd });
    assertEquals(plain.code, 3);
    assertStringIncludes(plain.stderr, 'many.bin: partition "nvs" is not encrypted; there is');
  });
});

const LIST = '"nvs" (0x9000, 0x6000 bytes), "fctry" (0x30000, 0x3000 bytes), ' +
  '"secret" (0x33000, 0x3000 bytes)';

interface Refused {
  args: string[];
  says: (string | RegExp)[];
  exit?: number;
  files?: Files;
}

/** Sets the table of a dump of hostile partitions. */
function hostile(...partitions: ReturnType<typeof partition>[]): Files {
  return { "in.bin": flashDump({ table: tableBytes(partitions), contents: CONTENTS }) };
}

const ESCAPES = "\x1b]0;x\x07\u202e";
const REFUSED: Refused[] = [
  {
    args: ["many.bin"],
    says: [`many.bin: has 3 NVS partitions; choose one with --partition NAME: ${LIST}\n`],
  },
  {
    args: ["many.bin", "--partition", "fctri"],
    says: [`many.bin: has no partition "fctri"; did you mean fctry? NVS partitions are ${LIST}\n`],
  },
  {
    args: ["many.bin", "--partition", "12"],
    says: [`has no partition "12"; NVS partitions are ${LIST}\n`],
  },
  {
    args: ["many.bin", "--partition", "factory"],
    says: ['partition "factory" is app/factory, not data/nvs', LIST],
  },
  {
    args: ["no-nvs.bin"],
    says: ["has no NVS partition in its table (type data, subtype nvs); give the right one with"],
  },
  {
    args: ["no-nvs.bin", "--partition", "nvs"],
    says: ['has no partition "nvs", and no NVS partition in its table'],
  },
  {
    args: ["damaged.bin", "--partition", "nvs"],
    says: [
      /its partition table at 0x8000 is damaged: its MD5 is [0-9a-f]{32}, that of its entries /,
      "; give the right one with --partition-table FILE\n",
    ],
  },
  { args: ["damaged.bin"], says: ["is damaged: its MD5 is"] },
  {
    args: ["in.bin"],
    files: { "in.bin": flashDump({ table: tableBytes(THREE).with(32, 0) }) },
    says: ["is damaged: its entry 2 is none (00500104…); give"],
  },
  {
    args: ["in.bin"],
    files: { "in.bin": MANY.subarray(0, TABLE_OFFSET + 70) },
    says: ["ends at 0x8046, within its partition table at 0x8000; read the whole flash (esptool"],
  },
  {
    args: ["in.bin"],
    files: { "in.bin": MANY.subarray(0, 0x7800) },
    says: ["ends at 0x7800, in front of its partition table at 0x8000; read the whole flash"],
  },
  {
    args: ["in.bin", "--partition", "fctry"],
    files: { "in.bin": MANY.subarray(0, 0x31000) },
    says: [
      'in.bin: ends at 0x31000, but partition "fctry" has 0x3000 bytes at 0x30000, up to 0x33000; ',
    ],
  },
  {
    args: ["hidden.bin"],
    says: [
      "hidden.bin: has no readable partition table at 0x8000: flash encryption seems to hide it; ",
      "give the table with --partition-table FILE (NVS partitions are not under flash encryption)",
    ],
  },
  {
    args: ["bare.bin"],
    says: ["has no partition table at 0x8000, where it is erased; give its place with --partition"],
  },
  {
    args: ["elsewhere.bin", "--partition", "nvs"],
    says: ["has no partition table at 0x8000, where it is erased"],
  },
  {
    args: ["many.bin", "--partition-table-offset", "0x10000"],
    says: ["has no partition table at 0x10000, where something else is; give its place with"],
  },
  {
    args: ["large.bin", "--partition", "nvs"],
    says: [
      "large.bin: is an image, as it begins with pages of NVS, and has no partition table at 0x8000",
      "; leave out --partition\n",
    ],
  },
  {
    args: ["many.bin", "--partition-table", "bad-table.bin"],
    says: ["bad-table.bin: is a damaged partition table: its MD5 is"],
  },
  {
    args: ["many.bin", "--partition-table", "cut-table.bin"],
    says: ["cut-table.bin: is a damaged partition table: it is cut short after 100 bytes; give a"],
  },
  {
    args: ["many.bin", "--partition-table", "bad-table.csv"],
    says: ['bad-table.csv:2:3: subtype "what" is unknown', /^1 problem; /m],
  },
  {
    args: ["many.bin", "--partition-table", "keys.bin"],
    says: [
      "keys.bin: is a key partition, no partition table; give the binary one of the build, or its CSV\n",
    ],
  },
  {
    args: ["many.bin", "--partition-table", "nvs.bin"],
    says: [
      "nvs.bin: is an NVS image, no partition table; give the binary one of the build, or its CSV\n",
    ],
  },
  {
    args: ["many.bin", "--partition-table", "latin-1.csv"],
    says: ["latin-1.csv:1: is not UTF-8; save the file as UTF-8\n", /^1 problem; /m],
  },
  {
    args: ["many.bin", "--partition-table", "gone.csv"],
    says: ["gone.csv: does not exist; check the path\n", /^1 problem; /m],
  },
  ...["", "0", "0x8001", "0x100", "x", "-4096", "0x8000000"].map((offset) => ({
    args: ["many.bin", `--partition-table-offset=${offset}`],
    says: [/^error: --partition-table-offset .*\n?.*write /],
    exit: 2,
  })),
  { args: ["many.bin", "--partition="], says: ["error: --partition needs NAME"], exit: 2 },
  // What a hostile table may hold.
  {
    args: ["in.bin", "--partition", "b"],
    files: hostile(NVS, partition("b", 0xA000, 0x3000)),
    says: [
      'partition "b" ("b" (0xa000, 0x3000 bytes)) overlaps "nvs" (0x9000, 0x6000 bytes); give the',
    ],
  },
  {
    args: ["in.bin"],
    files: hostile(partition("nvs", 0x9000, 0)),
    says: ['partition "nvs" has 0 bytes, and NVS a multiple of 4096; give the right one with'],
  },
  {
    args: ["in.bin"],
    files: hostile(partition("nvs", 0x9000, 0x1234)),
    says: ['partition "nvs" has 4660 bytes, and NVS a multiple of 4096'],
  },
  {
    args: ["in.bin"],
    files: hostile(partition("nvs", 0xFFFFFFFF, 0xFFFFF000)),
    says: ['ends at 0x40000, but partition "nvs" has 0xfffff000 bytes at 0xffffffff, up to 0x1ff'],
  },
  {
    args: ["in.bin"],
    files: hostile(partition("", 0x9000, 0x6000), partition("", 0x30000, 0x3000)),
    says: ['choose one with --partition NAME: "" (0x9000, 0x6000 bytes), "" (0x30000,'],
  },
  {
    args: ["in.bin", "--partition", "twice"],
    files: hostile(partition("twice", 0x9000, 0x6000), partition("twice", 0x30000, 0x3000)),
    says: ['has 2 NVS partitions "twice": "twice" (0x9000,', "; give the right one with"],
  },
  {
    args: ["in.bin"],
    files: hostile(partition(ESCAPES, 0x9000, 0x6000), FCTRY),
    says: ['NAME: "\\x1b]0;x\\x07\\u{202e}" (0x9000, 0x6000 bytes), "fctry"'],
  },
];

Deno.test("what cannot be read is refused, with what would be right", async (t) => {
  const results = await pool(
    REFUSED,
    POOL_WIDTH,
    ({ args, files }) => run(["inspect", ...args], files),
  );
  for (const [index, { args, says, exit = 3 }] of REFUSED.entries()) {
    await t.step(`${index}: ${args.join(" ")}`, () => {
      const { code, stdout, stderr } = results[index]!;
      assertEquals([code, stdout], [exit, ""], stderr);
      assert(!/\n +at |(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(stderr), stderr);
      for (const part of says) {
        if (typeof part === "string") assertStringIncludes(stderr, part);
        else assertMatch(stderr, part);
      }
    });
  }
});

Deno.test("every command refuses alike, and decrypt writes nothing", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, FILES);
    const { stderr } = await runProgram(["inspect", "many.bin"], { cwd });
    for (
      const args of [
        ["decrypt", "many.bin", "keys.bin", "out.bin"],
        ["diff", "fctry.bin", "many.bin"],
        ["diff", "many.bin", "fctry.bin"],
      ]
    ) {
      assertEquals(await runProgram(args, { cwd }), { code: 3, stdout: "", stderr });
    }
    const json = await runProgram(["diff", "many.bin", "many.bin", "--json"], { cwd });
    const message = `has 3 NVS partitions; choose one with --partition NAME: ${LIST}`;
    const code = "partition-choice";
    const problem = { code, file: "many.bin", message };
    assertEquals([json.code, JSON.parse(json.stdout)], [3, {
      exit: 3,
      problem_count: 2,
      problem_kinds: [{ code, total: 2 }],
      problems: [problem, problem],
    }]);
    assertEquals([...Deno.readDirSync(cwd)].some(({ name }) => name === "out.bin"), false);
  });
});

Deno.test("an encrypted partition without its key, or with another's, is named", async () => {
  const without = await inspectOf("many.bin", "--partition", "secret", "--json");
  assertEquals(without.code, 5);
  assertEquals(
    without.stderr,
    'many.bin: partition "secret" is encrypted; give its key with --key FILE or --hmac-key FILE, or a folder of keys with --keys DIR\n',
  );
  const [problem] = JSON.parse(without.stdout).problems;
  assertEquals([problem.rule, problem.partition], [
    "encrypted-without-key",
    { label: "secret", offset: 0x33000, bytes: 0x3000 },
  ]);
});

Deno.test("diff of two images has no use for what is said of dumps", async () => {
  const { code, stderr } = await run(["diff", "nvs.bin", "fctry.bin", "--partition", "x"]);
  assertEquals(code, 3);
  assertStringIncludes(
    stderr,
    "fctry.bin: is an image, as the other one is; leave out --partition\n",
  );
});

Deno.test("an image with a table among its pages stays an image", async () => {
  const bytes = image("SN-large", 0x10000);
  bytes.set(tableBytes([NVS]), TABLE_OFFSET);
  const { code, stdout } = await run(["inspect", "in.bin"], { "in.bin": bytes });
  assertEquals(code, 5);
  assertMatch(stdout, /^in.bin: 65536 bytes, 16 pages/);
});

Deno.test("a label that wants to be obeyed is shown escaped, in every format", async () => {
  const files = hostile(partition(`<u>${ESCAPES}`, 0x9000, 0x6000));
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    for (const format of [[], ["--json"], ["--csv"], ["--html", "x.html"]]) {
      const { code, stdout, stderr } = await runProgram(["inspect", "in.bin", ...format], { cwd });
      assertEquals(code, 0, stderr);
      assert(!/(?![\r\n])[\p{C}\p{Zl}\p{Zp}]/u.test(stdout + stderr), format.join(" "));
    }
    const page = Deno.readTextFileSync(join(cwd, "x.html"));
    assert(!page.includes("<u>") && !/(?!\n)[\p{C}]/u.test(page));
    const diff = await runProgram(["diff", "in.bin", "in.bin"], { cwd });
    assert(diff.code === 0 && !/(?!\n)[\p{C}]/u.test(diff.stdout), diff.stdout);
  });
});

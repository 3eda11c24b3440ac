/** The binary partition table: what ESP-IDF's own code wrote, and what may be wrong with one. */

import { assertEquals } from "@std/assert";
import { readPartitionTable, type TableReading } from "../../src/flash/table_binary.ts";
import { parsePartitionCsv } from "../../src/flash/table_csv.ts";
import { projectPath, seededRandom } from "../helpers.ts";
import { APP, noise, partition, tableBytes, tableCsv } from "./dumps.ts";

const FOLDER = projectPath("testdata/partition-tables");
const TABLE = [
  partition("nvs", 0x9000, 0x6000),
  partition("factory", 0x10000, 0x100000, APP),
  partition("fctry", 0x110000, 0x3000, { encrypted: true, readonly: true }),
];

function changed(table: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = table.slice();
  copy.set(bytes, at);
  return copy;
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
for (const csv of names.filter((name) => name.endsWith(".csv"))) {
  Deno.test(`testdata/partition-tables/${csv} says what its binary table says`, () => {
    const tableOffset = Number(/at-(0x\d+)/.exec(csv)?.[1] ?? 0x8000);
    const lines = Deno.readTextFileSync(`${FOLDER}/${csv}`).split("\n");
    const binary = Deno.readFileSync(`${FOLDER}/${csv.replace(/csv$/, "bin")}`);
    const { partitions, problems } = parsePartitionCsv(lines, tableOffset);
    assertEquals(problems, []);
    assertEquals(readPartitionTable(binary), { kind: "table", partitions, hasMd5: true });
    assertEquals(tableBytes(partitions), binary, "the writer of these tests");
  });
}

Deno.test("each binary table has its CSV", () => {
  const stems = (ending: string) =>
    names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -4)).sort();
  assertEquals(stems(".bin"), stems(".csv"));
  assertEquals(names.length, 6);
});

const READINGS: [name: string, bytes: Uint8Array, reading: TableReading][] = [
  ["a table", tableBytes(TABLE), { kind: "table", partitions: TABLE, hasMd5: true }],
  [
    "a table without MD5",
    tableBytes(TABLE, { noMd5: true }),
    { kind: "table", partitions: TABLE, hasMd5: false },
  ],
  [
    "a table with a signature behind it",
    Uint8Array.from([...tableBytes(TABLE), ...noise(0x400)]),
    { kind: "table", partitions: TABLE, hasMd5: true },
  ],
  ["a table of no partition", tableBytes([]), { kind: "table", partitions: [], hasMd5: true }],
  [
    "a label that is no UTF-8",
    tableBytes([TABLE[0]!], { noMd5: true }).with(12, 0xFF),
    { kind: "table", partitions: [{ ...TABLE[0]!, label: "\uFFFDvs" }], hasMd5: false },
  ],
  [
    "a label of 16 bytes",
    tableBytes([partition("sixteen_letters_", 0x9000, 0x3000)]),
    {
      kind: "table",
      partitions: [partition("sixteen_letters_", 0x9000, 0x3000)],
      hasMd5: true,
    },
  ],
  [
    "flags that nobody knows",
    changed(tableBytes([TABLE[0]!], { noMd5: true }), 28, 0xFE, 0xFF, 0xFF, 0xFF),
    { kind: "table", partitions: [{ ...TABLE[0]!, readonly: true }], hasMd5: false },
  ],
  [
    "one byte of the MD5 changed",
    tableBytes([], {}).with(16, 0),
    {
      kind: "damaged",
      fault: {
        rule: "md5",
        stored: "001d8cd98f00b204e9800998ecf8427e",
        computed: "d41d8cd98f00b204e9800998ecf8427e",
      },
    },
  ],
  [
    "an entry of another kind",
    changed(tableBytes(TABLE), 32, 0x12, 0x34),
    { kind: "damaged", fault: { rule: "entry", entryIndex: 1, start: "12340000" } },
  ],
  [
    "an entry behind the MD5",
    changed(tableBytes(TABLE), 128, 0xAA, 0x50, 1, 2),
    { kind: "damaged", fault: { rule: "entry", entryIndex: 4, start: "aa500102" } },
  ],
  [
    "two MD5",
    Uint8Array.from([...tableBytes([], { noEnd: true }), ...tableBytes([])]),
    { kind: "damaged", fault: { rule: "entry", entryIndex: 1, start: "ebebffff" } },
  ],
  [
    "an end that is not all 0xFF",
    tableBytes(TABLE).with(159, 0),
    { kind: "damaged", fault: { rule: "entry", entryIndex: 4, start: "ffffffff" } },
  ],
  [
    "no end",
    tableBytes(TABLE, { noEnd: true }),
    { kind: "damaged", fault: { rule: "cut-short", sizeBytes: 128 } },
  ],
  [
    "half an entry",
    tableBytes(TABLE).subarray(0, 80),
    { kind: "damaged", fault: { rule: "cut-short", sizeBytes: 80 } },
  ],
  [
    "96 partitions",
    tableBytes(Array.from({ length: 200 }, () => TABLE[0]!), { noMd5: true, noEnd: true }),
    { kind: "damaged", fault: { rule: "endless" } },
  ],
  ["no bytes", new Uint8Array(0), { kind: "absent", instead: "nothing" }],
  ["0xFF", new Uint8Array(0x1000).fill(0xFF), { kind: "absent", instead: "erased" }],
  ["zeros", new Uint8Array(0x1000), { kind: "absent", instead: "other" }],
  ["ciphertext", noise(0x1000), { kind: "absent", instead: "noise" }],
  [
    "a table that was encrypted without its sector",
    Uint8Array.from([...noise(0xC00), ...new Array(0x400).fill(0xFF)]),
    { kind: "absent", instead: "noise" },
  ],
  ["a little ciphertext", noise(0x800), { kind: "absent", instead: "other" }],
  [
    "text",
    new TextEncoder().encode("name,type,subtype\n".repeat(500)),
    { kind: "absent", instead: "other" },
  ],
];

for (const [name, bytes, reading] of READINGS) {
  Deno.test(`${name} is read as ${reading.kind}`, () => {
    assertEquals(readPartitionTable(bytes), reading);
  });
}

Deno.test("ciphertext is told from anything else by a wide margin", () => {
  for (let seed = 10; seed < 210; seed++) {
    assertEquals(readPartitionTable(noise(0xC00, seed)), { kind: "absent", instead: "noise" });
  }
});

Deno.test("any bytes are read without an error, and never as another table", () => {
  const random = seededRandom(4);
  const table = tableBytes(TABLE);
  const written = table.findLastIndex((byte) => byte !== 0xFF) + 1;
  for (let round = 0; round < 3000; round++) {
    const at = Math.floor(random() * written);
    const bit = 1 << Math.floor(random() * 8);
    const reading = readPartitionTable(table.with(at, table[at]! ^ bit));
    // The first two bytes say that it is a table, the words behind the MD5's magic say nothing.
    const isFiller = at >= 98 && at < 112;
    assertEquals(reading.kind, at < 2 ? "absent" : isFiller ? "table" : "damaged", `byte ${at}`);
  }
});

Deno.test("random tables: CSV to partitions, to binary, and back", () => {
  const random = seededRandom(5);
  const below = (count: number) => Math.floor(random() * count);
  for (let round = 0; round < 300; round++) {
    let offset = 0x9000;
    const partitions = Array.from({ length: 1 + below(94) }, (_, index) => {
      const isApp = below(4) === 0;
      const alignment = isApp ? 0x10000 : 0x1000;
      offset = Math.ceil(offset / alignment) * alignment + alignment * below(3);
      const sizeBytes = isApp ? 0x1000 * (1 + below(64)) : 0x3000 + below(0x10000);
      const made = partition(`${"é".repeat(below(7))}${index}`, offset, sizeBytes, {
        type: isApp ? 0 : below(2) === 0 ? 1 : 0x40 + below(0xBF),
        subtype: isApp ? 0x10 + below(0x20) : [1, 2, 4, 5, 6, 0x82, 0xFE][below(7)]!,
        encrypted: below(2) === 0,
        readonly: below(3) === 0,
      });
      offset += sizeBytes;
      return made;
    });
    const csv = parsePartitionCsv(tableCsv(partitions).split("\n"));
    assertEquals([csv.partitions, csv.problems], [partitions, []]);
    const noMd5 = below(2) === 0;
    assertEquals(readPartitionTable(tableBytes(partitions, { noMd5 })), {
      kind: "table",
      partitions,
      hasMd5: !noMd5,
    });
  }
});

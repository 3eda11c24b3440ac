/** Partition tables as CSV: the rules of ESP-IDF's `gen_esp32part.py`, each problem with its place. */

import { assertEquals, assertMatch } from "@std/assert";
import { parsePartitionCsv } from "../../src/flash/table_csv.ts";

const OTHER = "other,data,phy,0x9000,0x1000";

/** Lines, and offset and size of each partition. */
const PLACES: [name: string, lines: string[], places: [offset: number, sizeBytes: number][]][] = [
  ["offsets left out", ["a,data,nvs,,0x4000", "b,app,factory,,1M", "c,data,fat,,0x10"], [
    [0x9000, 0x4000],
    [0x10000, 0x100000],
    [0x110000, 0x10],
  ]],
  ["an offset left out behind an odd size", ["a,data,fat,,5", "b,data,fat,,5"], [
    [0x9000, 5],
    [0xA000, 5],
  ]],
  ["numbers of all kinds", [
    "a,data,fat,36864,4K",
    "b,data,fat,0xa000,0X1_000",
    "c,data,fat,0o130000,4 k",
    "d,data,fat,0b1100000000000000,4096",
    "e,data,fat,0x40k,1m",
  ], [
    [0x9000, 0x1000],
    [0xA000, 0x1000],
    [0xB000, 0x1000],
    [0xC000, 0x1000],
    [0x10000, 0x100000],
  ]],
  ["a size up to an offset", ["a,data,fat,,-0x20000"], [[0x9000, 0x17000]]],
  ["comments, blank lines, spaces", ["# a", "", "  # b", "\ta ,\tdata , nvs , , 12K , ,x,y"], [
    [0x9000, 0x3000],
  ]],
  ["the bootloader's line", ["boot,bootloader,primary,N/A,N/A", "a,data,nvs,,12K"], [
    [0x9000, 0x3000],
  ]],
  ["the table's own line", ["table,partition_table,primary,N/A,N/A", "a,data,nvs,,12K"], [
    [0x8000, 0x1000],
    [0x9000, 0x3000],
  ]],
];

for (const [name, lines, places] of PLACES) {
  Deno.test(`partitions are placed: ${name}`, () => {
    const { partitions, problems } = parsePartitionCsv(lines);
    assertEquals(problems, []);
    assertEquals(partitions.map(({ offset, sizeBytes }) => [offset, sizeBytes]), places);
  });
}

Deno.test("the first partition stands behind the table, wherever that is", () => {
  const [partition] = parsePartitionCsv(["a,data,nvs,,12K"], 0x20000).partitions;
  assertEquals(partition?.offset, 0x21000);
});

Deno.test("types, subtypes and flags by name and by number", () => {
  const kinds: [cells: string, type: number, subtype: number][] = [
    ["app,factory", 0, 0],
    ["APP,OTA_15", 0, 0x1F],
    ["0,test", 0, 0x20],
    ["data,nvs", 1, 2],
    ["1,nvs_keys", 1, 4],
    ["data,", 1, 6],
    ["0x40,", 0x40, 6],
    ["data,0xfe", 1, 0xFE],
    ["254,0", 254, 0],
  ];
  for (const [cells, type, subtype] of kinds) {
    const { partitions, problems } = parsePartitionCsv([`a,${cells},,12K,encrypted`]);
    assertEquals(problems, [], cells);
    const [{ encrypted, readonly, ...partition } = { encrypted: false, readonly: true }] =
      partitions;
    assertEquals([encrypted, readonly], [true, false]);
    assertEquals({ ...partition }, {
      label: "a",
      type,
      subtype,
      offset: type === 0 ? 0x10000 : 0x9000,
      sizeBytes: 0x3000,
    });
  }
  const [both] = parsePartitionCsv(["a,data,nvs,,4K,encrypted:readonly"]).partitions;
  assertEquals([both?.encrypted, both?.readonly], [true, true]);
});

/** Lines, and place and message of what is wrong. */
const WRONG: [lines: string[], line: number | undefined, column: number | undefined, RegExp][] = [
  [[], undefined, undefined, /^has no partition; write lines of "name,/],
  [["# only"], undefined, undefined, /^has no partition/],
  [["", "x"], 2, 2, /^its type is missing; write app, data,/],
  [["Name,Type,SubType,Offset,Size"], 1, 2, /^type "Type" is unknown; it is app, data,/],
  [["a,300,nvs,,4K"], 1, 2, /^type 300 is out of range; it is a number from 0 to 0xfe$/],
  [["a,-1,nvs,,4K"], 1, 2, /^type -1 is out of range/],
  [["a,255,nvs,,4K"], 1, 2, /^type 255 is out of range/],
  [["a,data,nvm,,4K"], 1, 3, /^subtype "nvm" is unknown; it is one of ota, phy, nvs,.*number$/],
  [["a,app,,,4K"], 1, 3, /^an app needs a subtype; write one of factory, ota_0,/],
  [["a,app,ota_16,,4K"], 1, 3, /^subtype "ota_16" is unknown/],
  [["a,data,toString,,4K"], 1, 3, /^subtype "toString" is unknown/],
  [["a,data,nvs,,"], 1, 5, /^its size is missing; write bytes, like 0x6000, 24K or 1M$/],
  [["a,data,nvs"], 1, 5, /^its size is missing/],
  [["a,data,nvs,here,4K"], 1, 4, /^offset "here" is not a number; write bytes, like 0x9000/],
  [["a,data,nvs,,4.5K"], 1, 5, /^size "4\.5K" is not a number/],
  [["a,data,nvs,,010"], 1, 5, /^size "010" is not a number/],
  [["a,data,nvs,,1__0"], 1, 5, /^size "1__0" is not a number/],
  [["a,data,nvs,,$SIZE"], 1, 5, /^size "\$SIZE" is not a number/],
  [["a,data,nvs,,8000M"], 1, 5, /^size 8000M is larger than any flash/],
  [[`a,data,nvs,,${"9".repeat(400)}`], 1, 5, /is larger than any flash/],
  [["a,data,nvs,,12K,hidden"], 1, 6, /^flag "hidden" is unknown; there are encrypted and readonly/],
  [[",data,nvs,,12K"], 1, 1, /^the partition has no name; write one$/],
  [["a\0,data,nvs,,12K"], 1, 1, /^the name holds a NUL/],
  [["seventeen_letters,data,nvs,,12K"], 1, 1, /has 17 bytes; it has up to 16$/],
  [[`${"é".repeat(9)},data,nvs,,12K`], 1, 1, /has 18 bytes/],
  [["b,bootloader,ota,,"], 1, 2, /^the size of a bootloader depends on chip and build; give the /],
  [
    ["a,data,nvs,0x8000,12K"],
    1,
    undefined,
    /^"a" begins at 0x8000, but the partition table ends at 0x9000; give it an offset from there/,
  ],
  [["a,data,nvs,-0x1000,12K"], 1, undefined, /^"a" begins at -4096, but/],
  [
    [OTHER, "b,data,nvs,0x9000,12K"],
    2,
    undefined,
    /^"b" begins at 0x9000, but "other" ends at 0xa000/,
  ],
  [[OTHER, "b,data,nvs,,-0x9000"], 2, undefined, /^"b" has -4096 bytes; give it some$/],
  [["b,data,nvs,,0"], 1, undefined, /^"b" has 0 bytes; give it some$/],
  [
    ["b,data,fat,0xa800,4K"],
    1,
    undefined,
    /^"b" begins at 0xa800, which is no multiple of 0x1000; next is 0xb000$/,
  ],
  [["b,app,test,0xa000,4K"], 1, undefined, /no multiple of 0x10000; next is 0x10000$/],
  [["b,app,test,,100"], 1, undefined, /^"b" has 0x64 bytes; an app has a multiple of 0x1000$/],
  [["b,data,ota,,4K"], 1, undefined, /^"b" has 0x1000 bytes; OTA data have 0x2000$/],
  [["b,data,ota,,8K", "c,data,ota,,8K"], 2, undefined, /^"c" holds OTA data, as line 1 does; a/],
  [["b,data,ota,,8K,readonly"], 1, undefined, /^"b" is written by the device; leave out its flag/],
  [["b,data,nvs,,8K"], 1, undefined, /^"b" has 0x2000 bytes; NVS of less than 0x3000 needs the f/],
  [["b,data,nvs,0xfffff000,12K"], 1, undefined, /^"b" ends beyond 4 GiB/],
  [[OTHER, "other,data,nvs,,12K"], 2, undefined, /^"other" is the name of line 1 too; each part/],
  [
    ["a,partition_table,primary,,", "b,partition_table,primary,,"],
    2,
    undefined,
    /^"b" overlaps "a"; give it an offset of its own$/,
  ],
  [
    Array.from({ length: 95 }, (_, index) => `p${index},data,fat,,4K`),
    undefined,
    undefined,
    /^has 95 partitions; a table holds 94$/,
  ],
];

for (const [lines, line, column, message] of WRONG) {
  Deno.test(`"${lines.at(-1)?.slice(0, 40) ?? ""}" ${message.source}`, () => {
    const { problems } = parsePartitionCsv(lines);
    assertEquals(problems.map(({ line, column }) => ({ line, column })), [{ line, column }]);
    assertMatch(problems[0]!.message, message);
  });
}

Deno.test("all problems of all lines are found in one go", () => {
  const { problems } = parsePartitionCsv([
    ",app,,x,y,z",
    "a,data,nvs,,12K",
    "b,what,nvs,,12K",
  ]);
  assertEquals(problems.map(({ line, column }) => [line, column]), [
    ...[[1, 1], [1, 3], [1, 6]],
    [3, 2],
  ]);
  const { problems: later } = parsePartitionCsv([
    "a,data,nvs,0x9000,4K",
    "a,data,fat,0xa004,0",
  ]);
  assertEquals(later.map(({ line }) => line), [1, 2, 2]);
});

/** The CSVs by the library: what the program makes of them, and every problem. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decodePartition, encodePartition } from "../../mod.ts";
import { devicesOf, itemsOfNvsCsv, nvsCsv } from "../../src/library/csv.ts";
import { batchFiles, generate, succeed } from "../engine/batch.ts";
import { inTempFolder, writeFiles } from "../helpers.ts";
import { deviceImages } from "../nvs/test_images.ts";

Deno.test("library: devices of a batch, byte for byte those of generate", () =>
  inTempFolder(async (cwd) => {
    const files = batchFiles(6);
    writeFiles(cwd, files);
    await succeed(generate(), cwd);
    const { devices, problems, problemCount } = devicesOf(
      files["conf.csv"]!,
      files["values.csv"]!,
      { readFile: (path) => Deno.readFileSync(join(cwd, path)) },
    );
    assertEquals([problems, problemCount, devices.length], [[], 0, 6]);
    for (const { number, line, items } of devices) {
      assertEquals(line, number + 1);
      const image = Deno.readFileSync(join(cwd, `out/bin/Dev-${number}.bin`));
      assertEquals(encodePartition(items, { sizeBytes: 0x3000 }), new Uint8Array(image));
    }
  }));

Deno.test("library: problems have their places, in both CSVs", () => {
  const conf = devicesOf("n,namespace,\nk,data,u9\nj,data,u8\n", "k,j\n1,300\n");
  assertEquals(conf.problemCount, 2);
  const [first, second] = conf.problems;
  assertEquals([first!.file, first!.line, first!.key], ["conf.csv", 2, "k"]);
  assertEquals([second!.file, second!.line, second!.column], ["values.csv", 2, 2]);

  const named = devicesOf("n,namespace,\nk,file,binary\n", "k\na.bin\n", { names: ["c", "v"] });
  assertEquals(named.problems.map(({ file, line, key }) => [file, line, key]), [["v", 2, "k"]]);
  assertStringIncludes(named.problems[0]!.message, 'file "a.bin" cannot be read');

  const many = devicesOf("n,namespace,\nk,data,u8\n", `k\n${"x\n".repeat(1300)}`);
  assertEquals([many.problems.length, many.problemCount], [1000, 1300]);
});

Deno.test("library: texts that are no CSV are problems, and nothing is thrown", () => {
  const values = "k\n1\n";
  for (
    const [conf, text] of [
      ["", values],
      ["\uFEFF", values],
      [Uint8Array.of(0x61, 0), values],
      [Uint8Array.of(0xC3, 0x28), values],
      ["n,namespace,\nk,data,u8\n", ""],
      ["n,namespace,\nk,data,u8\n", Uint8Array.of(0xC3, 0x28)],
      ["n,namespace,\nk,data,u8\n", "j\n1\n"],
      ["n,namespace,\nk,data,u8\n", "k\n"],
      ["n|namespace|\n", values],
    ] as const
  ) {
    const { devices, problemCount } = devicesOf(conf, text);
    assertEquals(devices, []);
    assert(problemCount > 0, JSON.stringify([conf, text]));
  }
  assertMatch(itemsOfNvsCsv("").problems[0]!.message, /empty|no row/);
});

Deno.test("library: an NVS CSV of an image makes an image with the same contents", () => {
  for (const { name, image } of deviceImages()) {
    const before = decodePartition(image);
    const { text, losses } = nvsCsv(before);
    if (losses.length > 0) continue;
    const { items, problems } = itemsOfNvsCsv([text]);
    assertEquals(problems, [], name);
    const after = decodePartition(encodePartition(items, { sizeBytes: 0x20000 }));
    const contents = ({ entries }: typeof after) =>
      new Map(
        entries.map(({ namespace, key, type, value }) => [`${namespace}\0${key}`, { type, value }]),
      );
    assertEquals(contents(after), contents(before), name);
  }
});

Deno.test("library: bytes of files are copied, and what is none is a problem", () => {
  const [conf, values] = ["n,namespace,\nk,file,binary\n", "k\na\nb\n"];
  const buffer = new Uint8Array(1);
  const { devices } = devicesOf(conf, values, {
    readFile: (path) => buffer.fill(path.charCodeAt(0)),
  });
  const blobs = devices.map(({ items }) => items.find(({ type }) => type === "blob"));
  assertEquals(
    blobs,
    ["a", "b"].map((path) => (
      { namespace: "n", key: "k", type: "blob", value: Uint8Array.of(path.charCodeAt(0)) }
    )),
  );
  for (const wrong of ["text", Promise.resolve(buffer), undefined]) {
    const { problemCount, problems } = devicesOf(conf, values, {
      readFile: () => wrong as unknown as Uint8Array,
    });
    assertEquals(problemCount, 2);
    assertMatch(problems[0]!.message, /returned no Uint8Array/);
  }
});

Deno.test("library: CSVs as spreadsheets save them are read, with notes", () => {
  const utf16 = Uint8Array.from(
    [0xFF, 0xFE, ..."k\tx\n1\t2\n\t\n"].flatMap((part) =>
      typeof part === "number" ? part : [part.charCodeAt(0), 0]
    ),
  );
  const { devices, notes, problems } = devicesOf("n;namespace;\nk;data;u8\n", utf16);
  assertEquals(problems, []);
  assertEquals(devices.map(({ number, cells }) => [number, ...cells]), [[1, "1", "2"]]);
  assertEquals(notes, [
    "conf.csv: separated by semicolons",
    "values.csv: read as UTF-16",
    "values.csv: separated by tabs",
  ]);
  assertEquals(itemsOfNvsCsv("key;type;encoding;value\nn;namespace;;\n").notes, [
    "nvs.csv: separated by semicolons",
  ]);
  assertEquals(devicesOf("n,namespace,\nk,data,u8\n", "k\n1\n").notes, []);
});

/** Inputs that are read twice have to be the same the second time. */

import { assertEquals, assertThrows } from "@std/assert";
import { csvRecords } from "../../src/input/csv_records.ts";
import { Problems } from "../../src/problems/problems.ts";
import { parseSchema } from "../../src/input/schema.ts";
import { TextReader } from "../../src/input/text_lines.ts";
import { ValueError } from "../../src/input/value_codec.ts";
import { CellFiles, InputChangedError } from "../../src/plan/cell_files.ts";
import { type CheckedValues, openValues, rowsOfPart } from "../../src/plan/values.ts";
import { DenoFiles } from "../../src/host/deno_files.ts";
import { inTempFolder } from "../helpers.ts";

const DEVICES = 5000; // several chunks of 64 KiB
const PART_DEVICES = 700;
const HEADER = "serial,level\n";
const ROWS = Array.from(
  { length: DEVICES },
  (_, index) => `SN-${String(index + 1).padStart(20, "0")},${index === 0 ? "7" : ""}\n`,
);

async function withFile(use: (path: string) => void): Promise<void> {
  await inTempFolder((folder) => use(`${folder}/input`));
}

/** Reads a values file for the first time, in parts of so many devices. */
function check(path: string, partDevices = PART_DEVICES): CheckedValues {
  const problems = new Problems();
  const configuration = "n,namespace,\nserial,data,string\nlevel,data,u8,REPEAT\n";
  const text = new TextReader([new TextEncoder().encode(configuration)]);
  const schema = parseSchema(csvRecords(text, { comments: true }, () => {}), "conf", problems);
  const values = openValues(new DenoFiles(), path, schema, problems)!;
  let count = 0;
  for (const _ of values.rows) if (++count % partDevices === 0) values.endPart();
  values.endPart();
  assertEquals(problems.total, 0);
  return values.checked();
}

/** Serial numbers of a part that is read again. */
function serialsOf(values: CheckedValues, part: number): string[] {
  const rows = rowsOfPart(new DenoFiles(), values, values.parts[part]!, new Problems());
  return Array.from(rows, ({ cells }) => cells[0]!);
}

Deno.test("a file that stays the same is read any number of times, part by part", async () => {
  await withFile((path) => {
    Deno.writeTextFileSync(path, HEADER + ROWS.join(""));
    const values = check(path);
    assertEquals(values.parts.length, Math.ceil(DEVICES / PART_DEVICES));
    const serials = ROWS.map((row) => row.split(",")[0]);
    for (let round = 0; round < 2; round++) {
      assertEquals(values.parts.flatMap((_, part) => serialsOf(values, part)), serials);
    }
  });
});

Deno.test("rows of a later part are as in the first reading: number, line, repeated cells", async () => {
  await withFile((path) => {
    Deno.writeTextFileSync(path, '\uFEFFserial,level\r\n"a\nb",1\r\n\r\nÄ,\r\nc,\r\n');
    const values = check(path, 1);
    const rows = values.parts.flatMap((part) => [
      ...rowsOfPart(new DenoFiles(), values, part, new Problems()),
    ]);
    assertEquals(rows.map(({ number, line, cells }) => [number, line, ...cells]), [
      [1, 2, "a\nb", "1"],
      [2, 5, "Ä", "1"],
      [3, 6, "c", "1"],
    ]);
  });
});

const FIRST = 0;
const LAST = Math.ceil(DEVICES / PART_DEVICES) - 1;

for (
  const [name, part, change] of [
    ["another digit in its first row", FIRST, (text: string) => text.replace("SN-0", "SN-9")],
    ["another digit in its last row", LAST, (text: string) => text.replace(/0,\n$/, "1,\n")],
    ["a row more in front", LAST, (text: string) => text.replace(HEADER, `${HEADER}x,\n`)],
    ["its last row gone", LAST, (text: string) => text.slice(0, -ROWS[1]!.length)],
    ["its first row gone", FIRST, (text: string) => text.replace(ROWS[0]!, "")],
    ["half of it gone", LAST, (text: string) => text.slice(0, text.length / 2)],
    ["an open quote", FIRST, (text: string) => text.replace("SN-", '"N-')],
    ["bytes that are no text", FIRST, (text: string) => text.replace("SN-", "\0N-")],
    ["nothing left", FIRST, () => ""],
  ] as const
) {
  Deno.test(`a values file with ${name} is noticed when the part is read again`, async () => {
    await withFile((path) => {
      const text = HEADER + ROWS.join("");
      Deno.writeTextFileSync(path, text);
      const values = check(path);
      Deno.writeTextFileSync(path, change(text));
      assertThrows(() => serialsOf(values, part), InputChangedError, "was changed");
    });
  });
}

Deno.test("a file of a cell is read once, and told of once", async () => {
  await withFile((path) => {
    Deno.writeTextFileSync(path, "one");
    const seen: string[] = [];
    const cells = CellFiles.firstPass(new DenoFiles(), (name) => seen.push(name));
    const first = cells.read(path);
    Deno.writeTextFileSync(path, "two");
    assertEquals(cells.read(path), first);
    assertEquals(seen, [path]);
  });
});

Deno.test("a file of a cell that fell out of the cache has to be the same again", async () => {
  await inTempFolder((folder) => {
    const pathOf = (index: number) => `${folder}/${index}`;
    const megabytes = 3 * 1024 * 1024;
    for (let index = 0; index < 8; index++) {
      Deno.writeFileSync(pathOf(index), new Uint8Array(megabytes).fill(index));
    }
    const cells = CellFiles.firstPass(new DenoFiles());
    for (let index = 0; index < 8; index++) cells.read(pathOf(index));
    assertEquals(cells.read(pathOf(0))[0], 0);
    Deno.writeFileSync(pathOf(1), new Uint8Array(megabytes).fill(99));
    assertThrows(() => cells.read(pathOf(1)), InputChangedError);
  });
});

Deno.test("what is no file is a fault of the cell", async () => {
  await inTempFolder((folder) => {
    const cells = CellFiles.firstPass(new DenoFiles());
    for (
      const [path, says] of [
        ["", "names no file"],
        [folder, "is a folder"],
        [`${folder}/nowhere`, "does not exist"],
      ] as const
    ) {
      assertThrows(() => cells.read(path), ValueError, says);
    }
  });
});

for (
  const [name, change] of [
    ["other bytes", (path: string) => Deno.writeTextFileSync(path, "two")],
    ["no file any more", (path: string) => Deno.removeSync(path)],
    ["a folder in its place", (path: string) => {
      Deno.removeSync(path);
      Deno.mkdirSync(path);
    }],
  ] as const
) {
  Deno.test(`a file of a cell in a later pass: ${name} is noticed`, async () => {
    await withFile((path) => {
      Deno.writeTextFileSync(path, "one");
      const first = CellFiles.firstPass(new DenoFiles());
      first.read(path);
      const again = () => CellFiles.laterPass(new DenoFiles(), first.digests.snapshot()).read(path);
      assertEquals(again(), new TextEncoder().encode("one"));
      change(path);
      assertThrows(again, InputChangedError, "was changed while the program ran");
    });
  });
}

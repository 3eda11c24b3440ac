import { assert, assertEquals } from "@std/assert";
import { encryptImage } from "../src/crypto/image_cipher.ts";
import { decodeKeyPartition } from "../src/crypto/key_partition.ts";
import { parseEncoding } from "../src/input/encoding.ts";
import { itemOfText } from "../src/input/value_codec.ts";
import * as constants from "../src/nvs/constants.ts";
import { nvsCrc32 } from "../src/nvs/crc32.ts";
import type { Item } from "../src/nvs/item.ts";
import { encodePartition } from "../src/nvs/partition.ts";
import { projectPath } from "./helpers.ts";

const SPEC = Deno.readTextFileSync(projectPath("SPEC.md"));

/** The items of SPEC.md's example, which also shows them as CSV. */
const EXAMPLE_ITEMS: readonly Item[] = [
  { namespace: "device", key: "serial", type: "string", value: "SN-0001" },
  { namespace: "device", key: "trim", type: "i8", value: -3 },
];

/** The text below each heading, by the heading's text; a section ends with the next heading. */
const sections = new Map(
  SPEC.split(/^#+ /m).slice(1).map((section): [string, string] => {
    const end = section.indexOf("\n");
    return [section.slice(0, end), section.slice(end + 1)];
  }),
);

/** The value that a heading such as "4096 PAGE_SIZE" states. */
function statedValue(name: string): string | undefined {
  const heading = [...sections.keys()].find((text) => text.endsWith(` ${name}`));
  return heading?.slice(0, -name.length - 1);
}

/** The rows of the first table below a heading, a list of cells each, without its head. */
function tableBelow(heading: string): string[][] {
  const lines = (sections.get(heading) ?? "").split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  if (start < 0) return [];
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function numberOf(text: string): number {
  return Number(text.replaceAll("_", ""));
}

for (const [name, value] of Object.entries(constants)) {
  Deno.test(`SPEC.md states ${name} as it is`, () => {
    if (typeof value === "object") {
      const stated = tableBelow(name).map(([cell, member]) => [member, numberOf(cell!)]);
      assertEquals(stated, Object.entries(value).map(([member, part]) => [member, part]));
    } else if (typeof value === "number") {
      assertEquals(numberOf(statedValue(name) ?? ""), value);
    } else {
      assertEquals(statedValue(name), String(value));
    }
  });
}

Deno.test("SPEC.md has no heading for a constant that is gone", () => {
  const named = [...sections.keys()].map((text) => text.split(" ").at(-1)!)
    .filter((name) => /^[A-Z0-9_]{4,}$/.test(name));
  assertEquals(named.toSorted(), Object.keys(constants).toSorted());
});

/** The bytes of a dump, by the offset at its start. */
function hexDumps(): { offset: number; bytes: Uint8Array }[] {
  return [...SPEC.matchAll(/^```hexdump\n([^`]+)```$/gm)].map(([, text]) => {
    const lines = text!.trimEnd().split("\n");
    const bytes = Uint8Array.fromHex(
      lines.map((line) => line.slice(8).replaceAll(" ", "")).join(""),
    );
    return { offset: parseInt(lines[0]!.slice(0, 8), 16), bytes };
  });
}

Deno.test("the example of SPEC.md is a fresh image", () => {
  const image = encodePartition(EXAMPLE_ITEMS, { sizeBytes: 0x3000 });
  const [plain, encrypted] = hexDumps();
  assertEquals(image.subarray(0, plain!.bytes.length), plain!.bytes);
  assert(image.subarray(plain!.bytes.length).every((byte) => byte === 0xFF));

  const keys = decodeKeyPartition(
    Deno.readFileSync(projectPath("testdata/sample_encryption_keys.bin")),
  );
  const { offset, bytes } = encrypted!;
  assertEquals(encryptImage(image, keys).subarray(offset, offset + bytes.length), bytes);
});

Deno.test("the notes to the example of SPEC.md quote its bytes", () => {
  const image = encodePartition(EXAMPLE_ITEMS, { sizeBytes: 0x3000 });
  const notes = tableBelow("Example");
  assertEquals(notes.length, 20);
  for (const [offset, quoted] of notes) {
    const bytes = Uint8Array.fromHex(quoted!.replaceAll(/[` ]/g, ""));
    const start = numberOf(offset!);
    assertEquals(image.subarray(start, start + bytes.length), bytes, `at ${offset}`);
  }
});

Deno.test("SPEC.md shows floating-point numbers as they are stored", () => {
  const rows = tableBelow("Floating-point numbers");
  assertEquals(rows.length, 6);
  for (const [type, text, data] of rows) {
    const encoding = parseEncoding(type!);
    assert(encoding !== undefined);
    const item = itemOfText({ namespace: "n", key: "k" }, encoding, text!);
    const image = encodePartition([item], { sizeBytes: 0x3000 });
    const start = constants.ENTRY_DATA_OFFSET + constants.ENTRY_SIZE + constants.ENTRY_AT.data;
    const bytes = Uint8Array.fromHex(data!.replaceAll(/[` ]/g, ""));
    assertEquals(image.slice(start, start + bytes.length), bytes, `${type} ${text}`);
  }
});

Deno.test("SPEC.md quotes the checksum of known bytes", () => {
  const crc = nvsCrc32(new TextEncoder().encode("123456789"));
  assert(SPEC.includes(`0x${crc.toString(16).toUpperCase()}`));
});

Deno.test("SPEC.md names vectors that exist, and quirks that the source names", () => {
  const vectors = new Set(
    [...Deno.readDirSync(projectPath("testdata/vectors"))].map((v) => v.name),
  );
  const lists = SPEC.matchAll(/^(?:- )?Vectors?: (?!none|all)([^.]+)/gm);
  const named = [...lists].flatMap(([, list]) =>
    [...list!.matchAll(/`([^`]+)`/g)].map((m) => m[1]!)
  );
  assert(named.length > 10);
  assertEquals(named.filter((name) => !vectors.has(name)), []);

  for (const file of ["src/nvs/placement.ts", "src/input/wifi_companions.ts"]) {
    const source = Deno.readTextFileSync(projectPath(file));
    for (const [, quirk] of source.matchAll(/Quirk `([^`]+)`/g)) {
      assert(sections.has(quirk!), `${file} names quirk ${quirk}`);
    }
  }
});

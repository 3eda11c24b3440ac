import { assert, assertEquals } from "@std/assert";
import { ENTRY_TABLE_OFFSET, PAGE_SIZE } from "../../src/nvs/constants.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import { INTEGER_RANGE, type IntegerType } from "../../src/nvs/value.ts";
import { encodePartition } from "../../src/nvs/partition.ts";

const integerTypes = Object.keys(INTEGER_RANGE) as IntegerType[];

/** A namespace, a number of each type, two strings, and a blob that goes over to the second page. */
const image = encodePartition([
  ...integerTypes.map((type) => ({ namespace: "a", key: type, type, value: 85 })),
  { namespace: "a", key: "text", type: "string", value: "grün" },
  { namespace: "a", key: "empty", type: "string", value: "" },
  {
    namespace: "a",
    key: "blob",
    type: "blob",
    value: Uint8Array.from({ length: 3700 }, (_, at) => at * 7),
  },
], { sizeBytes: 0x3000 });

/** Entry (from 0) on page 0 that each integer takes: the namespace has the first one. */
const INTEGER_ENTRY = new Map(integerTypes.map((type, position) => [type, 1 + position]));

/**
 * The only bits that may change unnoticed: the one of an integer's state that
 * turns written (10) into erased (00). That is what a device writes to erase
 * the key, and all it writes, so no reader can tell the two apart. An erased
 * namespace, string or blob leaves something behind that shows.
 */
function erasedInteger(at: number, bit: number): IntegerType | undefined {
  for (const [type, entry] of INTEGER_ENTRY) {
    if (at === ENTRY_TABLE_OFFSET + (entry >> 2) && bit === (entry & 3) * 2 + 1) return type;
  }
  return undefined;
}

/** The bit of the last page's state that closes it, which is a remark: old generators do it. */
function closesLastPage(at: number, bit: number): boolean {
  return at === PAGE_SIZE && bit === 1;
}

Deno.test("the image to flip bits of is sound and goes over two pages", () => {
  const { findings, entries, pages } = decodePartition(image);
  assertEquals(findings, []);
  assertEquals(entries.length, integerTypes.length + 3);
  assertEquals(pages.map(({ state }) => state), ["full", "active", "uninitialized"]);
});

Deno.test("decodePartition() finds every single flipped bit, but those that erase a number", () => {
  const before = decodePartition(image);
  let found = 0;
  const unnoticed: IntegerType[] = [];
  for (let at = 0; at < image.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      image[at]! ^= 1 << bit;
      const { findings, remarks, entries, erased } = decodePartition(image);
      image[at]! ^= 1 << bit;
      const type = erasedInteger(at, bit);
      if (closesLastPage(at, bit)) {
        assertEquals([findings.length, remarks.length], [0, 1]);
        assertEquals(entries, before.entries);
        found++;
      } else if (type === undefined) {
        assert(findings.length > 0, `bit ${bit} of byte ${at} may change unnoticed`);
        found++;
      } else {
        assertEquals(findings, []);
        assertEquals(entries, before.entries.filter(({ key }) => key !== type));
        assertEquals(erased.map(({ key }) => key), [type]);
        unnoticed.push(type);
      }
    }
  }
  console.log(
    `${found + unnoticed.length} bits flipped: ${found} found, ` +
      `${unnoticed.length} the same as erasing a number`,
  );
  assertEquals(unnoticed, integerTypes);
  assertEquals(found + unnoticed.length, image.length * 8);
});

import { assertEquals } from "@std/assert";
import { decodePartition } from "../../src/nvs/decode.ts";
import { diffPartitions, type KeyDifference } from "../../src/nvs/diff.ts";
import type { Item } from "../../src/nvs/item.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { deviceImages } from "./test_images.ts";

function differences(a: readonly Item[], b: readonly Item[]): KeyDifference[] {
  const decode = (items: readonly Item[]) =>
    decodePartition(encodePartition(items, { sizeBytes: 0x3000 }));
  return diffPartitions(decode(a), decode(b));
}

const one: Item = { namespace: "n", key: "k", type: "u8", value: 1 };
const two: Item = { namespace: "n", key: "k", type: "u8", value: 2 };
const text: Item = { namespace: "n", key: "k", type: "string", value: "1" };
const other: Item = { namespace: "m", key: "z", type: "blob", value: new Uint8Array([1, 2]) };
const sameSize: Item = { namespace: "m", key: "z", type: "blob", value: new Uint8Array([1, 3]) };
const bare: Item = { namespace: "empty", type: "namespace" };

const CASES: readonly [name: string, a: Item[], b: Item[], expected: KeyDifference[]][] = [
  ["nothing", [one, other], [one, other], []],
  ["nothing, in another order", [one, other], [other, one], []],
  ["a value", [one], [two], [{
    kind: "changed",
    namespace: "n",
    key: "k",
    before: { type: "u8", value: 1n },
    after: { type: "u8", value: 2n },
  }]],
  ["a type", [one], [text], [{
    kind: "changed",
    namespace: "n",
    key: "k",
    before: { type: "u8", value: 1n },
    after: { type: "string", value: "1" },
  }]],
  ["a blob's last byte", [other], [sameSize], [{
    kind: "changed",
    namespace: "m",
    key: "z",
    before: { type: "blob", value: new Uint8Array([1, 2]) },
    after: { type: "blob", value: new Uint8Array([1, 3]) },
  }]],
  ["a namespace with a key", [one], [one, other], [
    { kind: "namespace-added", namespace: "m" },
    {
      kind: "added",
      namespace: "m",
      key: "z",
      after: { type: "blob", value: new Uint8Array([1, 2]) },
    },
  ]],
  ["an empty namespace", [one, bare], [one], [{ kind: "namespace-removed", namespace: "empty" }]],
  ["keys, by namespace and name", [
    { namespace: "b", key: "x", type: "u8", value: 1 },
    { namespace: "a", key: "y", type: "u8", value: 1 },
    { namespace: "a", key: "keep", type: "u8", value: 1 },
  ], [
    { namespace: "b", key: "keep", type: "u8", value: 1 },
    { namespace: "a", key: "keep", type: "u8", value: 1 },
    { namespace: "a", key: "Z", type: "u8", value: 1 },
  ], [
    { kind: "added", namespace: "a", key: "Z", after: { type: "u8", value: 1n } },
    { kind: "removed", namespace: "a", key: "y", before: { type: "u8", value: 1n } },
    { kind: "added", namespace: "b", key: "keep", after: { type: "u8", value: 1n } },
    { kind: "removed", namespace: "b", key: "x", before: { type: "u8", value: 1n } },
  ]],
];

for (const [name, a, b, expected] of CASES) {
  Deno.test(`diffPartitions() shows what differs: ${name}`, () => {
    assertEquals(differences(a, b), expected);
  });
}

Deno.test("diffPartitions() finds no difference between a worn image and itself", () => {
  for (const { image } of deviceImages()) {
    assertEquals(diffPartitions(decodePartition(image), decodePartition(image)), []);
  }
});

Deno.test("diffPartitions() mirrors when its arguments change places", () => {
  const [a, b] = deviceImages().map(({ image }) => decodePartition(image));
  const there = diffPartitions(a!, b!);
  const back = diffPartitions(b!, a!);
  const opposite = { added: "removed", removed: "added" } as Readonly<Record<string, string>>;
  const mirrored = there.map(({ kind }) =>
    kind.replace(/added|removed/, (word) => opposite[word] ?? word)
  );
  assertEquals(back.map(({ kind }) => `${kind}`), mirrored);
});

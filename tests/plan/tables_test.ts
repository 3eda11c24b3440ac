/** The hash table and the batch id. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  FilesDigest,
  fingerprint,
  FINGERPRINT_PARTS,
  fingerprintDifference,
  type FingerprintInput,
} from "../../src/plan/fingerprint.ts";
import { HashTable } from "../../src/plan/hash_table.ts";

Deno.test("a table finds what was put in, among many, and nothing else", () => {
  const table = new HashTable();
  const count = 20000;
  for (let number = 1; number <= count; number++) table.set(`name ${number}`, number);
  for (let number = 1; number <= count; number++) {
    assertEquals(table.get(`name ${number}`), number);
  }
  for (const text of ["", "name", "name 0", `name ${count + 1}`]) {
    assertEquals(table.get(text), undefined);
  }
  table.set("", Number.MAX_SAFE_INTEGER);
  assertEquals(table.get(""), Number.MAX_SAFE_INTEGER);
});

const INPUT = Object.fromEntries(
  FINGERPRINT_PARTS.map(({ key }) => [key, `${key} text`]),
) as FingerprintInput;

Deno.test("a batch id is the same for the same parts, and has 64 bits of each", () => {
  assertEquals(fingerprint(INPUT), fingerprint({ ...INPUT }));
  const parts = fingerprint(INPUT).split("-");
  assertEquals(parts.length, FINGERPRINT_PARTS.length);
  for (const part of parts) assert(/^[0-9a-f]{16}$/.test(part), part);
});

for (const { key, name } of FINGERPRINT_PARTS) {
  Deno.test(`a batch id tells another ${key}, and names it`, () => {
    const other = fingerprint({ ...INPUT, [key]: "other" });
    assertNotEquals(other, fingerprint(INPUT));
    assertEquals(fingerprintDifference(fingerprint(INPUT), other), [name]);
  });
}

Deno.test("no difference, and an id that is none", () => {
  assertEquals(fingerprintDifference(fingerprint(INPUT), fingerprint(INPUT)), []);
  assertEquals(fingerprintDifference(fingerprint(INPUT), "x").length, FINGERPRINT_PARTS.length);
});

Deno.test("the digest of files tells contents, names and order", () => {
  const digestOf = (...files: [string, string][]) => {
    const digest = new FilesDigest();
    for (const [path, sha256] of files) digest.add(path, sha256);
    return digest.digest();
  };
  const digests = [
    digestOf(),
    digestOf(["a", "1"]),
    digestOf(["a", "2"]),
    digestOf(["b", "1"]),
    digestOf(["a", "1"], ["b", "1"]),
    digestOf(["b", "1"], ["a", "1"]),
  ];
  assertEquals(new Set(digests).size, digests.length);
  assertEquals(digestOf(["a", "1"]), digests[1]);
});

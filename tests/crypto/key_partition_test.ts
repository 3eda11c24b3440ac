import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  decodeKeyPartition,
  encodeKeyPartition,
  KeyPartitionError,
  newXtsKeys,
} from "../../src/crypto/key_partition.ts";
import { nvsCrc32 } from "../../src/nvs/crc32.ts";
import { projectPath } from "../helpers.ts";

const KEYS = {
  encryptionKey: new Uint8Array(32).fill(0x11),
  tweakKey: new Uint8Array(32).fill(0x22),
};
const PARTITION = encodeKeyPartition(KEYS);

/** Values of Python's `zlib.crc32(bytes, 0xFFFFFFFF)`. */
for (
  const [name, bytes, crc] of [
    ["no bytes", new Uint8Array(), 0xFFFFFFFF],
    ['"123456789"', new TextEncoder().encode("123456789"), 0xD202D277],
    ["64 bytes 0xFF", new Uint8Array(64).fill(0xFF), 0x85131B73],
    ["64 bytes 0x00", new Uint8Array(64), 0xFFFFFFFF],
  ] as const
) {
  Deno.test(`the NVS checksum of ${name} is 0x${crc.toString(16)}`, () => {
    assertEquals(nvsCrc32(bytes), crc);
  });
}

Deno.test('the usual CRC-32 of "123456789" is 0xCBF43926: only the seed differs', () => {
  assertEquals(nvsCrc32(new TextEncoder().encode("123456789"), 0), 0xCBF43926);
});

Deno.test("a checksum goes on where another ended", () => {
  const bytes = new TextEncoder().encode("123456789");
  assertEquals(nvsCrc32(bytes.subarray(4), nvsCrc32(bytes.subarray(0, 4))), nvsCrc32(bytes));
});

Deno.test("keys, checksum, then 0xFF to the end; and back", () => {
  assertEquals(PARTITION.length, 4096);
  assertEquals(PARTITION.slice(0, 32), KEYS.encryptionKey);
  assertEquals(PARTITION.slice(32, 64), KEYS.tweakKey);
  const crc = new DataView(PARTITION.buffer).getUint32(64, true);
  assertEquals(crc, nvsCrc32(PARTITION.subarray(0, 64)));
  assert(PARTITION.subarray(68).every((byte) => byte === 0xFF));
  assertEquals(decodeKeyPartition(PARTITION), KEYS);
});

Deno.test("a partition that is part of a larger buffer is read the same", () => {
  const buffer = new Uint8Array(4096 + 3);
  buffer.set(PARTITION, 3);
  assertEquals(decodeKeyPartition(buffer.subarray(3)), KEYS);
});

Deno.test("Espressif's key partitions are read and written the same", () => {
  for (const path of ["all-types-inputkey/in/keys.bin", "generate-key-hmac/out/keys/k.bin"]) {
    const partition = Deno.readFileSync(projectPath(`testdata/vectors/${path}`));
    assertEquals(encodeKeyPartition(decodeKeyPartition(partition)), new Uint8Array(partition));
  }
});

function changed(at: number): Uint8Array {
  const partition = new Uint8Array(PARTITION);
  partition[at]! ^= 1;
  return partition;
}

const equalHalves = encodeKeyPartition({ ...KEYS, tweakKey: KEYS.encryptionKey });

for (
  const [name, partition, message] of [
    ["no bytes", new Uint8Array(), "has 0 bytes; a key partition has 4096"],
    ["the keys alone", PARTITION.subarray(0, 64), "has 64 bytes"],
    ["a byte short", PARTITION.subarray(0, 4095), "has 4095 bytes"],
    ["a byte long", new Uint8Array(4097), "has 4097 bytes"],
    ["all 0xFF", new Uint8Array(4096).fill(0xFF), "is empty (all 0xFF)"],
    ["all 0x00", new Uint8Array(4096), "has a wrong CRC"],
    ["the first key changed", changed(0), "has a wrong CRC"],
    ["the second key changed", changed(63), "has a wrong CRC"],
    ["the checksum changed", changed(67), "has a wrong CRC"],
    ["equal halves", equalHalves, "has two equal halves"],
  ] as const
) {
  Deno.test(`a key partition with ${name} is refused`, () => {
    const error = assertThrows(() => decodeKeyPartition(partition), KeyPartitionError, message);
    assert(!/(11){4}|(22){4}/.test(error.message), "key bytes are in the message");
  });
}

Deno.test("a key of another size is not stored", () => {
  for (
    const keys of [
      { ...KEYS, encryptionKey: new Uint8Array(31) },
      { ...KEYS, tweakKey: new Uint8Array(64) },
    ]
  ) assertThrows(() => encodeKeyPartition(keys), RangeError, "it must have 32");
});

Deno.test("fresh keys are 32 bytes each, and from the source given", () => {
  let next = 0;
  const keys = newXtsKeys((sizeBytes) => new Uint8Array(sizeBytes).fill(++next));
  assertEquals(keys, {
    encryptionKey: new Uint8Array(32).fill(1),
    tweakKey: new Uint8Array(32).fill(2),
  });
});

Deno.test("the system's source gives other keys every time", () => {
  const randomBytes = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
  const keys = Array.from({ length: 20 }, () => newXtsKeys(randomBytes));
  const all = keys.flatMap(({ encryptionKey, tweakKey }) => [encryptionKey, tweakKey]);
  assertEquals(new Set(all.map((key) => key.toHex())).size, 40);
  assertNotEquals(keys[0], keys[1]);
});

Deno.test("a source that gives the same bytes twice is not trusted", () => {
  assertThrows(
    () => newXtsKeys((sizeBytes) => new Uint8Array(sizeBytes)),
    Error,
    "the random source gave the same 32 bytes twice",
  );
});

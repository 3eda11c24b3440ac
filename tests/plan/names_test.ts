import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import {
  deviceFiles,
  deviceName,
  foldedName,
  isUnfitForWindows,
  nameLengthFault,
  namePartFault,
} from "../../src/plan/names.ts";
import { keySchemeOf, type KeySource } from "../../src/keys/key_source.ts";
import { WHOLE } from "../../src/plan/shard.ts";
import { gatePath, stagingName } from "../../src/plan/staging_names.ts";

for (
  const part of [
    "1",
    "A.1",
    "00:11:22",
    "a b",
    "a-b_c",
    "é語",
    "console",
    "com10",
    "nula",
    "~",
    "#1",
  ]
) {
  Deno.test(`"${part}" may be part of a name`, () => {
    assertEquals(namePartFault(part, false), undefined);
  });
}

for (
  const [part, says] of [
    ["", "is empty"],
    ["a/b", 'holds "/"'],
    ["a\\b", '"\\"'],
    ["..", '".."'],
    ["a..b", '".."'],
    ["a.", "ends with a dot"],
    ["a ", "ends with a dot or a space"],
    [" a", "begins with a space"],
    ["a\tb", "control character"],
    ["a\x7F", "control character"],
    ["con", "reserved name"],
    ["LPT1.x", "reserved name"],
  ] as const
) {
  Deno.test(`${JSON.stringify(part)} may not be part of a name`, () => {
    for (const isWindows of [false, true]) {
      assertStringIncludes(namePartFault(part, isWindows) ?? "", says);
    }
  });
}

Deno.test("characters that Windows alone forbids are refused there, and noted elsewhere", () => {
  for (const character of '<>:"|?*') {
    const part = `a${character}b`;
    assert(namePartFault(part, true) !== undefined, part);
    assertEquals([namePartFault(part, false), isUnfitForWindows(part)], [undefined, true]);
  }
  assertEquals(isUnfitForWindows("a-b"), false);
});

Deno.test("the length of a name is counted in bytes", () => {
  assertEquals(nameLengthFault("x".repeat(200)), undefined);
  assertStringIncludes(nameLengthFault("x".repeat(201)) ?? "", "201 bytes");
  assertStringIncludes(nameLengthFault("é".repeat(101)) ?? "", "202 bytes");
});

for (
  const [prefixNumber, deviceNumber, name] of [
    [undefined, 3, "Dev-id"],
    [{ start: 9, length: 4 }, 1, "Dev-0009-id"],
    [{ start: 9, length: 4 }, 2, "Dev-0010-id"],
    [{ start: 0, length: 0 }, 1, "Dev-0-id"],
    [{ start: 99999, length: 4 }, 2, "Dev-100000-id"],
  ] as const
) {
  Deno.test(`the name ${name}`, () => {
    assertEquals(deviceName("Dev", prefixNumber, deviceNumber, "id"), name);
  });
}

const XTS = { encryptionKey: new Uint8Array(32), tweakKey: new Uint8Array(32) };

for (
  const [keySource, files] of [
    [{ kind: "none" }, {}],
    [{ kind: "given", keys: XTS, sha256: "00" }, {}],
    [{ kind: "fresh" }, { keys: "keys/keys-N.bin" }],
    [{ kind: "derived", keys: XTS, sha256: "00" }, { keys: "keys/keys-N.bin" }],
    [{ kind: "freshHmac" }, { keys: "keys/keys-N.bin", hmacKey: "keys/hmac-keys-N.bin" }],
    [
      { kind: "freshHmac", hmacKeyFile: "keys/h.bin" },
      { keys: "keys/keys-N.bin", hmacKey: "keys/h.bin" },
    ],
  ] as const satisfies readonly (readonly [KeySource, Record<string, string>])[]
) {
  Deno.test(`files of a device with keys "${keySource.kind}": ${JSON.stringify(files)}`, () => {
    const scheme = keySchemeOf(keySource);
    const image = "bin/N.bin";
    assertEquals(deviceFiles("N", true, scheme), { image, csv: "csv/N.csv", keyFiles: files });
    assertEquals(deviceFiles("N", false, scheme), { image, keyFiles: files });
  });
}

for (const [a, b] of [["Dev-a", "DEV-A"], ["n\u00E9", "ne\u0301"], ["É", "e\u0301"]] as const) {
  Deno.test(`"${a}" and "${b}" are one name on some file systems`, () => {
    assertEquals(foldedName(a), foldedName(b));
  });
}

Deno.test("prefixes that are one name to some systems have one lock, others have none in common", () => {
  const start = (prefix: string) =>
    stagingName(prefix, WHOLE, "0").split("-").slice(0, 2).join("-");
  for (const [a, b] of [["Dev", "dev"], ["É", "E\u0301"], ["Å", "\u212b"]] as const) {
    assertEquals(start(a), start(b));
    assertEquals(gatePath({ outdir: "o", prefix: a }), gatePath({ outdir: "o", prefix: b }));
  }
  assertNotEquals(start("Dev"), start("Dev-1"));
});

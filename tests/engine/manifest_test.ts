/** Lines of the manifest: written, read back, torn and damaged. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  MANIFEST_HEADER,
  ManifestHeaderError,
  manifestLine,
  manifestLines,
  manifestPath,
  type ManifestRow,
  parseManifestLine,
} from "../../src/plan/manifest.ts";

const ROW: ManifestRow = {
  batch: "0123abcd-4567",
  row: 12,
  fileId: "SN-12",
  image: "bin/Dev-SN-12.bin",
  imageBytes: 12288,
  imageSha256: "a1".repeat(32),
  keys: "keys/keys-Dev-SN-12.bin",
  keysSha256: "b2".repeat(32),
  hmacKey: "keys/hmac-keys-Dev-SN-12.bin",
  hmacKeySha256: "c3".repeat(32),
  encryption: "hmac-own",
};
const WITHOUT_KEYS: ManifestRow = {
  ...ROW,
  keys: "",
  keysSha256: "",
  hmacKey: "",
  hmacKeySha256: "",
  encryption: "none",
};

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The rows in a manifest that comes in chunks of `chunkBytes`; absent ones are damaged lines. */
function rowsIn(text: string | Uint8Array, chunkBytes = 1 << 16): (ManifestRow | undefined)[] {
  const all = typeof text === "string" ? bytes(text) : text;
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += chunkBytes) {
    chunks.push(all.subarray(at, at + chunkBytes));
  }
  return [...manifestLines(chunks)].map(({ row }) => row);
}

Deno.test("a line without keys is exactly this", () => {
  assertEquals(
    MANIFEST_HEADER + manifestLine(WITHOUT_KEYS),
    "batch,row,file_id,image,image_bytes,image_sha256,keys,keys_sha256," +
      "hmac_key,hmac_key_sha256,encryption\n" +
      `0123abcd-4567,12,SN-12,bin/Dev-SN-12.bin,12288,${"a1".repeat(32)},,,,,none\n`,
  );
  assertEquals(manifestPath("out", "Dev").replaceAll("\\", "/"), "out/manifest-Dev.csv");
});

for (const fileId of ["1", "a,b", 'say "hi"', '"', ",", "été 漢字", "a;b", "x'y", " #1", "=1+1"]) {
  Deno.test(`a row round-trips, with file id ${fileId}`, () => {
    for (const row of [ROW, WITHOUT_KEYS]) {
      const named = { ...row, fileId, image: `bin/Dev-${fileId}.bin` };
      const line = manifestLine(named);
      assertEquals(line.indexOf("\n"), line.length - 1);
      assertEquals(parseManifestLine(line.slice(0, -1)), named);
      for (const chunkBytes of [1, 7, 1 << 16]) {
        assertEquals(rowsIn(MANIFEST_HEADER + line + line, chunkBytes), [named, named]);
      }
    }
  });
}

Deno.test("a line that is cut anywhere is no row", () => {
  const line = manifestLine(ROW);
  for (let sizeBytes = 0; sizeBytes < line.length - 1; sizeBytes++) {
    assertEquals(parseManifestLine(line.slice(0, sizeBytes)), undefined, `${sizeBytes} bytes`);
  }
});

Deno.test("a last line without its end is no row, however whole", () => {
  for (const row of [ROW, WITHOUT_KEYS]) {
    const text = MANIFEST_HEADER + manifestLine(row) + manifestLine(row);
    assertEquals(rowsIn(text.slice(0, -1)), [row, undefined]);
    assertEquals(rowsIn(text), [row, row]);
  }
});

const DAMAGES: [name: string, change: (cells: string[]) => void][] = [
  ["no batch", (cells) => cells[0] = ""],
  ["row 0", (cells) => cells[1] = "0"],
  ["a row that is no number", (cells) => cells[1] = "1x"],
  ["no image", (cells) => cells[3] = ""],
  ["no image size", (cells) => cells[4] = ""],
  ["a short hash", (cells) => cells[5] = cells[5]!.slice(1)],
  ["a long hash", (cells) => cells[5] += "0"],
  ["a hash in capitals", (cells) => cells[5] = cells[5]!.toUpperCase()],
  ["keys without their hash", (cells) => cells[7] = ""],
  ["a hash without keys", (cells) => cells[6] = ""],
  ["an HMAC key without its hash", (cells) => cells[9] = ""],
  ["a hash without an HMAC key", (cells) => cells[8] = ""],
  ["no encryption", (cells) => cells[10] = ""],
  ["an unknown encryption", (cells) => cells[10] = "rot13"],
  ["a cell more", (cells) => cells.push("x")],
  ["a cell less", (cells) => cells.pop()],
  ["a quote that never ends", (cells) => cells[2] = '"SN-12'],
];

for (const [name, change] of DAMAGES) {
  Deno.test(`a line is no row: ${name}`, () => {
    const cells = manifestLine(ROW).trimEnd().split(",");
    change(cells);
    const damaged = `${cells.join(",")}\n`;
    assertEquals(parseManifestLine(damaged.trimEnd()), undefined);
    // The lines around it hold, even behind an open quote.
    const text = MANIFEST_HEADER + manifestLine(ROW) + damaged + manifestLine(WITHOUT_KEYS);
    assertEquals(rowsIn(text), [ROW, undefined, WITHOUT_KEYS]);
  });
}

Deno.test("damaged bytes are no row, and hide none", () => {
  const line = manifestLine(ROW);
  const noise = new Uint8Array([0xFF, 0xC3, 0x00, 0x22, 0x0A]);
  const text = new Uint8Array([...bytes(MANIFEST_HEADER + line), ...noise, ...bytes(line)]);
  for (const chunkBytes of [1, 3, 1 << 16]) {
    assertEquals(rowsIn(text, chunkBytes), [ROW, undefined, ROW]);
  }
});

Deno.test("an empty manifest, and one with the header alone, whole or torn, have no rows", () => {
  for (let sizeBytes = 0; sizeBytes <= MANIFEST_HEADER.length; sizeBytes++) {
    assertEquals(rowsIn(MANIFEST_HEADER.slice(0, sizeBytes)), [], `${sizeBytes} bytes`);
  }
});

for (
  const [name, text] of [
    ["a row in place of the header", manifestLine(ROW)],
    ["an older header", MANIFEST_HEADER.replace(",encryption", "") + manifestLine(ROW)],
    ["a column more", MANIFEST_HEADER.replace("\n", ",more\n")],
    ["another table", "name,price\nbolt,1\n"],
    ["a line without an end", "batch,row,x"],
    ["an empty first line", `\n${MANIFEST_HEADER}`],
    ["no text", "\0\x01\x02\n"],
  ] as const
) {
  Deno.test(`no manifest: ${name}`, () => {
    for (const chunkBytes of [1, 1 << 16]) {
      assertThrows(() => rowsIn(text, chunkBytes), ManifestHeaderError, "its first line");
    }
  });
}

/** What each encryption records: paths and hashes of keys, HMAC key. */
const KEYS = { keys: ROW.keys, keysSha256: ROW.keysSha256 };
const HMAC_KEY = { hmacKey: ROW.hmacKey, hmacKeySha256: ROW.hmacKeySha256 };
const ENCRYPTIONS: ManifestRow[] = [
  WITHOUT_KEYS,
  { ...WITHOUT_KEYS, encryption: "given", keysSha256: ROW.keysSha256 },
  { ...WITHOUT_KEYS, encryption: "own", ...KEYS },
  { ...WITHOUT_KEYS, encryption: "hmac-given", ...KEYS, hmacKeySha256: ROW.hmacKeySha256 },
  { ...WITHOUT_KEYS, encryption: "hmac-own", ...KEYS, ...HMAC_KEY },
];

Deno.test("a row has exactly the keys of its encryption", () => {
  for (const row of ENCRYPTIONS) {
    for (const { encryption } of ENCRYPTIONS) {
      const read = parseManifestLine(manifestLine({ ...row, encryption }).trimEnd());
      assertEquals(read, encryption === row.encryption ? row : undefined, encryption);
    }
  }
});

Deno.test("a manifest that a spreadsheet saved with CRLF is still read", () => {
  const text = (MANIFEST_HEADER + manifestLine(ROW)).replaceAll("\n", "\r\n");
  assertEquals(rowsIn(text).filter((row) => row !== undefined), [ROW]);
});

/** Bad input: a file of another kind than the command takes; it is named, and who takes it. */

import { assertEquals } from "@std/assert";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { type FileKind, fileKindOf } from "../../src/cli/file_kind.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { flashDump, noise, partition, TABLE_OFFSET, tableBytes } from "../flash/dumps.ts";
import type { Files } from "../helpers.ts";
import { type BadInput, CONF, GENERATE, latin1, testBadInputs, utf16 } from "./bad_inputs.ts";
import { flipped, HMAC_KEY, KEY_PARTITION, KEYS } from "./key_files.ts";

const PLAIN = encodePartition([{ namespace: "n", key: "k", type: "u8", value: 1 }], {
  sizeBytes: 0x3000,
});
const ENCRYPTED = encryptImage(PLAIN, KEYS);
const TABLE = tableBytes([partition("nvs", 0x9000, 0x6000)]);
const DUMP = flashDump({ table: TABLE });
/** An app: the header of its image, and code. */
const FIRMWARE = flashDump({ bootloaderOffset: 0, sizeBytes: 0x6000 });
const LARGE_FIRMWARE = flashDump({
  bootloaderOffset: 0,
  contents: [[TABLE_OFFSET, noise(0x8000).fill(7, 0, 0x1000)]],
});
const XLSX = latin1(`PK\x03\x04${"\0".repeat(22)}\x13\0\0\0[Content_Types].xml\xB5\x94`);
const ZIP = latin1(`PK\x03\x04${"\0".repeat(22)}\x05\0\0\0a.bin\xB5\x94`);
const NVS_CSV = "key,type,encoding,value\nn,namespace,,\nk,data,u8,7\n";
const ERASED = new Uint8Array(0x1000).fill(0xFF);

/** What each file is, and what is said where an image is wanted; nothing if it may be one. */
const KINDS: readonly {
  name: string;
  content: string | Uint8Array;
  kind: FileKind | undefined;
  asImage?: string;
}[] = [
  {
    name: "an empty file",
    content: "",
    kind: "empty",
    asImage: "is empty; an NVS image has 4096 bytes or a multiple of it\n",
  },
  {
    name: "a key partition",
    content: KEY_PARTITION,
    kind: "key-partition",
    asImage: "is a key partition, no NVS image; give it with --key FILE beside the image",
  },
  {
    name: "an HMAC key",
    content: HMAC_KEY,
    kind: "hmac-key",
    asImage: "is an HMAC key by its size (32 bytes), no NVS image; give it with --hmac-key FILE",
  },
  {
    name: "a partition table",
    content: TABLE,
    kind: "partition-table",
    asImage: "is a partition table, no NVS image; give it with --partition-table FILE beside a",
  },
  {
    name: "a firmware image",
    content: FIRMWARE,
    kind: "firmware",
    asImage:
      "is a firmware image (it begins with 0xE9), no NVS image, and has no partition table " +
      "at 0x8000; give an NVS image, or the dump of a whole flash",
  },
  {
    name: "a firmware image that is longer",
    content: LARGE_FIRMWARE,
    kind: "firmware",
    asImage: "is a firmware image (it begins with 0xE9), no NVS image",
  },
  {
    name: "a workbook",
    content: XLSX,
    kind: "archive",
    asImage: "is an Excel workbook (.xlsx), no NVS image; save its sheet as a CSV",
  },
  { name: "a zip", content: ZIP, kind: "archive", asImage: "is a zip archive, no NVS image; " },
  {
    name: "an NVS CSV",
    content: NVS_CSV,
    kind: "nvs-csv",
    asImage: "is an NVS CSV, no NVS image; mfg_gen image makes an image of it\n",
  },
  {
    name: "an NVS CSV in UTF-16 with tabs",
    content: utf16(NVS_CSV.replaceAll(",", "\t"), true),
    kind: "nvs-csv",
    asImage: "is an NVS CSV, no NVS image",
  },
  {
    name: "a configuration",
    content: `# keys\n${CONF}`,
    kind: "configuration",
    asImage: "is a configuration, no NVS image; mfg_gen generate makes images of it and its values",
  },
  {
    name: "values",
    content: "serial;pin\nhunter2;1234\n",
    kind: "csv",
    asImage: "is a CSV, no NVS image; mfg_gen generate makes images of a configuration and its",
  },
  {
    name: "a text",
    content: "Notes about the lot.\n",
    kind: "text",
    asImage: "is text, no NVS image; give the .bin file that mfg_gen generate or mfg_gen image",
  },
  { name: "a plain image", content: PLAIN, kind: "image" },
  { name: "an encrypted image", content: ENCRYPTED, kind: "image" },
  { name: "a flash dump", content: DUMP, kind: "dump" },
  {
    name: "a flash dump whose bootloader is at its start and whose table is damaged",
    content: flashDump({ bootloaderOffset: 0, table: flipped(TABLE, 40) }),
    kind: "dump",
  },
  { name: "an erased partition", content: ERASED, kind: "erased" },
  { name: "a damaged key partition", content: flipped(KEY_PARTITION, 3), kind: undefined },
  { name: "noise", content: noise(0x1000), kind: undefined },
  { name: "zeros", content: new Uint8Array(100), kind: undefined },
];

for (const { name, content, kind } of KINDS) {
  Deno.test(`by its bytes, ${name} is ${kind ?? "nothing that is known"}`, () => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    assertEquals(fileKindOf(bytes), kind);
  });
}

const IMAGE_COMMANDS: readonly (readonly string[])[] = [
  ["inspect", "x.bin"],
  ["inspect", "x.bin", "--key", "keys.bin"],
  ["diff", "x.bin", "good.bin"],
  ["diff", "good.bin", "x.bin"],
  ["edit", "x.bin", "new.bin", "--set", "n:k:u8=2"],
  ["decrypt", "x.bin", "keys.bin", "plain.bin"],
];

testBadInputs(
  "what is no image is named",
  KINDS.flatMap(({ name, content, asImage }) =>
    asImage === undefined ? [] : IMAGE_COMMANDS.map((args): BadInput => ({
      name: `${args.join(" ")}: ${name}`,
      files: { "x.bin": content, "good.bin": PLAIN, "keys.bin": KEY_PARTITION },
      args,
      says: [`x.bin: ${asImage}`],
      problems: 1,
    }))
  ),
);

testBadInputs("what is no image of a dump is named", [
  {
    name: "a CSV with --partition",
    files: { "x.bin": NVS_CSV },
    args: ["inspect", "x.bin", "--partition", "nvs"],
    says: ["x.bin: is an NVS CSV, no NVS image; mfg_gen image makes an image of it"],
    problems: 1,
  },
  {
    name: "a firmware image with --partition: its table is looked for",
    files: { "x.bin": LARGE_FIRMWARE },
    args: ["inspect", "x.bin", "--partition", "nvs"],
    says: ["x.bin: has no partition table at 0x8000, where something else is; give its place"],
    problems: 1,
  },
]);

const PARTITION_SIZE = "a key partition has 4096; this is";
const HMAC_SIZE = "an HMAC key has 32; this is";

function badKey(
  name: string,
  content: string | Uint8Array,
  args: readonly string[],
  says: string,
): BadInput {
  const files: Files = { "x.bin": content, "in.bin": ENCRYPTED };
  return { name: `${args.join(" ")}: ${name}`, files, args, says: [`x.bin: ${says}`], problems: 1 };
}

const INSPECT = ["inspect", "in.bin", "--key", "x.bin"];
const DERIVED = ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "x.bin"];

testBadInputs("what is no key file is named", [
  badKey(
    "an HMAC key",
    HMAC_KEY,
    INSPECT,
    `has 32 bytes; ${PARTITION_SIZE} an HMAC key by its size (32 bytes): give it with --hmac-key ` +
      "FILE\n",
  ),
  badKey(
    "a key partition",
    KEY_PARTITION,
    ["inspect", "in.bin", "--hmac-key", "x.bin"],
    `has 4096 bytes; ${HMAC_SIZE} a key partition: give it with --key FILE\n`,
  ),
  badKey(
    "a key partition",
    KEY_PARTITION,
    ["diff", "in.bin", "in.bin", "--hmac-key-b", "x.bin"],
    `has 4096 bytes; ${HMAC_SIZE} a key partition: give it with --key-b FILE\n`,
  ),
  badKey(
    "an HMAC key",
    HMAC_KEY,
    [...GENERATE, "--inputkey", "x.bin"],
    `has 32 bytes; ${PARTITION_SIZE} an HMAC key by its size (32 bytes): give it with --keygen ` +
      "--key_protect_hmac --kp_hmac_inputkey FILE\n",
  ),
  badKey(
    "a key partition",
    KEY_PARTITION,
    [...GENERATE, ...DERIVED],
    `has 4096 bytes; ${HMAC_SIZE} a key partition: give it with --inputkey FILE\n`,
  ),
  badKey(
    "a key partition",
    KEY_PARTITION,
    ["generate-key", ...DERIVED.slice(1)],
    `has 4096 bytes; ${HMAC_SIZE} a key partition: give the file of the 32 bytes themselves\n`,
  ),
  badKey(
    "an image",
    ENCRYPTED,
    INSPECT,
    `has 12288 bytes; ${PARTITION_SIZE} an NVS image: give the key that it was encrypted with`,
  ),
  badKey(
    "an image of one page",
    ENCRYPTED.subarray(0, 0x1000),
    [...GENERATE, "--inputkey", "x.bin"],
    "has a wrong CRC; it is damaged, or no key partition; this is an NVS image: give the key",
  ),
  badKey(
    "an image",
    PLAIN,
    [...GENERATE, ...DERIVED],
    `has 12288 bytes; ${HMAC_SIZE} an NVS image: give the key that it was encrypted with`,
  ),
  badKey(
    "hex",
    HMAC_KEY.toHex() + "\n",
    [...GENERATE, ...DERIVED],
    `has 65 bytes; ${HMAC_SIZE} text: give the file of the 32 bytes themselves\n`,
  ),
  badKey(
    "a CSV",
    NVS_CSV,
    INSPECT,
    `has 50 bytes; ${PARTITION_SIZE} an NVS CSV: mfg_gen generate-`,
  ),
  badKey("a table", TABLE, INSPECT, `has 3072 bytes; ${PARTITION_SIZE} a partition table: mfg_gen`),
  badKey(
    "a workbook",
    XLSX,
    INSPECT,
    `has 51 bytes; ${PARTITION_SIZE} an Excel workbook (.xlsx): `,
  ),
  badKey("firmware", FIRMWARE, INSPECT, `has 24576 bytes; ${PARTITION_SIZE} a firmware image (it`),
  badKey("an empty file", "", INSPECT, "has 0 bytes; a key partition has 4096\n"),
  badKey(
    "an erased file",
    ERASED,
    INSPECT,
    "is empty (all 0xFF); a key partition holds two keys\n",
  ),
  badKey("zeros", new Uint8Array(33), INSPECT, "has 33 bytes; a key partition has 4096\n"),
]);

testBadInputs("an image in the place of a CSV is named", [
  {
    name: "as configuration",
    conf: PLAIN,
    says: ["conf.csv:1: is an NVS image, no CSV; mfg_gen inspect --csv makes an NVS CSV of it"],
    problems: 1,
  },
  {
    name: "as values",
    values: ENCRYPTED,
    says: ["values.csv:1: is an NVS image, no CSV; mfg_gen inspect --csv makes an NVS CSV of it"],
    problems: 1,
  },
  {
    name: "of image",
    files: { "x.bin": PLAIN },
    args: ["image", "x.bin", "nvs.bin", "0x3000"],
    says: ["x.bin:1: is an NVS image, no CSV; mfg_gen inspect --csv makes an NVS CSV of it"],
    problems: 1,
  },
  {
    name: "a zip archive as values",
    values: ZIP,
    says: ["values.csv:1: is a zip archive, no CSV; unpack it, and give the CSV"],
    problems: 1,
  },
]);

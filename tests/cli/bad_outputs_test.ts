/** Bad input: outputs that cannot be where they are asked for, found before anything is made. */

import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import type { Files } from "../helpers.ts";
import { type BadInput, GENERATE, testBadInputs } from "./bad_inputs.ts";
import { KEY_PARTITION, KEYS } from "./key_files.ts";

const PLAIN = encodePartition([{ namespace: "n", key: "k", type: "u8", value: 1 }], {
  sizeBytes: 0x3000,
});
const FILES: Files = {
  "in.bin": encryptImage(PLAIN, KEYS),
  "keys.bin": KEY_PARTITION,
  "nvs.csv": "key,type,encoding,value\nn,namespace,,\nk,data,u8,7\n",
  file: "a file\n",
  "folder/": "",
};
const FRESH_HMAC = ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"];
const MEND = "choose another name, or move it away";
const MEND_OUTDIR = "choose another --outdir, or move it away";

function batch(name: string, options: readonly string[], says: string, files: Files = {}) {
  const args = [...GENERATE.slice(0, -2), ...options];
  return { name, args, files: { ...FILES, ...files }, says: [says], problems: 1 };
}

const BATCHES: readonly BadInput[] = [
  batch(
    "--outdir is a file",
    ["--outdir", "file"],
    `file: is a file, but "file/bin" is to be in it; ${MEND_OUTDIR}`,
  ),
  batch(
    "--outdir goes through a file",
    ["--outdir", "file/sub/lot"],
    `file: is a file, but "file/sub/lot/bin" is to be in it; ${MEND_OUTDIR}`,
  ),
  batch(
    "bin is a file",
    ["--outdir", "out"],
    `out/bin: is a file, but a folder is needed there; ${MEND_OUTDIR}`,
    { "out/bin": "x" },
  ),
  batch(
    "csv is a file",
    ["--outdir", "out"],
    `out/csv: is a file, but a folder is needed there; ${MEND_OUTDIR}`,
    { "out/csv": "x" },
  ),
  batch(
    "keys is a file",
    ["--outdir", "out", "--keygen"],
    `out/keys: is a file, but a folder is needed there; ${MEND_OUTDIR}`,
    { "out/keys": "x" },
  ),
  batch(
    "bin is a file in the current folder",
    [],
    `bin: is a file, but a folder is needed there; ${MEND_OUTDIR}`,
    { bin: "x" },
  ),
  batch(
    "an HMAC key below a file",
    ["--outdir", "out", ...FRESH_HMAC, "--kp_hmac_keyfile", "own/hmac.bin"],
    `out/keys/own: is a file, but a folder is needed there; ${MEND_OUTDIR}`,
    { "out/keys/own": "x" },
  ),
  batch(
    "--dry-run",
    ["--outdir", "file", "--dry-run"],
    `file: is a file, but "file/bin" is to be in it; ${MEND_OUTDIR}`,
  ),
  batch(
    "--resume",
    ["--outdir", "file", "--resume"],
    `file: is a file, but "file/bin" is to be in it; ${MEND_OUTDIR}`,
  ),
  {
    ...batch(
      "together with what is wrong with the values",
      ["--outdir", "file"],
      "file: is a file",
    ),
    values: "k\n256\n",
    problems: 2,
  },
];

testBadInputs("output folders of a batch are refused", BATCHES);

function single(name: string, args: readonly string[], says: string, files: Files = {}): BadInput {
  return { name, args, files: { ...FILES, ...files }, says: [says], problems: 1 };
}

const EDIT = ["--key", "keys.bin", "--set", "n:k:u8=2"];

testBadInputs("places of single files are refused", [
  single(
    "generate-key: --outdir is a file",
    ["generate-key", "--outdir", "file"],
    `file: is a file, but "file/keys" is to be in it; ${MEND}`,
  ),
  single(
    "generate-key: keys is a file",
    ["generate-key", "--outdir", "out"],
    `out/keys: is a file, but a folder is needed there; ${MEND}`,
    { "out/keys": "x" },
  ),
  single(
    "generate-key: a folder has the name",
    ["generate-key", "--keyfile", "one", "--outdir", "out"],
    "out/keys/one.bin: is a folder; name a file in it, or another one",
    { "out/keys/one.bin/": "" },
  ),
  single(
    "init: a file",
    ["init", "file"],
    `file: is a file, but a folder is needed there; ${MEND}`,
  ),
  single(
    "init: below a file",
    ["init", "file/lot"],
    `file: is a file, but "file/lot" is to be in it; ${MEND}`,
  ),
  single(
    "image: a folder",
    ["image", "nvs.csv", "folder", "0x3000"],
    "folder: is a folder; name a file in it, or another one",
  ),
  single(
    "image: below a file",
    ["image", "nvs.csv", "file/nvs.bin", "0x3000"],
    `file: is a file, but a folder is needed there; ${MEND}`,
  ),
  single(
    "image: --outdir is a file",
    ["image", "nvs.csv", "nvs.bin", "0x3000", "--outdir", "file"],
    `file: is a file, but a folder is needed there; ${MEND}`,
  ),
  single(
    "image: keys is a file",
    ["image", "nvs.csv", "nvs.bin", "0x3000", "--keygen", "--outdir", "out"],
    `out/keys: is a file, but a folder is needed there; ${MEND}`,
    { "out/keys": "x" },
  ),
  single(
    "edit: a folder",
    ["edit", "in.bin", "folder", ...EDIT],
    "folder: is a folder; name a file in it, or another one",
  ),
  single(
    "edit: below a file",
    ["edit", "in.bin", "file/x/new.bin", ...EDIT],
    `file: is a file, but "file/x" is to be in it; ${MEND}`,
  ),
  single(
    "decrypt: a folder",
    ["decrypt", "in.bin", "keys.bin", "folder"],
    "folder: is a folder; name a file in it, or another one",
  ),
  single(
    "decrypt: below a file",
    ["decrypt", "in.bin", "keys.bin", "file/plain.bin"],
    `file: is a file, but a folder is needed there; ${MEND}`,
  ),
  single(
    "decrypt: a file that exists",
    ["decrypt", "in.bin", "keys.bin", "file"],
    `file: exists already; ${MEND}`,
  ),
  single(
    "inspect --html: a folder",
    ["inspect", "in.bin", "--key", "keys.bin", "--html", "folder"],
    "folder: is a folder; name a file in it, or another one",
  ),
  single(
    "inspect --html: below a file",
    ["inspect", "in.bin", "--key", "keys.bin", "--html", "file/page.html"],
    `file: is a file, but a folder is needed there; ${MEND}`,
  ),
]);

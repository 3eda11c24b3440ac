/** Every code of a problem comes from a real run: one that no run gives would explain nothing. */

import { assert, assertEquals } from "@std/assert";
import { WARNING_CODES } from "../../src/problems/codes/warnings.ts";
import { EXPLANATIONS } from "../../src/problems/explanations.ts";
import {
  type Files,
  inTempFolder,
  isWindows,
  pool,
  POOL_WIDTH,
  runProgram,
  writeFiles,
} from "../helpers.ts";
import { CONF, confOf, GENERATE, VALUES } from "./bad_inputs.ts";

/** A run that gives a code; its files are added to a good batch of one device. */
interface Row {
  files?: Files;
  /** Behind the arguments of a good `generate`. */
  options?: string[];
  /** All arguments, instead. */
  args?: string[];
  /** Runs that come before, which succeed. */
  before?: string[][];
  /** Files that are written between them and the run; an empty text removes. */
  then?: Files;
}

function conf(text: string): Row {
  return { files: { "conf.csv": text } };
}

function values(text: string, encoding = "u8", type = "data"): Row {
  return { files: { "conf.csv": confOf(encoding, type), "values.csv": text } };
}

/** A run with a partition table and a size by name. */
function table(text: string, size: string, ...options: string[]): Row {
  const args = GENERATE.with(4, size);
  return { files: { "p.csv": text }, args: [...args, "--partition-table", "p.csv", ...options] };
}

const KEYGEN = [...GENERATE, "--keygen"];
const PLAIN_IMAGE = "out/bin/Dev-1.bin";
const NVS_CSV = "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n";

const TABLE = "nvs,data,nvs,0x9000,0x3000\n";
const PLAN = ["flash-plan", "out/manifest-Dev.csv", "--partition-table", "table.csv"];

/** A run of `flash-plan` behind `generate` with some options. */
function plan(args: string[], options: string[] = [], then: Files = {}, table = TABLE): Row {
  return {
    files: { "table.csv": table },
    before: [[...GENERATE, ...options]],
    then,
    args: [...PLAN, "--chip", "esp32", "--outdir", "plan", ...args],
  };
}

const ROWS: Readonly<Record<string, Row>> = {
  "swapped-files": { args: ["generate", "values.csv", "conf.csv", ...GENERATE.slice(3)] },
  "wrong-csv": { args: ["image", "conf.csv", "out.bin", "0x3000"] },
  "output-folder": { files: { "out": "a file" } },
  "configuration-header": conf("key,type,encoding\nn,namespace,\nk,data,u8\n"),
  "configuration-row": conf("k,data,u8\n"),
  "name-not-allowed": conf("n,namespace,\nsixteen-bytes-xx,data,u8\n"),
  "type-unknown": conf("n,namespace,\nk,dat,u8\n"),
  "encoding-unknown": conf("n,namespace,\nk,data,u9\n"),
  "encoding-not-for-file": conf("n,namespace,\nk,file,u8\n"),
  "repeat-unknown": conf("n,namespace,\nk,data,u8,repeat\n"),
  "repeated-key": conf("n,namespace,\nk,data,u8\nk,data,u8\n"),
  "too-many-namespaces": conf(
    Array.from({ length: 255 }, (_, index) => `n${index},namespace,\n`).join("") + "k,data,u8\n",
  ),
  "wifi-companion": conf("n,namespace,\nsta.ssid,data,string\nsta.pmk,data,binary\n"),
  "nvs-csv-header": {
    files: { "in.csv": "key,type,value\n" },
    args: ["image", "in.csv", "out.bin", "0x3000"],
  },
  "nvs-csv-row": {
    files: { "in.csv": `${NVS_CSV}j,data,u8\n` },
    args: ["image", "in.csv", "out.bin", "0x3000"],
  },
  "not-text": { files: { "values.csv": Uint8Array.of(0x6B, 0x0A, 0xFF, 0x0A) } },
  "workbook": { files: { "values.csv": Uint8Array.of(0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1) } },
  "csv-quotes": values('k\n"1\n'),
  "empty-file": values(""),
  "no-device": values("k\n"),
  "missing-column": values("j\n1\n"),
  "column-order": {
    files: { "conf.csv": "n,namespace,\nk,data,u8\nj,data,u8\n", "values.csv": "j,k\n1,1\n" },
  },
  "surplus-column": values("k,k\n1,1\n"),
  "unknown-column": { options: ["--fileid", "nope"] },
  "cell-count": values("k,x\n1\n"),
  "repeat-conflict": {
    files: {
      "conf.csv": "n,namespace,\nk,data,u8,REPEAT\nj,data,u8\n",
      "values.csv": "k,j\n1,1\n2,2\n",
    },
  },
  "value-missing": values("k,x\n,1\n"),
  "not-a-number": values("k\none\n"),
  "value-out-of-range": values("k\n300\n"),
  "not-hex": values("k\nxyz\n", "hex2bin"),
  "not-base64": values("k\n====\n", "base64"),
  "nul-in-string": values("k\na\0b\n", "string"),
  "value-too-large": values("k\n12345\n", "blob_fill(4;0xFF)"),
  "partition-full": values(`k\n${"00".repeat(9000)}\n`, "hex2bin"),
  "file-id-not-allowed": { ...values("k,id\n1,a/b\n"), options: ["--fileid", "id"] },
  "file-id-repeated": { ...values("k,id\n1,a\n2,A\n"), options: ["--fileid", "id"] },
  "value-repeated": { ...values("k\n1\n1\n"), options: ["--unique", "k"] },
  "unique-and-repeat": { ...conf("n,namespace,\nk,data,u8,REPEAT\n"), options: ["--unique", "k"] },
  "unknown-device": { options: ["--only", "7"] },
  "ambiguous-device": {
    ...values("k,id\n1,#2\n2,b\n"),
    options: ["--fileid", "id", "--only", "#2"],
  },
  "file-missing": values("k\nnot-there.txt\n", "string", "file"),
  "not-a-file": { files: { "folder/": "" }, args: ["generate", "folder", ...GENERATE.slice(2)] },
  "not-a-folder": {
    files: { "a.bin": new Uint8Array(4096) },
    args: ["inspect", "a.bin", "--keys", "a.bin"],
  },
  "file-too-large": {
    files: { "keys.bin": new Uint8Array(2 * 1024 * 1024) },
    options: ["--inputkey", "keys.bin"],
  },
  "file-unreadable": values(`k\n${"x".repeat(5000)}\n`, "string", "file"),
  "file-exists": { before: [GENERATE] },
  "created-csv-exists": {
    ...conf("n,namespace,\nk,data,u8,REPEAT\n"),
    then: { "values_created.csv": "other" },
  },
  "output-clash": {
    options: [
      "--keygen",
      "--key_protect_hmac",
      "--kp_hmac_keygen",
      "--kp_hmac_keyfile",
      "keys-Dev-1.bin",
    ],
  },
  "one-key-for-all": {
    ...values("k\n1\n2\n"),
    options: ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen", "--kp_hmac_keyfile", "one.bin"],
  },
  "not-a-manifest": { files: { "out/manifest-Dev.csv": "something else\n" } },
  "other-batch": {
    before: [GENERATE],
    then: { "values.csv": "k\n2\n" },
    options: ["--resume"],
  },
  "keys-lost": {
    before: [KEYGEN],
    then: { "out/keys/keys-Dev-1.bin": "" },
    options: ["--keygen", "--resume"],
  },
  "unrecorded-file": {
    before: [GENERATE],
    then: { "out/manifest-Dev.csv": "", "out/bin/Dev-1.bin": "not an image" },
    options: ["--resume"],
  },
  "key-file": { files: { "keys.bin": "short" }, options: ["--inputkey", "keys.bin"] },
  "wrong-key": {
    before: [KEYGEN, ["generate-key", "--keyfile", "other.bin", "--outdir", "out"]],
    args: ["decrypt", PLAIN_IMAGE, "out/keys/other.bin", "plain.bin"],
  },
  "not-an-image": {
    files: { "a.bin": new Uint8Array(5000), "keys.bin": new Uint8Array(4096) },
    args: ["decrypt", "a.bin", "keys.bin", "plain.bin"],
  },
  "not-encrypted": {
    before: [GENERATE, ["generate-key", "--keyfile", "other.bin", "--outdir", "out"]],
    args: ["decrypt", PLAIN_IMAGE, "out/keys/other.bin", "plain.bin"],
  },
  "option-not-for-image": {
    before: [GENERATE],
    args: ["inspect", PLAIN_IMAGE, "--partition", "nvs"],
  },
  "partition-table": table("nvs, data, nvs, 0x9001, 24K\n", "nvs"),
  "partition-choice": table("nvs, data, nvs, , 24K\n", "fctry"),
  "partition-flag": table("nvs, data, nvs, , 24K, encrypted\n", "nvs"),
  "key-partition": table("nvs, data, nvs, , 24K\n", "nvs", "--keygen"),
  "key-not-found": {
    before: [GENERATE],
    args: ["edit", PLAIN_IMAGE, "new.bin", "--unset", "n:nope"],
  },
  "birth-not-found": {
    before: [GENERATE, ["image", "in.csv", "other.bin", "0x3000"]],
    files: { "in.csv": NVS_CSV.replaceAll("n,", "m,") },
    args: ["diff", "--birth", "out/manifest-Dev.csv", "other.bin"],
  },
  "chip-without-hmac": plan(["--hmac-block", "0"]),
  "efuse-block": {
    ...plan([]),
    args: [...PLAN, "--chip", "esp32c3", "--outdir", "plan", "--hmac-block", "9"],
  },
  "key-not-planned": plan([], ["--keygen"]),
  "partition-size": plan([], [], {}, TABLE.replace("0x3000", "0x4000")),
  "flash-overlap": plan(["--with", "flash_args"], [], {
    "flash_args": "0x9000 table.csv\n",
  }),
  "flash-encryption": plan(["--flash-encryption", "release"]),
  "flash-args": plan(["--with", "flash_args"], [], { "flash_args": "--erase-all\n" }),
  "device-not-done": plan([], [], { [PLAIN_IMAGE]: "" }),
  "changed-file": plan([], [], { [PLAIN_IMAGE]: "other" }),
};

async function codesOf(row: Row): Promise<string[]> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "conf.csv": CONF, "values.csv": VALUES, ...row.files });
    for (const args of row.before ?? []) {
      const run = await runProgram(args, { cwd });
      assertEquals(run.code, 0, run.stderr);
    }
    for (const [path, content] of Object.entries(row.then ?? {})) {
      if (content === "") Deno.removeSync(`${cwd}/${path}`);
      else writeFiles(cwd, { [path]: content });
    }
    const args = row.args ?? [...GENERATE, ...row.options ?? []];
    const { code, stdout, stderr } = await runProgram([...args, "--json"], { cwd });
    assertEquals(code, 3, stderr);
    const { problem_kinds, problems } = JSON.parse(stdout);
    for (const problem of problems) assert(stderr.includes(problem.message), problem.message);
    return problem_kinds.map(({ code }: { code: string }) => code);
  });
}

Deno.test("a run gives each code", async (t) => {
  const results = await pool(Object.values(ROWS), POOL_WIDTH, async (row) => {
    try {
      return await codesOf(row);
    } catch (error) {
      return error;
    }
  });
  for (const [index, code] of Object.keys(ROWS).entries()) {
    await t.step({
      name: code,
      // Windows says of a path that it does not take that nothing is there.
      ignore: isWindows && code === "file-unreadable",
      fn: () => {
        const result = results[index];
        if (!Array.isArray(result)) throw result;
        assert(result.includes(code), String(result));
      },
    });
  }
});

Deno.test("no code is left out", () => {
  // These have tests of their own: damage that only a longer story brings.
  const elsewhere = [
    "image-lost",
    "item-not-kept",
    "dump-cut-short",
  ];
  const REFUSALS = ["encrypted-without-key", "no-key-fits", "ambiguous-keys"]; // exit status 5
  const given = [
    ...Object.keys(ROWS),
    ...elsewhere,
    ...Object.keys(WARNING_CODES),
    ...REFUSALS,
    "usage",
    "io",
  ];
  assertEquals(Object.keys(EXPLANATIONS).filter((code) => !given.includes(code)), []);
});

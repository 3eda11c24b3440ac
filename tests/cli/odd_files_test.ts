/** Pipes, devices, folders and huge files as inputs: refused in a moment; links to files are files. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { encryptImage } from "../../src/crypto/image_cipher.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { flashDump, partition, tableBytes } from "../flash/dumps.ts";
import {
  CAN_LINK,
  type Files,
  inTempFolder,
  IO,
  pool,
  POOL_WIDTH,
  writeFiles,
} from "../helpers.ts";
import { assertRefused, CONF, GENERATE, REJECTED, VALUES } from "./bad_inputs.ts";
import { HMAC_KEY, KEY_PARTITION, KEYS } from "./key_files.ts";
import { assertEnded, boundedRun, hasOddFiles, looksOf, makeHuge, makePipe } from "./odd_files.ts";

const PLAIN = encodePartition([
  { namespace: "n", key: "s", type: "string", value: "text" },
], { sizeBytes: 0x3000 });
const FILES: Files = {
  "conf.csv": CONF,
  "values.csv": VALUES,
  "cell-conf.csv": "n,namespace,\nk,file,binary\n",
  "cell-values.csv": "k\nodd\n",
  "nvs.csv": "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n",
  "plain.bin": PLAIN,
  "encrypted.bin": encryptImage(PLAIN, KEYS),
  "hmac-encrypted.bin": encryptImage(PLAIN, await deriveXtsKeys(HMAC_KEY)),
  "keys.bin": KEY_PARTITION,
  "hmac.bin": HMAC_KEY,
  "table.csv": "nvs,data,nvs,,0x3000\n",
  "dump.bin": flashDump({
    table: tableBytes([partition("nvs", 0x9000, 0x3000)]),
    contents: [[0x9000, PLAIN]],
  }),
};

/** A place in the command line, or in a cell, where the user names a file: here it is `odd`. */
interface Role {
  name: string;
  args: readonly string[];
  /** The file that would be right. */
  right: string;
  /** Whether a file of any size is right. */
  isEndless?: boolean;
}

function generate(conf: string, values: string, ...options: string[]): string[] {
  return ["generate", conf, values, ...GENERATE.slice(3), ...options];
}

const DERIVED = ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "odd"];
const ROLES: Role[] = [
  { name: "the configuration", args: generate("odd", "values.csv"), right: "conf.csv" },
  {
    name: "the values file",
    args: generate("conf.csv", "odd"),
    right: "values.csv",
    isEndless: true,
  },
  {
    name: "a cell's file",
    args: generate("cell-conf.csv", "cell-values.csv"),
    right: "conf.csv",
  },
  {
    name: "--inputkey",
    args: generate("conf.csv", "values.csv", "--inputkey", "odd"),
    right: "keys.bin",
  },
  {
    name: "--kp_hmac_inputkey",
    args: generate("conf.csv", "values.csv", ...DERIVED),
    right: "hmac.bin",
  },
  {
    name: "generate-key --kp_hmac_inputkey",
    args: ["generate-key", "--outdir", "out", ...DERIVED.slice(1)],
    right: "hmac.bin",
  },
  { name: "inspect's image", args: ["inspect", "odd"], right: "plain.bin" },
  {
    name: "inspect --key",
    args: ["inspect", "encrypted.bin", "--key", "odd"],
    right: "keys.bin",
  },
  {
    name: "inspect --hmac-key",
    args: ["inspect", "hmac-encrypted.bin", "--hmac-key", "odd"],
    right: "hmac.bin",
  },
  {
    name: "decrypt's image",
    args: ["decrypt", "odd", "keys.bin", "out.bin"],
    right: "encrypted.bin",
  },
  {
    name: "decrypt's keys",
    args: ["decrypt", "encrypted.bin", "odd", "out.bin"],
    right: "keys.bin",
  },
  {
    name: "decrypt --hmac-key",
    args: ["decrypt", "hmac-encrypted.bin", "out.bin", "--hmac-key", "odd"],
    right: "hmac.bin",
  },
  { name: "diff's first image", args: ["diff", "odd", "plain.bin"], right: "plain.bin" },
  { name: "diff's second image", args: ["diff", "plain.bin", "odd"], right: "plain.bin" },
  {
    name: "inspect --partition-table",
    args: ["inspect", "dump.bin", "--partition-table", "odd"],
    right: "table.csv",
  },
  { name: "a flash dump", args: ["inspect", "odd"], right: "dump.bin" },
  { name: "image's NVS CSV", args: ["image", "odd", "out.bin", "0x3000"], right: "nvs.csv" },
  {
    name: "image --inputkey",
    args: ["image", "nvs.csv", "out.bin", "0x3000", "--inputkey", "odd"],
    right: "keys.bin",
  },
];

/** What `odd` is. */
interface Oddity {
  name: string;
  make: (path: string, goodFile: string) => void | Promise<void>;
  /** What standard error says about it. */
  says: RegExp;
  /** Expected exit statuses; the default is 3. */
  exits?: readonly number[];
  isHuge?: boolean;
}

const NO_FILE = /not a (regular )?file/;
const LIMIT = /limit|at most|has \d+ bytes/;
const ODDITIES: Oddity[] = [
  { name: "a pipe", make: makePipe, says: NO_FILE },
  {
    name: "a link to a pipe",
    make: async (path) => {
      await makePipe(`${path}-pipe`);
      Deno.symlinkSync("odd-pipe", path);
    },
    says: NO_FILE,
  },
  {
    name: "a link to /dev/zero",
    make: (path) => Deno.symlinkSync("/dev/zero", path),
    says: NO_FILE,
  },
  { name: "a folder", make: (path) => Deno.mkdirSync(path), says: /is a folder|not a/ },
  {
    name: "a link to itself",
    make: (path) => Deno.symlinkSync("odd", path),
    says: /does not exist|[Tt]oo many|link|not a/,
    exits: [REJECTED, IO],
  },
  { name: "a file of 3 GiB", make: makeHuge, says: LIMIT, isHuge: true },
];

for (const { name: oddity, make, says, exits = [REJECTED], isHuge = false } of ODDITIES) {
  Deno.test({
    name: `${oddity} as an input: refused in a moment, nothing written`,
    ignore: !hasOddFiles,
    fn: async (t) => {
      const roles = ROLES.filter(({ isEndless = false }) => !(isHuge && isEndless));
      const results = await pool(
        roles,
        POOL_WIDTH,
        ({ args, right }) =>
          inTempFolder(async (cwd) => {
            writeFiles(cwd, FILES);
            await make(join(cwd, "odd"), join(cwd, right));
            const before = looksOf(cwd);
            const outcome = await boundedRun(args, cwd);
            return { outcome, before, after: looksOf(cwd) };
          }),
      );
      for (const [index, { name }] of roles.entries()) {
        await t.step(name, () => {
          const { outcome, before, after } = results[index]!;
          assertEnded(outcome);
          assertRefused(outcome);
          assert(exits.includes(outcome.code), `exit ${outcome.code}: ${outcome.stderr}`);
          assertStringIncludes(outcome.stderr, "odd");
          assertMatch(outcome.stderr, says);
          assertEquals(after, before);
        });
      }
    },
  });
}

Deno.test({
  name: "a device named as it is, as an input: exit 3 in a moment, nothing written",
  ignore: !hasOddFiles,
  fn: async (t) => {
    for (const device of ["/dev/zero", "/dev/null"]) {
      const results = await pool(ROLES, POOL_WIDTH, ({ args }) =>
        inTempFolder(async (cwd) => {
          writeFiles(cwd, { ...FILES, "cell-values.csv": `k\n${device}\n` });
          const before = looksOf(cwd);
          const outcome = await boundedRun(args.map((word) => word === "odd" ? device : word), cwd);
          return { outcome, before, after: looksOf(cwd) };
        }));
      for (const [index, { name }] of ROLES.entries()) {
        await t.step(`${device} as ${name}`, () => {
          const { outcome, before, after } = results[index]!;
          assertEnded(outcome);
          assertRefused(outcome);
          assertEquals(outcome.code, REJECTED, outcome.stderr);
          assertMatch(outcome.stderr, NO_FILE);
          assertEquals(after, before);
        });
      }
    }
  },
});

Deno.test({
  name: "a symbolic link to a regular file is that file",
  ignore: !CAN_LINK,
  fn: async (t) => {
    const results = await pool(ROLES, POOL_WIDTH, ({ args, right }) =>
      inTempFolder(async (cwd) => {
        writeFiles(cwd, { ...FILES, "elsewhere/": "" });
        Deno.renameSync(join(cwd, right), join(cwd, "elsewhere/file"));
        Deno.symlinkSync("elsewhere/file", join(cwd, "odd"));
        // Other arguments may name the same file.
        Deno.symlinkSync("odd", join(cwd, right));
        return await boundedRun(args, cwd);
      }));
    for (const [index, { name }] of ROLES.entries()) {
      await t.step(name, () => {
        const outcome = results[index];
        assertEnded(outcome);
        assertEquals(outcome.code, 0, outcome.stderr);
      });
    }
  },
});

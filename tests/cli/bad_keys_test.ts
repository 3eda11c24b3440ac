/** Bad input: key options that contradict each other, and files that hold no keys. */

import { encodeKeyPartition } from "../../src/crypto/key_partition.ts";
import { type BadInput, GENERATE, testBadInputs, USAGE } from "./bad_inputs.ts";
import { flipped, HMAC_KEY, KEY_PARTITION, KEYS, ramp } from "./key_files.ts";

const HMAC = ["--keygen", "--key_protect_hmac"];

function badInputKey(name: string, bytes: Uint8Array, says: string): BadInput {
  return {
    name: `--inputkey ${name}`,
    files: { "keys.bin": bytes },
    options: ["--inputkey", "keys.bin"],
    says: [`keys.bin: ${says}`],
    problems: 1,
  };
}

function badHmacKey(name: string, bytes: Uint8Array): BadInput {
  return {
    name: `--kp_hmac_inputkey of ${name}`,
    files: { "hmac.bin": bytes },
    options: [...HMAC, "--kp_hmac_inputkey", "hmac.bin"],
    says: [`hmac.bin: has ${bytes.length} bytes; an HMAC key has 32`],
    problems: 1,
  };
}

const equalHalves = encodeKeyPartition({
  encryptionKey: KEYS.encryptionKey,
  tweakKey: KEYS.encryptionKey,
});

testBadInputs("key files are refused", [
  badInputKey("is empty", new Uint8Array(), "has 0 bytes; a key partition has 4096"),
  badInputKey("has the keys alone", KEY_PARTITION.subarray(0, 64), "has 64 bytes"),
  badInputKey("is a byte short", KEY_PARTITION.subarray(0, 4095), "has 4095 bytes"),
  badInputKey("is a byte long", new Uint8Array([...KEY_PARTITION, 0xFF]), "has 4097 bytes"),
  badInputKey("is far too large", new Uint8Array(1024 * 1024 + 1), "has 1048577 bytes"),
  badInputKey("is all 0xFF", new Uint8Array(4096).fill(0xFF), "is empty (all 0xFF)"),
  badInputKey("is all 0x00", new Uint8Array(4096), "has a wrong CRC"),
  badInputKey("has a wrong CRC", flipped(KEY_PARTITION, 64), "has a wrong CRC"),
  badInputKey("has a wrong byte in the first key", flipped(KEY_PARTITION, 0), "has a wrong CRC"),
  badInputKey("has a wrong byte in the second key", flipped(KEY_PARTITION, 63), "has a wrong CRC"),
  badInputKey("has equal halves", equalHalves, "has two equal halves"),
  {
    name: "--inputkey is missing",
    options: ["--inputkey", "keys.bin"],
    says: ["keys.bin: does not exist; check the path"],
    problems: 1,
  },
  {
    name: "--inputkey is a folder",
    files: { "keys/": "" },
    options: ["--inputkey", "keys"],
    says: ["keys: is a folder; name a key file"],
    problems: 1,
  },
  badHmacKey("no bytes", new Uint8Array()),
  badHmacKey("31 bytes", HMAC_KEY.subarray(0, 31)),
  badHmacKey("33 bytes", ramp(33, 1)),
  badHmacKey("64 bytes", ramp(64, 1)),
  {
    name: "--kp_hmac_inputkey is hex text",
    files: { "hmac.bin": HMAC_KEY.toHex() + "\n" },
    options: [...HMAC, "--kp_hmac_inputkey", "hmac.bin"],
    says: ["hmac.bin: has 65 bytes; an HMAC key has 32"],
  },
  {
    name: "--kp_hmac_inputkey is missing",
    options: [...HMAC, "--kp_hmac_inputkey", "hmac.bin"],
    says: ["hmac.bin: does not exist; check the path"],
  },
  {
    name: "a bad key file and bad values, in one run",
    values: "k\n256\n",
    files: { "keys.bin": flipped(KEY_PARTITION, 64) },
    options: ["--inputkey", "keys.bin"],
    says: ["keys.bin: has a wrong CRC", 'values.csv:2:1: key "k": 256'],
    problems: 2,
  },
  {
    name: "--kp_hmac_keyfile with several devices",
    values: "k\n1\n2\n3\n",
    options: [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", "one.bin"],
    says: ["values.csv: has 3 devices, but --kp_hmac_keyfile names one file"],
    problems: 1,
  },
  {
    name: "--kp_hmac_keyfile that exists already",
    files: { "out/keys/one.bin": HMAC_KEY },
    options: [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", "one"],
    says: ["out/keys/one.bin: exists already"],
    problems: 1,
  },
  {
    name: "generate-key with a file that exists already",
    files: { "out/keys/one.bin": KEY_PARTITION },
    args: ["generate-key", "--keyfile", "one.bin", "--outdir", "out"],
    says: ["out/keys/one.bin: exists already"],
    problems: 1,
  },
  {
    name: "generate-key with an HMAC file that exists already",
    files: { "out/keys/hmac-one.bin": HMAC_KEY },
    args: [
      ...["generate-key", "--keyfile", "one.bin", "--outdir", "out"],
      ...["--key_protect_hmac", "--kp_hmac_keygen"],
    ],
    says: ["out/keys/hmac-one.bin: exists already"],
    problems: 1,
  },
  {
    name: "generate-key with an HMAC key of 16 bytes",
    files: { "hmac.bin": HMAC_KEY.subarray(0, 16) },
    args: [
      "generate-key",
      "--key_protect_hmac",
      "--kp_hmac_inputkey",
      "hmac.bin",
      "--outdir",
      "out",
    ],
    says: ["hmac.bin: has 16 bytes; an HMAC key has 32"],
    problems: 1,
  },
]);

function badCombination(options: readonly string[], ...says: string[]): BadInput {
  return { name: `generate ${options.join(" ")}`, options, exit: USAGE, says };
}

function badKeyCombination(options: readonly string[], ...says: string[]): BadInput {
  const args = ["generate-key", "--outdir", "out", ...options];
  return { name: `generate-key ${options.join(" ")}`, args, exit: USAGE, says };
}

testBadInputs("combinations of key options are refused", [
  badCombination(
    ["--keygen", "--inputkey", "keys.bin"],
    "--keygen and --inputkey exclude each other",
  ),
  badCombination(["--key_protect_hmac"], "--key_protect_hmac needs --keygen"),
  badCombination(["--key_protect_hmac", "--kp_hmac_keygen"], "--key_protect_hmac needs --keygen"),
  badCombination([...HMAC], "needs either --kp_hmac_keygen or --kp_hmac_inputkey FILE"),
  badCombination(
    [...HMAC, "--kp_hmac_keygen", "--kp_hmac_inputkey", "hmac.bin"],
    "needs either --kp_hmac_keygen or --kp_hmac_inputkey FILE",
  ),
  badCombination(
    [...HMAC, "--kp_hmac_inputkey", "hmac.bin", "--kp_hmac_keyfile", "x.bin"],
    "--kp_hmac_keyfile names a fresh key",
  ),
  badCombination(["--keygen", "--kp_hmac_keygen"], "--kp_hmac_keygen needs --key_protect_hmac"),
  badCombination(["--kp_hmac_keyfile", "x"], "--kp_hmac_keyfile needs --key_protect_hmac"),
  badCombination(["--kp_hmac_inputkey", "hmac.bin"], "--kp_hmac_inputkey needs --key_protect_hmac"),
  badCombination(
    [...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", "key.txt"],
    '--kp_hmac_keyfile "key.txt" has to end with .bin',
  ),
  {
    name: "the HMAC key and the keys would have one name",
    args: [...GENERATE, ...HMAC, "--kp_hmac_keygen", "--kp_hmac_keyfile", "keys-Dev-1.bin"],
    says: ["keys-Dev-1.bin"],
  },
  badKeyCombination(["--keyfile", "key.hex"], '--keyfile "key.hex" has to end with .bin'),
  badKeyCombination(["--keyfile", "folder/"], '--keyfile "folder/" names a folder'),
  badKeyCombination(["--key_protect_hmac"], "needs either --kp_hmac_keygen or --kp_hmac_inputkey"),
  badKeyCombination(["--kp_hmac_keygen"], "--kp_hmac_keygen needs --key_protect_hmac"),
  badKeyCombination(
    ["--key_protect_hmac", "--kp_hmac_keygen", "--keyfile", "k", "--kp_hmac_keyfile", "k.bin"],
    "--keyfile and --kp_hmac_keyfile name the same file",
  ),
  badKeyCombination(
    ["--key_protect_hmac", "--kp_hmac_keygen", "--keyfile", "k", "--kp_hmac_keyfile", "./k"],
    "--keyfile and --kp_hmac_keyfile name the same file",
  ),
  badKeyCombination(["--inputkey", "keys.bin"], "option --inputkey is unknown"),
  badKeyCombination(["--keygen"], "option --keygen is unknown"),
]);

/** `diff --birth`: the image that a device was born with, and what became of it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { decodePartition, encodePartition, encryptImage, type KeyItem } from "../../mod.ts";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import type { XtsKeys } from "../../src/crypto/xts.ts";
import { applyEdits } from "../../src/nvs/edit.ts";
import { unlockImage } from "../../src/crypto/image_proof.ts";
import {
  DIFFERENCE,
  inTempFolder,
  type Outcome,
  REJECTED,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { assertRefused } from "./bad_inputs.ts";
import { HMAC_KEY, KEY_PARTITION } from "./key_files.ts";

const DEVICES = 12;
const INPUTS = {
  "conf.csv": "device,namespace,\nserial,data,string\nlevel,data,u8\nserver,data,string,REPEAT\n",
  "values.csv": `serial,level,server\n${
    Array.from({ length: DEVICES }, (_, index) =>
      `SN-${index + 1},${index === DEVICES - 1 ? 77 : index % 3},${
        index === 0 ? "mqtts://x" : ""
      }\n`).join("")
  }`,
  "keys.bin": KEY_PARTITION,
  "hmac.bin": HMAC_KEY,
};
const BATCH = ["conf.csv", "values.csv", "Dev", "0x3000", "--fileid", "serial"]
  .concat(["--outdir", "out", "--no-csv"]);
const MANIFEST = "out/manifest-Dev.csv";

const SCHEMES: Record<string, { options: string[]; key: string[]; by: string }> = {
  plain: { options: [], key: [], by: "values" },
  own: { options: ["--keygen"], key: [], by: "key" },
  "hmac-own": {
    options: ["--keygen", "--key_protect_hmac", "--kp_hmac_keygen"],
    key: [],
    by: "key",
  },
  "hmac-given": {
    options: ["--keygen", "--key_protect_hmac", "--kp_hmac_inputkey", "hmac.bin"],
    key: [],
    by: "values",
  },
  given: { options: ["--inputkey", "keys.bin"], key: ["--key", "keys.bin"], by: "values" },
};

/** The keys of a device, by the batch's scheme. */
async function keysOf(scheme: string, cwd: string, serial: string): Promise<XtsKeys | undefined> {
  const read = (path: string) => Deno.readFileSync(join(cwd, path));
  switch (scheme) {
    case "plain":
      return undefined;
    case "given":
      return decodeKeyPartition(KEY_PARTITION);
    case "hmac-given":
      return await deriveXtsKeys(HMAC_KEY);
    default:
      return decodeKeyPartition(read(`out/keys/keys-Dev-${serial}.bin`));
  }
}

/** What a firmware makes of a device's image: a key more, one changed, one gone. */
async function returnedImage(scheme: string, cwd: string, serial: string): Promise<Uint8Array> {
  const keys = await keysOf(scheme, cwd, serial);
  const stored = Deno.readFileSync(join(cwd, `out/bin/Dev-${serial}.bin`));
  const unlocked = keys === undefined ? undefined : unlockImage(stored, keys);
  const plain = unlocked?.kind === "encrypted" ? unlocked.plain : stored;
  const { items } = applyEdits(decodePartition(plain, stored), {
    set: [
      { namespace: "app", key: "boots", type: "u32", value: 17 },
      { namespace: "device", key: "level", type: "u8", value: 99 },
    ],
    unset: [{ namespace: "device", key: "server" }],
  });
  const image = encodePartition(items, { sizeBytes: 0x3000 });
  return keys === undefined ? image : encryptImage(image, keys);
}

async function withBatch(
  scheme: string,
  use: (cwd: string, run: (...args: string[]) => Promise<Outcome>) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, INPUTS);
    const { options } = SCHEMES[scheme]!;
    const made = await runProgram(["generate", ...BATCH, ...options], { cwd });
    assertEquals([made.code, made.stderr], [0, ""]);
    await use(cwd, async (...args) => {
      const before = treeOf(cwd);
      const outcome = await runProgram(["diff", ...args], { cwd });
      assertRefused(outcome);
      assertEquals(treeOf(cwd), before);
      return outcome;
    });
  });
}

for (const [scheme, { key, by }] of Object.entries(SCHEMES)) {
  Deno.test(`--birth, ${scheme}: found by ${by}; added, changed, removed and damage apart`, () =>
    withBatch(scheme, async (cwd, run) => {
      writeFiles(cwd, { "returned.bin": await returnedImage(scheme, cwd, "SN-7") });
      const { code, stdout, stderr } = await run("returned.bin", "--birth", MANIFEST, ...key);
      assertEquals([code, stderr], [DIFFERENCE, ""]);
      const told = by === "key" ? "by its key" : "by values that no other image has";
      assertEquals(stdout.replaceAll("\\", "/").split("\n"), [
        `returned.bin: born as out/bin/Dev-SN-7.bin, device 7, file id "SN-7"; found ${told}, of ${DEVICES} images`,
        "",
        "added since (2):",
        "  + namespace app",
        "  + app/boots: u32 17",
        "",
        "changed since (1):",
        "  ~ device/level: u8 0 -> 99",
        "",
        "removed since (1):",
        '  - device/server: string "mqtts://x"',
        "",
        "damage:",
        "  no findings",
        "",
      ]);

      const json = await run("returned.bin", "--birth", MANIFEST, ...key, "--json");
      const report = JSON.parse(json.stdout);
      assertEquals([report.birth.row, report.birth.file_id, report.birth.by], [7, "SN-7", by]);
      const counts = [report.added, report.changed, report.removed, report.damage];
      assertEquals(counts.map(({ length }) => length), [2, 1, 1, 0]);

      // The image as it was born has nothing to tell.
      const born = await run("out/bin/Dev-SN-7.bin", "--birth", MANIFEST, ...key);
      assertEquals([born.code, born.stderr], [0, ""]);
    }));
}

Deno.test("--birth of a damaged image: the damage is apart from the changes", () =>
  withBatch("plain", async (cwd, run) => {
    const image = await returnedImage("plain", cwd, "SN-3");
    const { page, entry } = decodePartition(image).entries.find(({ key }) => key === "level")!;
    image[page * 4096 + 64 + entry * 32 + 24]! ^= 1;
    writeFiles(cwd, { "returned.bin": image });
    const { code, stdout } = await run("returned.bin", "--birth", MANIFEST);
    assertEquals(code, DIFFERENCE);
    assertMatch(stdout, /changed since \(0\):\n\nremoved since \(2\):\n[^]*- device\/level/);
    assertMatch(stdout, /damage:\n {2}1 finding:\n {4}entry-header-crc32 at page 0/);
  }));

Deno.test("--birth, --redact: no value of a string is printed", () =>
  withBatch("own", async (cwd, run) => {
    writeFiles(cwd, { "returned.bin": await returnedImage("own", cwd, "SN-2") });
    const { stdout } = await run("returned.bin", "--birth", MANIFEST, "--redact");
    assert(!stdout.includes("mqtts"), stdout);
    assertMatch(stdout, /- device\/server: string 9 bytes, sha256 [0-9a-f]{64}/);
  }));

Deno.test("--birth where two devices have one serial number: others are found", () =>
  withBatch("plain", async (cwd, run) => {
    const values = INPUTS["values.csv"].replace("SN-12,", "SN-11,");
    writeFiles(cwd, { "values.csv": values });
    const batch = ["conf.csv", "values.csv", "Twin", "0x3000", "--outdir", "out", "--no-csv"];
    assertEquals((await runProgram(["generate", ...batch], { cwd })).code, 0);
    const manifest = "out/manifest-Twin.csv";
    const other = await run("out/bin/Twin-3.bin", "--birth", manifest);
    assertEquals([other.code, other.stderr], [0, ""]);
    writeFiles(cwd, {
      "returned.bin": encodePartition([
        { namespace: "device", key: "serial", type: "string", value: "SN-11" },
      ], { sizeBytes: 0x3000 }),
    });
    const twin = await run("returned.bin", "--birth", manifest);
    assertEquals([twin.code, twin.stdout], [REJECTED, ""]);
  }));

Deno.test("--birth after --rekey: the last row holds", () =>
  withBatch("own", async (cwd, run) => {
    Deno.removeSync(join(cwd, "out/keys/keys-Dev-SN-4.bin"));
    const again = [...BATCH, "--keygen", "--resume", "--rekey"];
    assertEquals((await runProgram(["generate", ...again], { cwd })).code, 0);
    writeFiles(cwd, { "returned.bin": await returnedImage("own", cwd, "SN-4") });
    const { stdout } = await run("returned.bin", "--birth", MANIFEST, "--json");
    const { birth } = JSON.parse(stdout);
    assertEquals([birth.row, birth.by, birth.images], [4, "key", DEVICES]);
  }));

/** The image of a device of no batch, with one value besides its serial number. */
function strangerWith(key: string, type: "u8" | "string", value: number | string): Uint8Array {
  return encodePartition([
    { namespace: "device", key: "serial", type: "string", value: "SN-999" },
    { namespace: "device", key, type, value } as KeyItem,
  ], { sizeBytes: 0x3000 });
}

/** Leaves only the first rows of the manifest. */
function cutManifest(cwd: string, rows: number): void {
  const lines = Deno.readTextFileSync(join(cwd, MANIFEST)).split("\n");
  writeFiles(cwd, { [MANIFEST]: `${lines.slice(0, 1 + rows).join("\n")}\n` });
}

/** What stands in the way, and what is said. */
const REFUSED: Record<string, { scheme: string; spoil(cwd: string): void; says: RegExp }> = {
  "an image of another batch": {
    scheme: "plain",
    spoil: (cwd) =>
      writeFiles(cwd, {
        "returned.bin": encodePartition(
          [{ namespace: "device", key: "serial", type: "string", value: "SN-999" }],
          { sizeBytes: 0x3000 },
        ),
      }),
    says: /returned\.bin: has no value that one of the 12 images of ".*" has alone/,
  },
  "an image that has the serial numbers of two": {
    scheme: "plain",
    spoil: (cwd) =>
      writeFiles(cwd, {
        "returned.bin": encodePartition([
          { namespace: "device", key: "serial", type: "string", value: "SN-5" },
          { namespace: "device", key: "level", type: "u8", value: 77 },
        ], { sizeBytes: 0x3000 }),
      }),
    says: /has what several images have: .*Dev-SN-12.*/,
  },
  "a device that is not recorded, with a value that one image has by chance": {
    scheme: "plain",
    spoil: (cwd) => writeFiles(cwd, { "returned.bin": strangerWith("level", "u8", 77) }),
    says:
      /returned\.bin: has values that of the images only ".*Dev-SN-12\.bin" has, but not enough/,
  },
  "a device that is not recorded, where one image is": {
    scheme: "plain",
    spoil: (cwd) => {
      cutManifest(cwd, 1);
      writeFiles(cwd, { "returned.bin": strangerWith("server", "string", "mqtts://x") });
    },
    says: /has values that of the images only ".*Dev-SN-1\.bin" has, but not enough/,
  },
  "a device that is not recorded, where two variants are": {
    scheme: "plain",
    spoil: (cwd) => {
      cutManifest(cwd, 2);
      writeFiles(cwd, { "returned.bin": strangerWith("level", "u8", 1) });
    },
    says: /has values that of the images only ".*Dev-SN-2\.bin" has, but not enough/,
  },
  "a key of all devices, where one image is recorded": {
    scheme: "hmac-given",
    spoil: (cwd) => cutManifest(cwd, 1),
    says: /has values that of the images only|has no value that/,
  },
  "key files that were put in each other's place": {
    scheme: "own",
    spoil: (cwd) => {
      const [a, b, aside] = ["keys-Dev-SN-7.bin", "keys-Dev-SN-8.bin", "aside.bin"]
        .map((name) => join(cwd, "out/keys", name));
      Deno.renameSync(a!, aside!);
      Deno.renameSync(b!, a!);
      Deno.renameSync(aside!, b!);
    },
    says: /the key of none of the 12 images of .*\(2 of them, .* are not what was recorded\)/,
  },
  "an image that stands in the place of another": {
    scheme: "plain",
    spoil: (cwd) =>
      Deno.renameSync(join(cwd, "out/bin/Dev-SN-7.bin"), join(cwd, "out/bin/Dev-SN-8.bin")),
    says: /returned\.bin: has no value .*\(2 of them, .* are not what was recorded\)/,
  },
  "an encrypted image whose key is not recorded": {
    scheme: "own",
    spoil: (cwd) => Deno.removeSync(join(cwd, "out/keys/keys-Dev-SN-7.bin")),
    says: /is encrypted with the key of none of the 12 images of .*\(1 of them, or their keys/,
  },
  "an image born as a file that is gone": {
    scheme: "own",
    spoil: (cwd) => Deno.removeSync(join(cwd, "out/bin/Dev-SN-7.bin")),
    says: /Dev-SN-7\.bin: is the image that it was born with, but the file is gone/,
  },
  "an image born as a file that was changed": {
    scheme: "own",
    spoil: (cwd) => {
      const path = join(cwd, "out/bin/Dev-SN-7.bin");
      const bytes = Deno.readFileSync(path);
      bytes[bytes.length - 1]! ^= 1;
      Deno.writeFileSync(path, bytes);
    },
    says: /Dev-SN-7\.bin: is the image that it was born with, but .* not what ".*" records/,
  },
  "a manifest that is none": {
    scheme: "plain",
    spoil: (cwd) => writeFiles(cwd, { [MANIFEST]: "a,b\n" }),
    says: /manifest-Dev\.csv: is no manifest/,
  },
  "a manifest that is gone": {
    scheme: "plain",
    spoil: (cwd) => Deno.removeSync(join(cwd, MANIFEST)),
    says: /manifest-Dev\.csv: does not exist/,
  },
};

for (const [name, { scheme, spoil, says }] of Object.entries(REFUSED)) {
  Deno.test(`--birth is refused: ${name}`, () =>
    withBatch(scheme, async (cwd, run) => {
      writeFiles(cwd, { "returned.bin": await returnedImage(scheme, cwd, "SN-7") });
      spoil(cwd);
      const { code, stdout, stderr } = await run("returned.bin", "--birth", MANIFEST);
      assertEquals([code, stdout], [REJECTED, ""], stderr);
      assertMatch(stderr.replaceAll("\\", "/"), says);
    }));
}

Deno.test("--birth goes with one image, and with no key search", () =>
  withBatch("plain", async (_cwd, run) => {
    for (
      const [args, says] of [
        [["a.bin", "b.bin", "--birth", MANIFEST], /name one image alone/],
        [["a.bin", "--birth", MANIFEST, "--keys", "out"], /--keys does not go with --birth/],
        [["a.bin"], /missing: b \(another image\), or --birth MANIFEST/],
      ] as const
    ) {
      const { code, stderr } = await run(...args);
      assertEquals(code, 2);
      assertMatch(stderr, says);
    }
  }));

/** `verify` names every damage, and exits with 5. Without a manifest unless a row keeps it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import { encodePartition, entryOffset } from "../../src/nvs/partition.ts";
import {
  filesIn,
  inTempFolder,
  type Outcome,
  pool,
  POOL_WIDTH,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { flipped, HMAC_KEY, KEY_PARTITION, KEYS, ramp } from "./key_files.ts";

const CONF = "device,namespace,\nserial,data,string\nlevel,data,u8\ntoken,data,hex2bin\n" +
  "cal,namespace,\ngain,data,i32\ncert,file,binary\n";
const VALUES = "id,serial,level,token,gain,cert\n" +
  "A,SN-A,1,a1a2a3a4,-5,cert.bin\nB,SN-B,2,b1b2b3b4,-6,cert.bin\nC,SN-C,3,c1c2c3c4,-7,cert.bin\n";
const HMAC = ["--keygen", "--key_protect_hmac"];

/** The batches that are damaged, each made once. */
const SCHEMES = {
  plain: [],
  given: ["--inputkey", "keys.bin"],
  fresh: ["--keygen"],
  derived: [...HMAC, "--kp_hmac_inputkey", "hmac.bin"],
  freshHmac: [...HMAC, "--kp_hmac_keygen"],
} as const;

/** One batch in a folder of its own. */
class Lab {
  constructor(readonly cwd: string) {}

  read(path: string): Uint8Array<ArrayBuffer> {
    return Deno.readFileSync(join(this.cwd, path));
  }

  write(path: string, content: string | Uint8Array): void {
    writeFiles(this.cwd, { [path]: content });
  }

  remove(path: string): void {
    Deno.removeSync(join(this.cwd, path));
  }

  text(path: string): string {
    return new TextDecoder().decode(this.read(path));
  }

  /** Changes one byte. */
  flip(path: string, at: number): void {
    this.write(path, flipped(this.read(path), at));
  }

  swap(a: string, b: string): void {
    const [first, second] = [this.read(a), this.read(b)];
    this.write(a, second);
    this.write(b, first);
  }

  /** Flips one bit of image B, at a byte of the entry of a key. */
  flipAt(key: string, byte: number): void {
    const image = this.read(IMAGE);
    const plain = decodePartition(image).entries.length > 0 ? image : decryptImage(image, KEYS);
    const { page, entry } = decodePartition(plain).entries.find((one) => one.key === key)!;
    image[entryOffset(page, entry) + byte]! ^= 0x04;
    this.write(IMAGE, image);
  }

  edit(path: string, from: string, to: string): void {
    const text = this.text(path);
    assert(text.includes(from), from);
    this.write(path, text.replace(from, to));
  }
}

type Scheme = keyof typeof SCHEMES;

/** What a row has beyond name, damage and report. */
interface Extras {
  scheme?: Scheme;
  keepsManifest?: boolean;
  /** In place of those of `generate`. */
  options?: readonly string[];
  size?: string;
  /** Devices that differ; 1 by default. */
  different?: number;
  surplus?: number;
}

/** `says` are whole lines of the report, or match them. */
type Damage = readonly [
  name: string,
  damage: (lab: Lab) => unknown,
  says: readonly (string | RegExp)[],
  extras?: Extras,
];

const IMAGE = "out/bin/Dev-B.bin";
const SERIAL = 'namespace "device" key "serial":';
const LEVEL = 'namespace "device" key "level":';
const SHA256 = "[0-9a-f]{64}";
const MISSING = "cannot be read: it does not exist";
const SURPLUS = "surplus, no row of the values file makes it";
/** The line of device B. */
const B = (text: string) => `Dev-B.bin: ${text}`;
const NO_SERIAL = B(`${SERIAL} expected string "SN-B", found nothing`);
const NO_LEVEL = B(`${LEVEL} expected u8 2, found nothing`);
const NOT_ENCRYPTED = B("bin/Dev-B.bin is not encrypted, but should be");
const OTHER_KEY = B("bin/Dev-B.bin was encrypted with another key");
const OTHER_HMAC = B("keys/keys-Dev-B.bin does not hold the keys that the HMAC key gives");
const nothing = () => {};

const BYTES: readonly Damage[] = [
  ["a bit of a string's data", (lab) => lab.flipAt("serial", 32), [
    /^Dev-B.bin: data-crc32 at page 0, entry 1: "serial": the 5 bytes of data do not match /,
    NO_SERIAL,
  ]],
  ["a bit of an entry's header", (lab) => lab.flipAt("level", 24), [
    /^Dev-B.bin: entry-header-crc32 at page 0, entry 3: /,
    NO_LEVEL,
  ]],
  ["a bit of an encrypted image", (lab) => lab.flipAt("level", 9), [
    /^Dev-B.bin: entry-header-crc32 at page 0, entry 3: /,
    NO_LEVEL,
  ], { scheme: "given" }],
  ["a byte of a page header", (lab) => lab.flip(IMAGE, 4), [
    /^Dev-B.bin: page-header-crc32 at page 0: /,
    B('namespace "cal" is missing'),
  ]],
  ["a byte of the entry states", (lab) => lab.flip(IMAGE, 32), [
    /^Dev-B.bin: [a-z-]+ at page 0/,
    NO_SERIAL,
  ]],
  ...([[0, "image-size"], [5000, "image-size"], [4096, "bin/Dev-B"]] as const).map((
    [size, rule],
  ): Damage => [
    `cut to ${size} bytes`,
    (lab) => lab.write(IMAGE, lab.read(IMAGE).subarray(0, size)),
    [B(`bin/Dev-B.bin has ${size} bytes, expected 12288`), RegExp(`^Dev-B.bin: ${rule}`)],
  ]),
  ["another size", nothing, [B("bin/Dev-B.bin has 12288 bytes, expected 16384")], {
    size: "0x4000",
    different: 3,
  }],
  ...(["plain", "given"] as const).flatMap((scheme) =>
    [0x00, 0xFF].map((fill): Damage => [
      `${scheme}: all ${fill}`,
      (lab) => lab.write(IMAGE, lab.read(IMAGE).fill(fill)),
      [B('namespace "device" is missing'), NO_SERIAL, ...scheme === "given" ? [NOT_ENCRYPTED] : []],
      { scheme },
    ])
  ),
];

const FILES: readonly Damage[] = [
  ["images that changed places", (lab) => lab.swap("out/bin/Dev-A.bin", IMAGE), [
    `Dev-A.bin: ${SERIAL} expected string "SN-A", found string "SN-B"`,
    B('namespace "device" key "token": expected blob b1b2b3b4, found blob a1a2a3a4'),
    B('namespace "cal" key "gain": expected i32 -6, found i32 -5'),
  ], { different: 2 }],
  ["images of different keys that changed places", (lab) => lab.swap("out/bin/Dev-A.bin", IMAGE), [
    OTHER_KEY,
    RegExp(`^Dev-A.bin: bin/Dev-A.bin has sha256 ${SHA256}, the manifest says ${SHA256}$`),
  ], { scheme: "fresh", keepsManifest: true, different: 2 }],
  ["a deleted image", (lab) => lab.remove(IMAGE), [B(`bin/Dev-B.bin ${MISSING}`)]],
  [
    "surplus files in bin/",
    (lab) => {
      lab.write("out/bin/Dev-B (1).bin", lab.read(IMAGE));
      lab.write("out/bin/Thumbs.db", "");
    },
    [`bin/Dev-B (1).bin: ${SURPLUS}`, `bin/Thumbs.db: ${SURPLUS}`],
    { different: 0, surplus: 2 },
  ],
  [
    "a hash in the manifest, though the contents are right",
    (lab) => {
      const path = "out/manifest-Dev.csv";
      const [, sha256] = RegExp(`bin/Dev-B.bin,12288,(${SHA256})`).exec(lab.text(path))!;
      lab.edit(path, sha256!, "0".repeat(64));
    },
    [RegExp(`^Dev-B.bin: bin/Dev-B.bin has sha256 ${SHA256}, the manifest says 0{64}$`)],
    {
      keepsManifest: true,
    },
  ],
];

const INPUT: readonly Damage[] = [
  ...[true, false].map((keepsManifest): Damage => [
    `a removed row, ${keepsManifest ? "with" : "without"} a manifest`,
    (lab) => lab.edit("values.csv", VALUES.split("\n")[2]!, ""),
    [`bin/Dev-B.bin: ${SURPLUS}`],
    { keepsManifest, different: 0, surplus: 1 },
  ]),
  ["an added row", (lab) => lab.edit("values.csv", "C,SN-C", "D,SN-D,4,,1,cert.bin\nC,SN-C"), [
    `Dev-D.bin: bin/Dev-D.bin ${MISSING}`,
  ]],
  ["changed values", (lab) => {
    lab.edit("values.csv", "SN-B,2,b1b2b3b4", "SN-X,9,b1b2");
    lab.write("cert.bin", ramp(40, 1));
  }, [
    B(`${SERIAL} expected string "SN-X", found string "SN-B"`),
    B(`${LEVEL} expected u8 9, found u8 2`),
    B('namespace "device" key "token": expected blob b1b2, found blob b1b2b3b4'),
    /^Dev-A.bin: namespace "cal" key "cert": expected blob [0-9a-f]{48}… \(40 bytes\), found blob /,
  ], { different: 3 }],
  ["a removed key, and another type", (lab) => {
    lab.edit("conf.csv", "serial,data,string\n", "");
    lab.edit("conf.csv", "level,data,u8", "level,data,u16");
  }, [
    B(`${SERIAL} expected nothing, found string "SN-B"`),
    B(`${LEVEL} expected u16 2, found u8 2`),
  ], { different: 3 }],
  ["namespaces that came and went", (lab) => {
    lab.edit("conf.csv", "cal,namespace", "kal,namespace,\nnew,namespace");
  }, [
    B('namespace "kal" is missing'),
    B('namespace "new" key "gain": expected i32 -6, found nothing'),
    B('namespace "cal" key "gain": expected nothing, found i32 -6'),
  ], { different: 3 }],
  ["one key more in an image", async (lab) => {
    lab.remove(IMAGE);
    lab.edit("out/csv/Dev-B.csv", "cal,namespace,,\r\n", "cal,namespace,,\r\nmore,data,u16,7\r\n");
    const args = ["image", "out/csv/Dev-B.csv", IMAGE, "0x3000"];
    assertEquals((await runProgram(args, { cwd: lab.cwd })).code, 0);
  }, [B('namespace "cal" key "more": expected nothing, found u16 7')]],
  ["a missing Wi-Fi companion", (lab) => {
    lab.write("conf.csv", "wifi,namespace,\nsta.ssid,data,string\n");
    lab.write("values.csv", "id,sta.ssid\nB,net\n");
    for (const id of ["A", "C"]) lab.remove(`out/bin/Dev-${id}.bin`);
    const ssid = { namespace: "wifi", key: "sta.ssid", type: "string", value: "net" } as const;
    lab.write(IMAGE, encodePartition([ssid], { sizeBytes: 0x3000 }));
  }, [B('namespace "wifi" key "sta.apsw": expected blob 0000, found nothing')]],
];

const ENCRYPTION: readonly Damage[] = [
  ["encrypted images, taken for plain", nothing, [
    B("bin/Dev-B.bin is encrypted; give the options it was made with"),
  ], { scheme: "given", options: [], different: 3 }],
  ["plain images, taken for encrypted", nothing, [NOT_ENCRYPTED], {
    options: SCHEMES.given,
    different: 3,
  }],
  [
    "another --inputkey",
    async (lab) => {
      const args = ["generate-key", "--outdir", "out", "--keyfile", "other"];
      await runProgram(args, { cwd: lab.cwd });
    },
    [OTHER_KEY],
    {
      scheme: "given",
      options: ["--inputkey", "out/keys/other.bin"],
      different: 3,
    },
  ],
  ["a deleted key file", (lab) => lab.remove("out/keys/keys-Dev-B.bin"), [
    B(`keys/keys-Dev-B.bin ${MISSING}`),
  ], { scheme: "fresh" }],
  ["key files that changed places", (lab) => {
    lab.swap("out/keys/keys-Dev-A.bin", "out/keys/keys-Dev-B.bin");
  }, [
    OTHER_KEY,
    RegExp(`^Dev-B.bin: keys/keys-Dev-B.bin has sha256 ${SHA256}, the manifest says ${SHA256}$`),
  ], { scheme: "fresh", keepsManifest: true, different: 2 }],
  ["a byte of a key file", (lab) => lab.flip("out/keys/keys-Dev-B.bin", 40), [
    B("keys/keys-Dev-B.bin has a wrong CRC; it is damaged, or no key partition"),
  ], { scheme: "fresh" }],
  [
    "another device's HMAC key",
    (lab) => {
      lab.swap("out/keys/hmac-keys-Dev-A.bin", "out/keys/hmac-keys-Dev-B.bin");
    },
    [OTHER_HMAC],
    { scheme: "freshHmac", different: 2 },
  ],
  [
    "an HMAC key cut short",
    (lab) => {
      lab.write("out/keys/hmac-keys-Dev-B.bin", HMAC_KEY.subarray(1));
    },
    [B("keys/hmac-keys-Dev-B.bin has 31 bytes; an HMAC key has 32")],
    { scheme: "freshHmac" },
  ],
  ["another given HMAC key", (lab) => lab.flip("hmac.bin", 0), [OTHER_KEY, OTHER_HMAC], {
    scheme: "derived",
    different: 3,
  }],
];

function verify(cwd: string, options: readonly string[], size = "0x3000"): Promise<Outcome> {
  const fixed = ["verify", "conf.csv", "values.csv", "Dev", size, "--outdir", "out"];
  return runProgram([...fixed, "--fileid", "id", ...options], { cwd });
}

/** Makes the batches of the schemes; `use` gets what makes copies of them. */
async function withBatches(
  schemes: readonly Scheme[],
  use: (copyOf: (scheme: Scheme) => Lab) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (root) => {
    await pool(schemes, POOL_WIDTH, async (scheme) => {
      const cwd = join(root, scheme);
      writeFiles(cwd, {
        "conf.csv": CONF,
        "values.csv": VALUES,
        "cert.bin": ramp(300, 3),
        "keys.bin": KEY_PARTITION,
        "hmac.bin": HMAC_KEY,
      });
      const fixed = ["generate", "conf.csv", "values.csv", "Dev", "0x3000", "--outdir", "out"];
      const args = [...fixed, "--fileid", "id", ...SCHEMES[scheme]];
      assertEquals((await runProgram(args, { cwd })).code, 0);
    });
    let count = 0;
    await use((scheme) => {
      const copy = new Lab(join(root, `copy-${count++}`));
      const original = new Lab(join(root, scheme));
      for (const path of filesIn(original.cwd)) copy.write(path, original.read(path));
      return copy;
    });
  });
}

function linesOf(stdout: string): string[] {
  return stdout.trimEnd().split("\n");
}

Deno.test("verify names what is wrong", async (t) => {
  const rows = [...BYTES, ...FILES, ...INPUT, ...ENCRYPTION];
  await withBatches(Object.keys(SCHEMES) as Scheme[], async (copyOf) => {
    const results = await pool(rows, POOL_WIDTH, async ([, damage, , extras = {}]) => {
      const { scheme = "plain", keepsManifest = false, options = SCHEMES[scheme] } = extras;
      const lab = copyOf(scheme);
      if (!keepsManifest) lab.remove("out/manifest-Dev.csv");
      await damage(lab);
      const before = treeOf(lab.cwd);
      const outcome = await verify(lab.cwd, options, extras.size);
      const deviceCount = linesOf(lab.text("values.csv")).filter((row) => row !== "").length - 1;
      return { outcome, before, after: treeOf(lab.cwd), deviceCount };
    });
    for (const [index, [name, , says, { different = 1, surplus = 0 } = {}]] of rows.entries()) {
      await t.step(name, () => {
        const { outcome: { code, stdout, stderr }, before, after, deviceCount } = results[index]!;
        assertEquals([code, stderr], [5, ""], stdout);
        assertEquals(after, before, "verify wrote something");
        const lines = linesOf(stdout);
        for (const part of says) {
          const isThere = lines.some((line) =>
            part instanceof RegExp ? part.test(line) : line === part
          );
          assert(isThere, `${part} is not in\n${stdout}`);
        }
        const ok = deviceCount - different;
        const devices = `${deviceCount} device${deviceCount === 1 ? "" : "s"}`;
        const others = `${surplus || "no"} surplus image${surplus === 1 ? "" : "s"}`;
        const total = `${devices}: ${ok} ok, ${different} with differences; ${others}`;
        assert(lines.includes(total), `${total} is not in\n${stdout}`);
        assertEquals(lines.filter((line) => line.includes(".bin: ok, ")).length, ok);
      });
    }
  });
});

Deno.test("--json tells each kind of difference; --quiet keeps the differences", async () => {
  await withBatches(["plain"], async (copyOf) => {
    const lab = copyOf("plain");
    lab.flipAt("serial", 32);
    lab.remove("out/bin/Dev-A.bin");
    lab.write("out/bin/x", "");
    lab.edit("conf.csv", "level,data,u8\n", "");
    const { code, stdout, stderr } = await verify(lab.cwd, ["--json"]);
    assertEquals([code, stderr], [5, ""]);
    const { devices: [first, second, third], ...rest } = JSON.parse(stdout);
    assertEquals(rest, {
      device_count: 3,
      ok: 0,
      different: 3,
      surplus: ["bin/x"],
      report: null,
      notes: [],
    });
    const path = "bin/Dev-A.bin";
    const message = "cannot be read: it does not exist";
    assertEquals(first, {
      name: "Dev-A",
      image: path,
      ok: false,
      keys: 4,
      differences: [{ kind: "file", path, message }],
    });
    const key = { kind: "key", namespace: "device", missing: false };
    assertEquals(third.differences, [
      { ...key, key: "level", expected: null, found: { type: "u8", value: "3" } },
    ]);
    const [manifest, finding, level, lost] = second.differences;
    assertEquals([manifest.kind, manifest.path], ["manifest", "bin/Dev-B.bin"]);
    assert(RegExp(`^${SHA256}$`).test(manifest.expected) && manifest.found !== manifest.expected);
    assertEquals(
      [finding.kind, finding.rule, finding.page, finding.entry, typeof finding.computed],
      ["finding", "data-crc32", 0, 1, "string"],
    );
    const expected = { type: "string", value: "SN-B" };
    assertEquals(lost, { ...key, key: "serial", missing: true, expected, found: null });
    assertEquals(level.found, { type: "u8", value: "2" });

    const quiet = await verify(lab.cwd, ["--quiet"]);
    assertEquals([quiet.code, quiet.stderr], [5, ""]);
    const lines = linesOf(quiet.stdout);
    assertEquals(lines.length, 1 + 4 + 1 + 1, quiet.stdout);
    assertEquals([lines[0], lines.at(-1)], [`Dev-A.bin: ${path} ${message}`, `bin/x: ${SURPLUS}`]);
  });
});

Deno.test("--redact shows lengths and hashes of strings and blobs, and numbers as they are", async () => {
  await withBatches(["plain"], async (copyOf) => {
    const lab = copyOf("plain");
    const secrets = [lab.read("cert.bin"), ramp(60, 99), Uint8Array.of(0xb1, 0xb2, 0xb3, 0xb4)];
    const texts = ["SN-A", "SN-B", "Passw0rd-1", "SN-C"];
    lab.write("cert.bin", secrets[1]!);
    lab.edit("values.csv", "SN-A,1", "Passw0rd-1,7");
    lab.edit("conf.csv", "token,data,hex2bin", "tok,data,hex2bin");
    lab.edit("values.csv", "token", "tok");
    lab.flipAt("serial", 32);
    for (const style of [[], ["--json"], ["--quiet"]]) {
      const { code, stdout, stderr } = await verify(lab.cwd, ["--redact", ...style]);
      assertEquals([code, stderr], [5, ""]);
      const printed = stdout.toLowerCase();
      for (const secret of [...secrets, ...texts.map((text) => new TextEncoder().encode(text))]) {
        const part = secret.subarray(0, 12);
        assert(!printed.includes(part.toHex()), stdout);
        assert(!stdout.includes(part.toBase64().replace(/.?=*$/, "")), stdout);
      }
      for (const text of texts) assert(!stdout.includes(text), stdout);
    }
    const { stdout } = await verify(lab.cwd, ["--redact"]);
    const digest = `, sha256 ${SHA256}`;
    for (
      const line of [
        `Dev-A.bin: ${SERIAL} expected string of 10 bytes${digest}, found string of 4 bytes${digest}`,
        `Dev-A.bin: ${LEVEL} expected u8 7, found u8 1`,
        B(`${SERIAL} expected string of 4 bytes${digest}, found nothing`),
        B(`namespace "device" key "token": expected nothing, found blob of 4 bytes${digest}`),
        `Dev-C.bin: namespace "cal" key "cert": expected blob of 60 bytes${digest}, found blob of `,
      ]
    ) assert(RegExp(`^${line}`, "m").test(stdout), `${line} is not in\n${stdout}`);
    // The same without: the test above would see the secrets.
    assertStringIncludes((await verify(lab.cwd, [])).stdout, `found string "SN-A"`);
  });
});

Deno.test("no character that a terminal obeys is printed, as text or as JSON", async () => {
  await withBatches(["plain"], async (copyOf) => {
    const lab = copyOf("plain");
    const nasty = "\x1b[2J\x9b\u202e\u2028";
    lab.edit("values.csv", "SN-B", nasty);
    const text = await verify(lab.cwd, []);
    const json = await verify(lab.cwd, ["--json"]);
    for (const { code, stdout } of [text, json]) {
      assertEquals([code, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.exec(stdout)?.[0]], [5, undefined]);
    }
    assertEquals(JSON.parse(json.stdout).devices[1].differences[0].expected.value, nasty);
  });
});

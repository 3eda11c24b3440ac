/** `image`: an NVS CSV becomes the image that Espressif's generator makes of it. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { deriveXtsKeys } from "../../src/crypto/hmac_scheme.ts";
import { decryptImage } from "../../src/crypto/image_cipher.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import {
  type Files,
  filesIn,
  HAS_MODES,
  inTempFolder,
  type Outcome,
  pool,
  POOL_WIDTH,
  projectPath,
  runProgram,
  treeOf,
  writeFiles,
} from "../helpers.ts";
import { HMAC_KEY, KEY_PARTITION, KEYS, ramp } from "./key_files.ts";

const VECTORS = projectPath("testdata/vectors");
/** Options that the two commands share, with the number of their values. */
const SHARED: Readonly<Record<string, number>> = {
  "--version": 1,
  "--inputkey": 1,
  "--keygen": 0,
  "--key_protect_hmac": 0,
  "--kp_hmac_inputkey": 1,
};

const HEADER = "key,type,encoding,value\n";
const CSV = HEADER + 'n,namespace,,\nserial,data,string,"SN,1"\nlevel,data,u8,7\n' +
  "m,namespace,,\ncert,file,binary,cert.bin\n";
const INPUT: Files = {
  "in.csv": CSV,
  "cert.bin": ramp(300, 1),
  "keys.bin": KEY_PARTITION,
  "hmac.bin": HMAC_KEY,
};

interface Lab {
  cwd: string;
  image(...args: string[]): Promise<Outcome>;
  read(path: string): Uint8Array<ArrayBuffer>;
}

async function withInput<T>(files: Files, use: (lab: Lab) => Promise<T>): Promise<T> {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, { ...INPUT, ...files });
    return await use({
      cwd,
      image: (...args) => runProgram(["image", ...args], { cwd }),
      read: (path) => Deno.readFileSync(join(cwd, path)),
    });
  });
}

function filesOf(folder: string): Files {
  return Object.fromEntries(
    filesIn(folder).map((path) => [path, Deno.readFileSync(join(folder, path))]),
  );
}

/** Each device of the vectors whose image is the same in every run. */
function vectorDevices() {
  return [...Deno.readDirSync(VECTORS)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).sort()
    .flatMap((vector) => {
      const folder = join(VECTORS, vector);
      const { argv } = JSON.parse(Deno.readTextFileSync(join(folder, "case.json")));
      if (argv[0] !== "generate") return [];
      const options = argv.flatMap((word: string, index: number) =>
        word in SHARED ? argv.slice(index, index + 1 + SHARED[word]!) : []
      );
      return filesIn(join(folder, "out", "bin")).map((file) => ({
        folder,
        name: `${vector}/${file}`,
        id: file.replace(/\.bin$/, ""),
        size: argv[4] as string,
        options: options as string[],
      }));
    });
}

Deno.test("image makes the bytes of Espressif's generator, of each of its CSVs", async (t) => {
  const devices = vectorDevices();
  assert(devices.length >= 36, `only ${devices.length} images were found`);
  const results = await pool(
    devices,
    POOL_WIDTH,
    ({ folder, id, size, options }) =>
      withInput(filesOf(join(folder, "in")), async ({ cwd, image, read }) => {
        const csv = join(folder, "out", "csv", `${id}.csv`);
        const before = filesIn(cwd);
        const isKeygen = options.includes("--keygen");
        const keyFile = isKeygen ? ["--keyfile", "k"] : [];
        const outcome = await image(csv, "out.bin", size, ...options, ...keyFile);
        const made = filesIn(cwd).filter((path) => !before.includes(path));
        return { outcome, made, bytes: made.map(read) };
      }),
  );
  for (const [index, { folder, id, name, options }] of devices.entries()) {
    await t.step(name, () => {
      const { outcome: { code, stderr }, made, bytes } = results[index]!;
      assertEquals([code, stderr], [0, ""]);
      const isKeygen = options.includes("--keygen");
      const expected = [...isKeygen ? [`keys/keys-${id}.bin`] : [], `bin/${id}.bin`];
      assertEquals(made, [...isKeygen ? ["keys/k.bin"] : [], "out.bin"]);
      assertEquals(bytes, expected.map((path) => Deno.readFileSync(join(folder, "out", path))));
    });
  }
});

Deno.test("several CSVs are merged in order; the order of columns does not matter", async () => {
  const parts = {
    "1.csv": HEADER + "n,namespace,,\na,data,u8,1\n",
    "2.csv": "\uFEFF# two\r\nvalue,key,type,encoding\r\n\r\n2,b,data,u8\r\n,m,namespace,\r\n",
    "3.csv": HEADER + "c,data,string,x\n",
    "whole.csv": HEADER +
      "n,namespace,,\na,data,u8,1\nb,data,u8,2\nm,namespace,,\nc,data,string,x\n",
  };
  await withInput(parts, async ({ image, read }) => {
    const merged = await image("1.csv", "2.csv", "3.csv", "merged.bin", "0x3000");
    assertEquals(merged, {
      code: 0,
      stdout: "merged.bin: 12288 bytes, 6 of 252 entries used\n",
      stderr: "",
    });
    assertEquals((await image("whole.csv", "whole.bin", "12288")).code, 0);
    assertEquals(read("merged.bin"), read("whole.bin"));
    // In another order the keys stand elsewhere.
    assertEquals((await image("1.csv", "3.csv", "2.csv", "other.bin", "0x3000")).code, 0);
    assert(read("other.bin").toHex() !== read("whole.bin").toHex());
  });
});

Deno.test("the keys of an encrypted image: given, fresh, derived", async () => {
  await withInput({}, async ({ cwd, image, read }) => {
    assertEquals((await image("in.csv", "plain.bin", "0x3000")).code, 0);
    const plain = read("plain.bin");
    const hmac = ["--keygen", "--key_protect_hmac"];

    const given = await image("in.csv", "given.bin", "0x3000", "--inputkey=keys.bin");
    assertEquals(given.stdout, "given.bin: 12288 bytes, encrypted, 17 of 252 entries used\n");
    assertEquals(decryptImage(read("given.bin"), KEYS), plain);

    const fresh = await image("in.csv", "fresh.bin", "0x3000", "--keygen", "--keyfile", "fresh");
    assert(
      fresh.stdout.startsWith(`key file: ${join("keys", "fresh.bin")}\nfresh.bin: 12288 bytes`),
    );
    assertEquals(
      decryptImage(read("fresh.bin"), decodeKeyPartition(read("keys/fresh.bin"))),
      plain,
    );

    const inputKey = ["--kp_hmac_inputkey", "hmac.bin", "--keyfile", "d", "--outdir", "o"];
    assertEquals((await image("in.csv", "d.bin", "0x3000", ...hmac, ...inputKey)).code, 0);
    assertEquals(decodeKeyPartition(read("o/keys/d.bin")), await deriveXtsKeys(HMAC_KEY));
    assertEquals(decryptImage(read("o/d.bin"), await deriveXtsKeys(HMAC_KEY)), plain);

    const keygen = ["--kp_hmac_keygen", "--kp_hmac_keyfile", "h", "--keyfile", "k", "--json"];
    const json = await image("in.csv", "hmac/h.bin", "0x3000", ...hmac, ...keygen);
    assertEquals([json.code, json.stderr], [0, ""]);
    assertEquals(JSON.parse(json.stdout), {
      image: join("hmac", "h.bin"),
      bytes: 12288,
      encrypted: true,
      used: 17,
      total: 252,
      keys: [join("keys", "h.bin"), join("keys", "k.bin")],
      notes: [],
      warnings: [],
    });
    assertEquals(decryptImage(read("hmac/h.bin"), await deriveXtsKeys(read("keys/h.bin"))), plain);

    const quiet = await image("in.csv", "q.bin", "0x3000", "--keygen", "--quiet");
    assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
    const keyFiles = filesIn(cwd).filter((path) => /(^|\/)keys\//.test(path));
    assertEquals(keyFiles.length, 5);
    assertMatch(keyFiles[1]!, /^keys\/h\.bin$/);
    for (const path of HAS_MODES ? keyFiles : []) {
      assertEquals(Deno.statSync(join(cwd, path)).mode! & 0o777, 0o600);
    }
  });
});

Deno.test("notes tell what one has to know", async (t) => {
  const rows: readonly [args: string[], note: RegExp][] = [
    [["wifi.csv", "1.bin", "0x3000"], /^note: "sta\.ssid" brings the Wi-Fi driver's companion /m],
    [["in.csv", "2.bin", "0x1000"], /^note: .*0x1000 bytes is read-only: mark it "readonly" in /m],
    [
      ["in.csv", "3.bin", "0x3000", "--keygen", "--keyfile", "ABSOLUTE"],
      /^note: .* is absolute, /m,
    ],
    [
      ["in.csv", "4.bin", "0x3000", "--inputkey", "keys.bin", "--key_protect_hmac"],
      /^note: --key_protect_hmac has no effect with --inputkey$/m,
    ],
    // An image in clear beside a name for its key: either a note or an error.
    [["in.csv", "5.bin", "0x3000", "--keyfile", "k"], /^(note|error): --keyfile /m],
  ];
  const wifi = HEADER + "w,namespace,,\nsta.ssid,data,string,net\n";
  await withInput({ "wifi.csv": wifi }, async ({ cwd, image }) => {
    for (const [args, note] of rows) {
      await t.step(args.join(" "), async () => {
        const path = join(cwd, "k.bin");
        const { stdout, stderr } = await image(
          ...args.map((arg) => arg === "ABSOLUTE" ? path : arg),
        );
        assertMatch(stdout + stderr, note);
      });
    }
  });
});

/** Arguments behind `image`, other input, and what standard error has to say. */
const REFUSED: readonly [args: string[], files: Files, says: (string | RegExp)[], code?: number][] =
  [
    [["bad.csv", "more.csv", "in.csv", "out.bin", "0x3000", "--inputkey", "short.bin"], {
      "bad.csv": HEADER +
        "n,namespace,,\n# c\na,data,u8,256\nb,data,u9,1\n\nlevel,file,binary,no.bin\n",
      "more.csv": HEADER + "c,data,hex2bin,abc\nlevel2,data,strin,x\n",
      "short.bin": new Uint8Array(32),
    }, [
      'bad.csv:4:4: key "a": 256 does not fit u8; it takes 0 to 255\n',
      'bad.csv:5:3: key "b": encoding "u9" is unknown',
      /^bad\.csv:7:4: key "level": .*no\.bin/m,
      'more.csv:2:4: key "c": has 3 hex digits',
      'more.csv:3:3: key "level2": encoding "strin" is unknown',
      'in.csv:4:1: key "level": occurs twice in namespace "n" (first in bad.csv:7); remove one\n',
      "short.bin: has 32 bytes; a key partition has 4096; this is an HMAC key by its size",
      "\n7 problems; nothing was written\n",
    ]],
    [["in.csv", "in2.csv", "out.bin", "0x3000"], { "in2.csv": CSV }, [
      'in2.csv:3:1: key "serial": occurs twice in namespace "n" (first in in.csv:3)',
      'in2.csv:6:1: key "cert": occurs twice in namespace "m" (first in in.csv:6)',
      "\n3 problems; ",
    ]],
    [["in.csv", "there.bin", "0x3000", "--keygen"], { "there.bin": "x" }, [
      "there.bin: exists already",
    ]],
    [["in.csv", "there", "0x3000"], { "there/": "" }, ["there: is a folder; name a file"]],
    [["in.csv", "keys.bin", "0x3000", "--inputkey", "keys.bin"], {}, ["keys.bin: exists already"]],
    [["in.csv", "out.bin", "0x3000", "--keygen", "--keyfile", "k"], { "keys/k.bin": "x" }, [
      `${join("keys", "k.bin")}: exists already; give another name`,
    ]],
    [["in.csv", "out.bin", "0x3000"], { "cert.bin": ramp(9000, 1) }, [
      "in.csv: its data needs 0x4000, has 0x3000; give a larger size, or less data",
    ]],
    [["in.csv", "out.bin", "0x1000"], { "cert.bin": ramp(4000, 1) }, ["needs 0x2000, has 0x1000"]],
    [["long.csv", "in.csv", "out.bin", "0x9000"], {
      "long.csv": `${HEADER}n,namespace,,\nlong,data,string,${"x".repeat(4000)}\n`,
    }, ['long.csv:3:4: key "long": the string takes 4001 bytes with its NUL; at most 4000 fit\n']],
    [["in.csv", "out.bin", "0x9000", "--version", "1"], { "cert.bin": ramp(4000, 1) }, [
      'in.csv:6:4: key "cert": the blob has 4000 bytes; at most ',
    ]],
    [["no.csv", ".", "out.bin", "0x3000"], {}, [
      "no.csv: does not exist; check the path\n",
      ".: is a folder; name a CSV file\n",
    ]],
    [
      [
        "in.csv",
        "out.bin",
        "0x3000",
        "--keygen",
        "--key_protect_hmac",
        "--kp_hmac_inputkey",
        "keys.bin",
      ],
      {},
      ["keys.bin: has 4096 bytes; an HMAC key has 32"],
    ],
    [["in.csv", "out.bin", "0x3001"], {}, ["error: size 0x3001 is not a multiple of 4096"], 2],
    [["in.csv", "0x3000"], {}, ["error: "], 2],
    [["in.csv", "out.bin", "0x3000", "--keygen", "--inputkey", "keys.bin"], {}, [
      "exclude each other",
    ], 2],
    [
      ["in.csv", "out.bin", "0x3000", "--key_protect_hmac", "--kp_hmac_keygen"],
      {},
      ["--keygen"],
      2,
    ],
    [["in.csv", "keys/k.bin", "0x3000", "--keygen", "--keyfile", "k"], {}, [
      /^error: .*--keyfile/,
    ], 2],
  ];

Deno.test("what is wrong is said with its place, all of it, and nothing is written", async (t) => {
  const results = await pool(
    REFUSED,
    POOL_WIDTH,
    ([args, files]) =>
      withInput(files, async ({ cwd, image }) => {
        const before = treeOf(cwd);
        return { outcome: await image(...args), before, after: treeOf(cwd) };
      }),
  );
  for (const [index, [args, , says, exit = 3]] of REFUSED.entries()) {
    await t.step(args.join(" "), () => {
      const { outcome: { code, stdout, stderr }, before, after } = results[index]!;
      assertEquals(after, before, "something was written");
      assertEquals([code, stdout], [exit, ""], stderr);
      for (const part of says) {
        if (typeof part === "string") assertStringIncludes(stderr, part);
        else assertMatch(stderr, part);
      }
    });
  }
});

Deno.test("--json of a refused run", async () => {
  const bad = HEADER + "n,namespace,,\na,data,u8,256\n";
  await withInput({ "bad.csv": bad }, async ({ image }) => {
    const { code, stdout } = await image("bad.csv", "out.bin", "0x3000", "--json");
    assertEquals(code, 3);
    assertEquals(JSON.parse(stdout), {
      exit: 3,
      problem_count: 1,
      problem_kinds: [{ code: "value-out-of-range", total: 1 }],
      problems: [{
        code: "value-out-of-range",
        file: "bad.csv",
        line: 3,
        row: 3,
        column: 4,
        key: "a",
        message: "256 does not fit u8; it takes 0 to 255",
      }],
      warnings: [],
    });
  });
});

Deno.test("the largest image that is written is one that is read", async () => {
  await inTempFolder(async (cwd) => {
    writeFiles(cwd, { "in.csv": "key,type,encoding,value\nn,namespace,,\nk,data,u8,1\n" });
    const larger = await runProgram(["image", "in.csv", "larger.bin", "0x8001000"], { cwd });
    assertEquals(larger.code, 2, larger.stderr);
    const largest = await runProgram(["image", "in.csv", "largest.bin", "0x8000000"], { cwd });
    assertEquals([largest.code, largest.stderr], [0, ""]);
    const read = await runProgram(["inspect", "largest.bin"], { cwd });
    assertEquals([read.code, read.stderr], [0, ""]);
  });
});

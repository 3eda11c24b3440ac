/** `inspect` as a program: formats, keys, exit statuses, and what no image may do. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hash } from "node:crypto";
import { join } from "@std/path";
import {
  HAS_MODES,
  inTempFolder,
  isCompiled,
  pool,
  POOL_WIDTH,
  runProgram,
  writeFiles,
} from "../helpers.ts";
import { readExpected } from "../nvs/test_images.ts";
import { deviceImageFiles, type ImageFile, vectorImageFiles } from "../report/image_files.ts";
import { damagedImage, hostileImage, smallImage } from "../report/small_image.ts";

const devices = deviceImageFiles();
const vectors = vectorImageFiles();
const SMALL = { "dev.bin": smallImage().bytes };
const utf8 = new TextEncoder();

async function inspect(args: readonly string[], files: Record<string, string | Uint8Array> = {}) {
  return await inTempFolder(async (cwd) => {
    writeFiles(cwd, files);
    return await runProgram(["inspect", ...args], { cwd });
  });
}

Deno.test("there are images to inspect, plain ones and encrypted ones", () => {
  assert(devices.length >= 8 && vectors.length >= 30);
  assert(vectors.some(({ keyArgs }) => keyArgs[0] === "--hmac-key"));
  assert([...devices, ...vectors].filter(({ keyArgs }) => keyArgs[0] === "--key").length >= 4);
});

Deno.test("inspect finds nothing wrong with any image of Espressif's tool", async () => {
  const outcomes = await pool(vectors, POOL_WIDTH, async ({ name, path, keyArgs }) => {
    const { code, stdout, stderr } = await inspect([path, ...keyArgs, "--all", "--page-map"]);
    return [name, code, stderr, /^no findings$/m.test(stdout)];
  });
  assertEquals(outcomes, vectors.map(({ name }) => [name, 0, "", true]));
});

Deno.test("inspect --json equals what the device's library read", async () => {
  await pool(devices, POOL_WIDTH, async ({ name, path, keyArgs }) => {
    const { code, stdout } = await inspect([path, ...keyArgs, "--json"]);
    assertEquals(code, 0, name);
    const { image, stats, namespaces, entries, findings } = JSON.parse(stdout);
    const expected = readExpected(path.replace(/\.bin$/, ".json"));
    const bytes = Deno.readFileSync(path);
    assertEquals([image.bytes, image.encrypted, image.sha256, findings], [
      bytes.length,
      keyArgs.length > 0,
      hash("sha256", bytes, "hex"),
      [],
    ]);
    assertEquals(stats, expected.stats);
    assertEquals(
      namespaces.map((space: { name: string }) => space.name).sort(),
      expected.namespaces,
    );
    assertEquals(
      entries.map(({ namespace, key, type, value }: Record<string, unknown>) => {
        return { namespace, key, type, value };
      }),
      expected.entries,
    );
  });
});

Deno.test("inspect --json has the documented shape", async () => {
  const { code, stdout } = await inspect(["dev.bin", "--json"], {
    "dev.bin": hostileImage().bytes,
  });
  assertEquals(code, 5);
  const report = JSON.parse(stdout);
  assertEquals(Object.keys(report), [
    "image",
    "stats",
    "pages",
    "namespaces",
    "entries",
    "findings",
    "remarks",
  ]);
  const { sha256, ...image } = report.image;
  assertMatch(sha256, /^[0-9a-f]{64}$/);
  assertEquals(image, {
    file: "dev.bin",
    partition: null,
    bytes: 12288,
    pages: 3,
    version: 2,
    encrypted: false,
  });
  assertEquals(report.stats, { used: 15, free: 363, available: 237, total: 378, namespaces: 1 });
  assertEquals(report.pages.slice(0, 2), [
    { index: 0, state: "active", sequence: 0, version: 2, used: 15, erased: 1, empty: 110 },
    {
      index: 1,
      state: "uninitialized",
      sequence: null,
      version: null,
      used: 0,
      erased: 0,
      empty: 126,
    },
  ]);
  assertEquals(report.namespaces, [{ name: "<b onclick=x>", index: 1 }]);
  assertEquals(report.entries.at(-1), {
    namespace: "<b onclick=x>",
    key: "utf8",
    type: "string",
    value: "c328",
    value_encoding: "hex",
    page: 0,
    entry: 9,
    span: 2,
  });
  assertEquals(Object.keys(report.findings[0]), [
    "rule",
    "page",
    "entry",
    "message",
    "stored",
    "computed",
  ]);
  assertEquals(report.findings[0].rule, "data-crc32");
});

Deno.test("inspect --json --all adds what is erased", async () => {
  const { code, stdout } = await inspect(["dev.bin", "--json", "--all"], SMALL);
  assertEquals([code, JSON.parse(stdout).erased], [0, [{
    namespace: "device",
    namespace_index: 1,
    key: "boots",
    type: "u32",
    value: "1",
    page: 0,
    entry: 5,
    span: 1,
  }]]);
});

Deno.test("a finding of any format is exit status 5", async () => {
  const files = { "dev.bin": damagedImage().bytes };
  for (const format of [[], ["--json"], ["--csv"], ["--html", "x.html"], ["--page-map", "--all"]]) {
    const { code, stdout, stderr } = await inspect(["dev.bin", ...format], files);
    assertEquals(code, 5, format.join(" "));
    assertStringIncludes(stdout + stderr, "data-crc32");
  }
});

Deno.test("neither text nor JSON of a hostile image holds anything that a terminal obeys", async () => {
  const files = { "dev.bin": hostileImage().bytes };
  for (const format of [["--page-map", "--all"], ["--json", "--all"], ["--html", "x.html"]]) {
    const { code, stdout, stderr } = await inspect(["dev.bin", ...format], files);
    assertEquals(code, 5);
    assert(!/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u.test(stdout + stderr), format.join(" "));
  }
});

Deno.test({
  name: "on a terminal the CSV of a hostile image is escaped, and NO_COLOR is respected",
  ignore: Deno.build.os !== "linux" || isCompiled || !hasScript(),
  fn: async () => {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, { "dev.bin": hostileImage().bytes });
      const run = async (options: string, env: Record<string, string>) => {
        const deno = `'${Deno.execPath()}' run --quiet --cached-only --allow-read --allow-write`;
        const main = new URL("../../main.ts", import.meta.url).pathname;
        const config = new URL("../../deno.json", import.meta.url).pathname;
        const command = `${deno} '--config=${config}' '${main}' inspect dev.bin ${options}`;
        // The environment of the tests may have a NO_COLOR of its own.
        const { NO_COLOR: _, ...inherited } = Deno.env.toObject();
        const { stdout } = await new Deno.Command("script", {
          args: ["-qec", command, "/dev/null"],
          cwd,
          clearEnv: true,
          env: { ...inherited, ...env },
          stdin: "null",
        }).output();
        return new TextDecoder().decode(stdout);
      };
      const csv = await run("--csv", {});
      assertStringIncludes(csv, "<script>x,data,string");
      assert(!csv.includes("\x1b"), csv);
      assertStringIncludes(csv, "note: control characters are shown escaped");
      assertStringIncludes(await run("", {}), "\x1b[1mdev.bin");
      assert(!(await run("", { NO_COLOR: "1" })).includes("\x1b"));
    });
  },
});

function hasScript(): boolean {
  try {
    return new Deno.Command("script", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** An encrypted image with its key, and files that are not its key. */
function encrypted(): ImageFile {
  return vectors.find(({ name, keyArgs }) => name.includes("inputkey") && keyArgs.length > 0)!;
}

Deno.test("an encrypted image without a key, or with the wrong one, is named and not listed", async () => {
  const { path } = encrypted();
  const hmac = vectors.find(({ keyArgs }) => keyArgs[0] === "--hmac-key")!;
  const cases = [
    [
      path,
      [],
      "encrypted-without-key",
      /: is encrypted; give its key with --key FILE or --hmac-key FILE, or a folder of keys with --keys DIR\n$/,
    ],
    [
      path,
      hmac.keyArgs,
      "wrong-key",
      /: is encrypted with another key: no entry makes sense; check --key FILE or/,
    ],
    [hmac.path, encrypted().keyArgs, "wrong-key", /: is encrypted with another key/],
    [
      "dev.bin",
      encrypted().keyArgs,
      "not-encrypted",
      /^dev.bin: is not encrypted, but a key is given/,
    ],
  ] as const;
  for (const [image, keyArgs, rule, message] of cases) {
    for (const format of [[], ["--json"], ["--csv"], ["--html", "x.html"]]) {
      const { code, stdout, stderr } = await inspect([image, ...keyArgs, ...format], SMALL);
      assertEquals(code, 5);
      assertMatch(stderr, message);
      if (format[0] !== "--json") assertEquals(stdout, "");
      else {
        const { exit, problem_count, problems } = JSON.parse(stdout);
        assertEquals([exit, problem_count, problems[0].rule], [5, 1, rule]);
      }
    }
  }
});

Deno.test("an empty image is sound with a key and without one", async () => {
  const files = { "dev.bin": new Uint8Array(0x3000).fill(0xFF) };
  for (const keyArgs of [[], encrypted().keyArgs]) {
    const { code, stdout } = await inspect(["dev.bin", ...keyArgs], files);
    assertEquals([code, /no page in use, not encrypted, 0 of 378/.test(stdout)], [0, true]);
  }
});

Deno.test("files and options that are wrong have the statuses of the README", async () => {
  const files = {
    ...SMALL,
    "no.key": "x",
    "old.html": "keep",
    "empty.bin": "",
    "odd.bin": new Uint8Array(5000),
    "folder/": "",
  };
  const cases: [string[], number, RegExp][] = [
    [["gone.bin"], 3, /^gone.bin: does not exist; check the path\n/],
    [["folder"], 3, /^folder: is a folder; name /],
    [
      ["dev.bin", "--key", "no.key"],
      3,
      /^no.key: has 1 bytes; a key partition has 4096; this is text: /,
    ],
    [
      ["dev.bin", "--hmac-key", "no.key"],
      3,
      /^no.key: has 1 bytes; an HMAC key has 32; this is text: /,
    ],
    [["dev.bin", "--key", "gone.key"], 3, /^gone.key: does not exist; check the path/],
    [["dev.bin", "--html", "old.html"], 3, /^old.html: exists already/],
    [["dev.bin", "--html", "no.key/x.html"], 3, /^no.key: is a file, but a folder is needed there/],
    [["dev.bin", "--key", "a", "--hmac-key", "b"], 2, /--key and --hmac-key exclude each other/],
    [["dev.bin", "--json", "--csv"], 2, /--csv and --json exclude each other/],
    [["dev.bin", "--csv", "--all"], 2, /--csv and --all exclude each other/],
    [["dev.bin", "--json", "--page-map"], 2, /--json and --page-map exclude each other/],
    [["empty.bin"], 3, /^empty.bin: is empty; an NVS image has 4096 bytes or a multiple of it/],
    [["odd.bin"], 5, /^$/],
  ];
  for (const [args, expected, message] of cases) {
    await inTempFolder(async (cwd) => {
      writeFiles(cwd, files);
      const { code, stdout, stderr } = await runProgram(["inspect", ...args], { cwd });
      assertEquals(code, expected, args.join(" "));
      assertMatch(stderr, message);
      if (expected === 2 && args.includes("--json")) {
        assertEquals(stderr, `error: ${JSON.parse(stdout).error}\nTry: mfg_gen inspect --help\n`);
      } else assertEquals(stdout === "", expected !== 5);
      assertEquals(Deno.readTextFileSync(join(cwd, "old.html")), "keep");
    });
  }
});

Deno.test({
  name: "an image that is there and cannot be read is exit status 4",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTempFolder(async (cwd) => {
      Deno.symlinkSync("loop.bin", join(cwd, "loop.bin"));
      const { code, stderr } = await runProgram(["inspect", "loop.bin"], { cwd });
      assertEquals(code, 4);
      assertMatch(stderr, /^error: Cannot read "loop.bin"/);
    });
  },
});

Deno.test("--html writes one page beside any format, closed to others if the image was encrypted", async () => {
  await inTempFolder(async (cwd) => {
    const { path, keyArgs } = encrypted();
    const text = await runProgram(["inspect", path, ...keyArgs, "--html", "a.html"], { cwd });
    assertEquals([text.code, text.stderr], [0, ""]);
    assert(text.stdout.endsWith("\nno findings\n\npage: a.html\n"));
    const json = await runProgram(["inspect", path, ...keyArgs, "--json", "--html=b.html"], {
      cwd,
    });
    assertEquals([json.code, JSON.parse(json.stdout).findings], [0, []]);
    const page = Deno.readTextFileSync(join(cwd, "a.html"));
    assertEquals(Deno.readTextFileSync(join(cwd, "b.html")), page);
    assertMatch(page, /^<!DOCTYPE html>/);
    const { mode } = Deno.statSync(join(cwd, "a.html"));
    if (HAS_MODES) assertEquals(mode! & 0o777, 0o600);
  });
});

Deno.test("inspect --csv, then image: the same contents, the same bytes for an image as made", async () => {
  const wanted = ["all-types/Dev-1.bin", "all-types-v1/Dev-1.bin", "wifi-ap/Dev-1.bin"];
  const images = [
    ...vectors.filter(({ name }) => wanted.includes(name)),
    encrypted(),
    ...devices.filter(({ name }) => name === "worn-all-types-500.bin"),
  ];
  assertEquals(images.length, wanted.length + 2);
  for (const { name, path, keyArgs } of images) {
    await inTempFolder(async (cwd) => {
      const csv = await runProgram(["inspect", path, ...keyArgs, "--csv"], { cwd });
      assertEquals([csv.code, csv.stderr], [0, ""], name);
      writeFiles(cwd, { "nvs.csv": utf8.encode(csv.stdout) });
      const size = `${Deno.statSync(path).size}`;
      const version = name.includes("-v1") ? ["--version", "1"] : [];
      const inputKey = keyArgs.length > 0 ? ["--inputkey", keyArgs[1]!] : [];
      const made = await runProgram(
        ["image", "nvs.csv", "copy.bin", size, ...version, ...inputKey],
        { cwd },
      );
      assertEquals(made.code, 0, made.stderr);
      if (!name.startsWith("worn")) {
        assertEquals(Deno.readFileSync(join(cwd, "copy.bin")), Deno.readFileSync(path), name);
      }
      const diff = await runProgram(["diff", path, "copy.bin", ...keyArgs], { cwd });
      assertEquals(diff, { code: 0, stdout: "no differences\n", stderr: "" });
    });
  }
});

Deno.test("what the CSV cannot say is named on standard error, with exit status 5", async () => {
  const { code, stdout, stderr } = await inspect(["dev.bin", "--csv"], {
    "dev.bin": hostileImage().bytes,
  });
  assertEquals(code, 5);
  assertMatch(stdout, /^key,type,encoding,value\r\n<b onclick=x>,namespace,,\r\n/);
  assertStringIncludes(stderr, "not in the CSV: <b onclick=x>/utf8: the string is not UTF-8\n");
  assert(!stderr.includes("\x1b"));
});

import { hash } from "node:crypto";
import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { zip, type ZipEntry } from "../../scripts/zip.ts";
import { drawnBytes, HAS_MODES, inTempFolder, seededRandom } from "../helpers.ts";
import { unzip } from "./unzip.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NOISE = drawnBytes(seededRandom(1), 10_000);

const ENTRIES: ZipEntry[] = [
  { path: "box/run.sh", data: bytes("#!/bin/sh\necho it runs\n"), isExecutable: true },
  { path: "box/empty.txt", data: bytes("") },
  { path: "box/same.txt", data: bytes("again and ".repeat(1000)) },
  { path: "box/noise.bin", data: NOISE },
  { path: "box/größe/名前.txt", data: bytes("ä") },
];

const hex = (data: Uint8Array) => data.toHex();

Deno.test("zip: one stored file, byte by byte", () => {
  const local = [
    "504b0304 1400 0008 0000 0000 2100", // version 2.0, UTF-8 names, stored, 0:00, 1980-01-01
    "43beb7e8 01000000 01000000 0100 0000", // CRC-32 of "a", sizes, name, nothing extra
  ].join("");
  const central = [
    "504b0102 1403 1400 0008 0000 0000 2100", // made by version 2.0 on Unix
    "43beb7e8 01000000 01000000 0100 0000 0000",
    "0000 0000 0000a481 00000000", // disk, attributes, mode 0100644, offset of the local header
  ].join("");
  const end = "504b0506 0000 0000 0100 0100 2f000000 20000000 0000";
  const parts = [local, "6e", "61", central, "6e", end]; // named "n", contains "a"
  assertEquals(
    hex(zip([{ path: "n", data: bytes("a") }])),
    parts.join("").replaceAll(" ", ""),
  );
});

Deno.test("zip: what is read back is what was put in", () => {
  const files = unzip(zip(ENTRIES));
  assertEquals([...files.keys()], ENTRIES.map(({ path }) => path).sort());
  for (const { path, data, isExecutable } of ENTRIES) {
    assertEquals(files.get(path)!.data, data, path);
    assertEquals(files.get(path)!.mode, isExecutable ? 0o100755 : 0o100644, path);
  }
});

Deno.test("zip: repetition shrinks, noise is stored as it is", () => {
  const sizeOf = (data: Uint8Array) => zip([{ path: "f", data }]).length - zip([]).length;
  const headerSize = sizeOf(bytes(""));
  assertEquals(sizeOf(NOISE), headerSize + NOISE.length);
  assertEquals(sizeOf(bytes("again and ".repeat(1000))) < headerSize + 200, true);
});

Deno.test("zip: the order of the files does not matter", () => {
  assertEquals(hash("sha256", zip(ENTRIES)), hash("sha256", zip(ENTRIES.toReversed())));
});

for (const path of ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "C:a", "."]) {
  Deno.test(`zip: refuses the path "${path}"`, () => {
    assertThrows(() => zip([{ path, data: bytes("") }]), RangeError, `Cannot zip "${path}"`);
  });
}

Deno.test("zip: refuses a path that is there twice", () => {
  const twice = [ENTRIES[0]!, ENTRIES[1]!, ENTRIES[0]!];
  assertThrows(() => zip(twice), RangeError, 'Cannot zip "box/run.sh" twice');
});

/** Programs that unpack, where they are installed. */
const UNPACKERS: Record<string, (archive: string, folder: string) => [string, ...string[]]> = {
  unzip: (archive, folder) => ["unzip", "-q", archive, "-d", folder],
  python3: (archive, folder) => ["python3", "-m", "zipfile", "-e", archive, folder],
  bsdtar: (archive, folder) => ["bsdtar", "-xf", archive, "-C", folder],
};

for (const [program, commandFor] of Object.entries(UNPACKERS)) {
  Deno.test({
    name: `zip: ${program} unpacks it`,
    ignore: !await isInstalled(program),
    fn: () =>
      inTempFolder(async (folder) => {
        const archive = join(folder, "box.zip");
        const output = join(folder, "out");
        Deno.mkdirSync(output);
        Deno.writeFileSync(archive, zip(ENTRIES));
        const [command, ...args] = commandFor(archive, output);
        // A UTF-8 locale, as unzip turns other names into escapes elsewhere.
        const env = { LC_ALL: "C.UTF-8" };
        const { code, stderr } = await new Deno.Command(command, { args, env }).output();
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
        for (const { path, data } of ENTRIES) {
          assertEquals(Deno.readFileSync(join(output, path)), data, path);
        }
        // Python's zipfile leaves modes out.
        if (HAS_MODES && program !== "python3") {
          const run = await new Deno.Command(join(output, "box/run.sh")).output();
          assertEquals(new TextDecoder().decode(run.stdout), "it runs\n");
        }
      }),
  });
}

async function isInstalled(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["-h"], stdout: "null", stderr: "null" }).output();
    return true;
  } catch {
    return false;
  }
}

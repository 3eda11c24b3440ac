/**
 * Paths on Windows, by the functions that `@std/path` has for it, as far as they
 * can be shown on another system.
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { basename, dirname, isAbsolute, join, relative } from "@std/path/windows";
import { temporaryPath } from "../../src/files/new_file.ts";
import { freshHmacKeys } from "../../src/keys/fresh_hmac.ts";
import { NO_KEYS } from "../../src/keys/none.ts";
import {
  allPaths,
  deviceFiles,
  deviceName,
  foldedName,
  nameLengthFault,
  namePartFault,
} from "../../src/plan/names.ts";
import { seededRandom } from "../helpers.ts";

const FRESH_HMAC = freshHmacKeys(undefined);
const paths = (name: string): string[] => allPaths(deviceFiles(name, true, FRESH_HMAC));

/** Output folders as they may be given, and where a device's image is then. */
const OUTDIRS: Record<string, string> = {
  ".": "bin\\Dev-1.bin",
  "out": "out\\bin\\Dev-1.bin",
  "out\\": "out\\bin\\Dev-1.bin",
  "out/today": "out\\today\\bin\\Dev-1.bin",
  "..\\out": "..\\out\\bin\\Dev-1.bin",
  "\\out": "\\out\\bin\\Dev-1.bin",
  "C:\\": "C:\\bin\\Dev-1.bin",
  "C:\\out": "C:\\out\\bin\\Dev-1.bin",
  "C:/out/": "C:\\out\\bin\\Dev-1.bin",
  "C:out": "C:out\\bin\\Dev-1.bin", // below the current folder of drive C
  "\\\\server\\share": "\\\\server\\share\\bin\\Dev-1.bin",
  "//server/share/out": "\\\\server\\share\\out\\bin\\Dev-1.bin",
  "\\\\?\\C:\\out": "\\\\?\\C:\\out\\bin\\Dev-1.bin",
};

for (const [outdir, image] of Object.entries(OUTDIRS)) {
  Deno.test(`Windows: --outdir ${outdir} puts images into ${dirname(image)}`, () => {
    assertEquals(join(outdir, deviceFiles("Dev-1", false, NO_KEYS).image), image);
    for (const path of paths("Dev-1")) {
      const folder = path.slice(0, path.indexOf("/"));
      assertEquals(dirname(join(outdir, path)), join(outdir, folder));
      assertEquals(`${folder}/${basename(join(outdir, path))}`, path);
    }
  });
}

Deno.test("Windows: paths of the manifest are relative, and not of any drive", () => {
  for (const path of paths("Dev-1")) {
    assertEquals([isAbsolute(path), path.includes("\\")], [false, false]);
  }
});

const REFUSED: Record<string, readonly string[]> = {
  "is a reserved name": [
    ["CON", "con", "PRN", "AUX", "NUL", "nul.txt", "Con.tar.gz"],
    Array.from({ length: 10 }, (_, digit) => [`COM${digit}`, `lpt${digit}.log`]).flat(),
    ["COM¹", "com²", "LPT³"],
  ].flat(),
  "would name another folder": ["a/b", "a\\b", "\\\\server\\share", "..\\a", "C:\\a", "\\"],
  "does not allow in names": ["C:", "C:a", "a:stream", "a::$DATA", "a*", "a?", "<a>", "a|b", '"a"'],
  "Windows drops": ["a.", "a...", "a ", "a. .", "."],
  "control character": ["a\tb", "a\r", "\0", "a\x1f", "\x7f"],
};

for (const [says, parts] of Object.entries(REFUSED)) {
  for (const part of parts) {
    Deno.test(`Windows: ${JSON.stringify(part)} ${says}`, () => {
      const fault = namePartFault(part, true);
      assert(fault?.includes(says) || part.includes("..") && fault?.includes('".."'), fault);
    });
  }
}

Deno.test("Windows: names near reserved ones are fine", () => {
  for (const part of ["CONSOLE", "COM10", "COM", "LPT", "NULL", "aux1", "a.con", "com1a", "$"]) {
    assertEquals(namePartFault(part, true), undefined, part);
  }
});

/** Pieces that paths are made of, good and bad. */
const PIECES = ["a", "Z", "9", "é", "語", ".", "..", " ", "/", "\\", ":", "C:", "con", "nul", "-"];

Deno.test("Windows: whatever is accepted stays in its folder, under its name", () => {
  const random = seededRandom(5);
  const piece = () => PIECES[Math.floor(random() * PIECES.length)]!;
  let acceptedCount = 0;
  for (let round = 0; round < 20_000; round++) {
    const part = Array.from({ length: 1 + random() * 4 }, piece).join("");
    if (namePartFault(part, true) !== undefined) continue;
    acceptedCount++;
    for (
      const name of [deviceName("Dev", undefined, 1, part), deviceName(part, undefined, 1, "1")]
    ) {
      for (const path of paths(name)) {
        for (const outdir of ["out", "C:\\out", "C:out", "\\\\server\\share\\out"]) {
          assertEquals(relative(outdir, join(outdir, path)), path.replace("/", "\\"));
        }
      }
    }
  }
  assert(acceptedCount > 2000, String(acceptedCount));
});

/** Each line is one name on a file system that ignores case or composes characters. */
const SAME: readonly (readonly string[])[] = [
  ["Dev-a1", "Dev-A1", "DEV-A1"],
  ["Dev-é", "Dev-É", "Dev-e\u0301", "Dev-E\u0301"],
  ["Dev-Å", "Dev-\u212b", "Dev-å"],
  ["Dev-ж", "Dev-Ж"],
];

for (const names of SAME) {
  Deno.test(`Windows: ${names.join(", ")} are one name`, () => {
    assertEquals(new Set(names.map(foldedName)).size, 1);
  });
}

Deno.test("Windows: different names stay different", () => {
  const names = ["Dev-1", "Dev-01", "Dev-l", "Dev-i", "Dev-o", "Dev-0", "Dev-e", "Dev-é"];
  assertEquals(new Set(names.map(foldedName)).size, names.length);
});

/** NTFS counts UTF-16 units, other file systems bytes; 255 of either is the limit. */
const MAX_NAME = 255;
/** Random digits of a run, as they are in temporary names. */
const MARK = "0123456789abcdef";

for (const character of ["x", "é", "語", "😀"]) {
  Deno.test(`Windows: the longest name of ${character} fits, also while it is written`, () => {
    let name = "";
    while (nameLengthFault(name + character) === undefined) name += character;
    assert(new TextEncoder().encode(name).length > 195);
    for (const path of paths(name)) {
      const temporary = basename(temporaryPath(path, MARK));
      assertLessOrEqual(temporary.length, MAX_NAME);
      assertLessOrEqual(new TextEncoder().encode(temporary).length, MAX_NAME);
    }
  });
}

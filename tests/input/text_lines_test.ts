import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { hash } from "node:crypto";
import type { TextEncoding } from "../../src/input/text_encoding.ts";
import { TextError, TextReader, type TextStart } from "../../src/input/text_lines.ts";
import { utf16 } from "../cli/bad_inputs.ts";
import { seededRandom } from "../helpers.ts";

const CHUNK_SIZES = [1, 2, 3, 7, 64 * 1024];
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const LF = 0x0A;
const CR = 0x0D;

/** Chunks that share one buffer, as a reader of files yields them. */
function* chunksOf(bytes: Uint8Array, chunkSize: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(chunkSize);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    buffer.fill(0x21);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

function linesOf(content: string | Uint8Array, chunkSize: number): string[] {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return allLines(new TextReader(chunksOf(bytes, chunkSize)));
}

function allLines(reader: TextReader): string[] {
  const lines: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line);
  return lines;
}

function bytes(...parts: (string | number)[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) => typeof part === "number" ? part : [...new TextEncoder().encode(part)]),
  );
}

for (
  const [content, lines] of [
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\nb", ["a", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\rb\r", ["a", "b"]],
    ["a\n\rb", ["a", "", "b"]],
    ["a\r\n\nb\r\r\nc", ["a", "", "b", "", "c"]],
    ["\n", [""]],
    ["\n\n", ["", ""]],
    ["\r\n\r\n", ["", ""]],
    ["\uFEFF", []],
    ["\uFEFFa\n\uFEFFb", ["a", "\uFEFFb"]],
    ["\uFEFF\na", ["", "a"]],
    ["é\n語🙂\nz", ["é", "語🙂", "z"]],
    ["a\u2028b\u0085c\vd\fe", ["a\u2028b\u0085c\vd\fe"]],
    ["ab\0c\n", ["ab\0c"]],
    ["\uFFFD\n", ["\uFFFD"]],
  ] as const
) {
  Deno.test(`lines of ${JSON.stringify(content)}, in chunks of any size`, () => {
    for (const chunkSize of CHUNK_SIZES) {
      assertEquals(linesOf(content, chunkSize), [...lines], `chunks of ${chunkSize}`);
      if (content.startsWith("\uFEFF")) continue; // there is one mark already
      for (const littleEndian of [true, false]) {
        const found = linesOf(utf16(content, littleEndian), chunkSize);
        assertEquals(found, [...lines], `UTF-16, chunks of ${chunkSize}`);
      }
    }
  });
}

Deno.test("a text of many lines, longer than a chunk", () => {
  const lines = Array.from({ length: 20000 }, (_, index) => `${index},${"é".repeat(index % 50)}`);
  for (const end of ["\n", "\r\n", "\r"]) {
    for (const chunkSize of [4096, 64 * 1024]) {
      assertEquals(linesOf(lines.join(end), chunkSize), lines);
    }
  }
});

for (
  const [name, content, line] of [
    ["a Latin-1 byte", bytes("a\nb\ncaf", 0xE9, "\n"), 3],
    ["a Latin-1 byte in the first line", bytes("caf", 0xE9), 1],
    ["a Latin-1 byte behind CRLF", bytes("a\r\n\r\n", 0xE9, "\r\n"), 3],
    ["a character that is cut off", bytes("a\n", 0xC3), 2],
    ["an overlong encoding", bytes("a\n", 0xC0, 0x80, "\n"), 2],
    ["a surrogate", bytes("a\nb", 0xED, 0xA0, 0x80), 2],
    ["a byte behind U+FFFD of the file's own", bytes("\uFFFD\n\uFFFD\nx", 0xE9, "\n"), 3],
  ] as const
) {
  Deno.test(`${name} is refused with its line, in chunks of any size`, () => {
    for (const chunkSize of CHUNK_SIZES) {
      const error = assertThrows(() => linesOf(content, chunkSize), TextError, "is not UTF-8");
      assertEquals(error.line, line, `chunks of ${chunkSize}`);
    }
  });
}

for (
  const [name, content] of [
    ["UTF-16 LE without a mark", bytes(0x61, 0, 0x0A, 0)],
    ["UTF-16 BE without a mark", bytes(0, 0x61, 0, 0x0A)],
  ] as const
) {
  Deno.test(`${name} is named`, () => {
    const error = assertThrows(() => linesOf(content, 64 * 1024), TextError, "is UTF-16");
    assertEquals(error.line, 1);
  });
}

Deno.test("a line without an end is not read into memory for ever", () => {
  function* endless(): Generator<Uint8Array> {
    const chunk = new Uint8Array(1024 * 1024).fill(0x61);
    for (let i = 0; i < 100; i++) yield chunk;
    throw new Error("all of it was read");
  }
  assertThrows(() => allLines(new TextReader(endless())), TextError, "this is no CSV file");
});

for (
  const [name, sizeBytes, end, isTaken] of [
    ["32 MiB", MAX_LINE_BYTES, [], true],
    ["32 MiB and CRLF", MAX_LINE_BYTES, [CR, LF], true],
    ["32 MiB and CR", MAX_LINE_BYTES, [CR], true],
    ["a byte more", MAX_LINE_BYTES + 1, [], false],
    ["a byte more and CR", MAX_LINE_BYTES + 1, [CR], false],
    ["a byte more and LF", MAX_LINE_BYTES + 1, [LF], false],
  ] as const
) {
  Deno.test(`a line of ${name} is ${isTaken ? "taken" : "refused"}, in chunks of any size`, () => {
    const content = new Uint8Array(2 + sizeBytes + end.length).fill(0x61);
    content.set([LF], 1);
    content.set(end, 2 + sizeBytes);
    for (const chunkSize of [4097, 64 * 1024, content.length]) {
      const reader = new TextReader(chunksOf(content, chunkSize));
      assertEquals(reader.next(), "a");
      if (isTaken) assertEquals([reader.next()?.length, reader.next()], [sizeBytes, undefined]);
      else assertEquals(assertThrows(() => reader.next(), TextError, "is longer").line, 2);
    }
  });
}

Deno.test("the lines before a fault are read, in chunks of any size", () => {
  for (const chunkSize of CHUNK_SIZES) {
    const reader = new TextReader(chunksOf(bytes("\uFEFFa\né\r\n", 0xFF, "\nb"), chunkSize));
    assertEquals([reader.next(), reader.next()], ["a", "é"]);
    for (let time = 0; time < 2; time++) {
      assertEquals(assertThrows(() => reader.next(), TextError).line, 3);
    }
  }
});

for (const chunks of [["a\n"], ["a\r\n"], ["a\r", "\n"], ["a\r", "b"], ["a\r", "b\r"], ["a\rb"]]) {
  Deno.test(`${JSON.stringify(chunks)} is enough to know the first line`, () => {
    function* fromFile(): Generator<Uint8Array> {
      yield* chunks.map((chunk) => bytes(chunk));
      throw new Error("more was read");
    }
    assertEquals(new TextReader(fromFile()).next(), "a");
  });
}

/** A text in an encoding; its byte order mark is one of the text's characters. */
const ENCODERS: Record<TextEncoding, (text: string) => Uint8Array> = {
  "utf-8": (text) => new TextEncoder().encode(text),
  "utf-16le": (text) => utf16(text, true, false),
  "utf-16be": (text) => utf16(text, false, false),
};

/** Lines as Python splits them, with the byte offsets at which they begin. */
function reference(
  text: string,
  encode: (text: string) => Uint8Array,
): { line: string; offset: number }[] {
  const lines: { line: string; offset: number }[] = [];
  let offset = 0;
  for (const [piece, line] of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
    if (piece === "" || text === "\uFEFF") break;
    lines.push({ line: line!.replace(/^\uFEFF/, offset === 0 ? "" : "\uFEFF"), offset });
    offset += encode(piece).length;
  }
  return lines;
}

for (const [encoding, encode] of Object.entries(ENCODERS)) {
  Deno.test(`parts of ${encoding}: offsets, lines and hashes; read again, they are the same`, () => {
    const random = seededRandom(20260711);
    const pieces = ["a", "bc,", "é", "語", "🙂", "\n", "\r\n", "\r", "\n", '"', ""];
    for (let round = 0; round < 400; round++) {
      const count = Math.floor(random() * 60);
      let text = round % 5 === 0 || encoding !== "utf-8" ? "\uFEFF" : "";
      for (let n = 0; n < count; n++) text += pieces[Math.floor(random() * pieces.length)];
      const content = encode(text);
      const chunkSize = 1 + Math.floor(random() * 20);
      const expected = reference(text, encode);
      const reader = new TextReader(chunksOf(content, chunkSize));
      let start: TextStart | undefined;
      let lines: string[] = [];
      for (let read = 0; read <= expected.length; read++) {
        if (random() < 0.3 || read === expected.length) {
          if (read === expected.length) assertEquals(reader.next(), undefined);
          const { offset, line, sha256 } = reader.mark();
          assertEquals([offset, line], [expected[read]?.offset ?? content.length, read + 1], text);
          const part = content.slice(start?.offset, offset);
          const inUtf8 = new TextDecoder(encoding, { ignoreBOM: true }).decode(part);
          assertEquals(sha256, hash("sha256", inUtf8, "hex"));
          const again = new TextReader(chunksOf(part, chunkSize), start);
          assertEquals(allLines(again), lines);
          if (lines.length > 0) assertEquals(again.line, (start?.line ?? 1) + lines.length - 1);
          const hasBegun = offset > 0;
          start = hasBegun ? { offset, line, encoding: reader.encoding } : undefined;
          lines = [];
        }
        if (read === expected.length) break;
        const line = reader.next();
        assertEquals([line, reader.line], [expected[read]!.line, read + 1], text);
        lines.push(line!);
      }
      if (content.length > 0) assertEquals<string>(reader.encoding, encoding);
    }
  });
}

for (
  const [name, text, line] of [
    ["a high surrogate alone", "a\nb\uD83Dc\n", 2],
    ["a high surrogate at the end of a line", "a\r\nb\r\n\uD83D\nz", 3],
    ["a low surrogate alone", "a\n\n\uFFFD\uDE00\n", 3],
    ["a pair in the wrong order", "a\n\uDE00\uD83D", 2],
    ["a high surrogate at the very end", "a\nb\nc\uD83D", 3],
    ["a high surrogate in front of a pair", "\uD83D\uD83D\uDE00\n", 1],
  ] as const
) {
  Deno.test(`UTF-16: ${name} is refused with its line, in chunks of any size`, () => {
    for (const chunkSize of CHUNK_SIZES) {
      for (const littleEndian of [true, false]) {
        const content = utf16(text, littleEndian);
        const error = assertThrows(() => linesOf(content, chunkSize), TextError, "is not UTF-16");
        assertEquals(error.line, line, `chunks of ${chunkSize}`);
      }
    }
  });
}

Deno.test("UTF-16: half a character at the end is refused with its line", () => {
  for (const chunkSize of CHUNK_SIZES) {
    const content = utf16("a\nbc", true).slice(0, -1);
    assertEquals(assertThrows(() => linesOf(content, chunkSize), TextError).line, 2);
  }
});

Deno.test("UTF-16: memory does not grow with the text", () => {
  const chunk = utf16("abcdefg,🙂\n".repeat(1000), true, false);
  function* many(): Generator<Uint8Array> {
    yield Uint8Array.of(0xFF, 0xFE);
    for (let n = 0; n < 1000; n++) yield chunk;
  }
  const reader = new TextReader(many());
  const before = Deno.memoryUsage().external;
  while (reader.next() !== undefined);
  const grown = Deno.memoryUsage().external - before;
  assert(grown < 8 * chunk.length + 4 * 1024 * 1024, `${grown} bytes more`);
  assertEquals([reader.line, reader.mark().offset], [1_000_000, 2 + 1000 * chunk.length]);
});

/** What a zip archive begins with, whose first file has the name. */
function zipStart(name: string): Uint8Array {
  const header = new Uint8Array(30);
  header.set([0x50, 0x4B, 0x03, 0x04, 0x0A]); // a version that looks like a line end
  header[26] = name.length;
  return bytes(...header, name, "\n\x00\n");
}

for (
  const [name, content, message] of [
    [".xlsx of Excel", zipStart("[Content_Types].xml"), "is an Excel workbook (.xlsx)"],
    [".xlsx of a library", zipStart("xl/workbook.xml"), "is an Excel workbook (.xlsx)"],
    [".xlsx of LibreOffice", zipStart("_rels/.rels"), "is an Excel workbook (.xlsx)"],
    [".ods", zipStart("mimetype"), "is an OpenDocument file (.ods)"],
    [".xls", bytes(0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0), "Excel workbook (.xls)"],
  ] as const
) {
  Deno.test(`a workbook, ${name}, is named, and how to save it as a CSV`, () => {
    for (const chunkSize of CHUNK_SIZES) {
      const error = assertThrows(() => linesOf(content, chunkSize), TextError, message);
      assertMatch(error.message, /no CSV; open it, and save it by File > Save As as ".*CSV/);
      assertEquals(error.line, 1);
    }
  });
}

for (const text of ["PK", "P", "PKI\n1", "PK\x03\x04", "PK\x03\x04abc\n", "\x01"]) {
  Deno.test(`${JSON.stringify(text)} is no workbook, but text`, () => {
    for (const chunkSize of CHUNK_SIZES) {
      assertEquals(linesOf(text, chunkSize), text.trimEnd().split("\n"));
    }
  });
}

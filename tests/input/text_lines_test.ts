import { assertEquals, assertThrows } from "@std/assert";
import { hash } from "node:crypto";
import { TextError, TextReader } from "../../src/input/text_lines.ts";
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
    ["UTF-16 LE with its mark", bytes(0xFF, 0xFE, 0x61, 0, 0x0A, 0)],
    ["UTF-16 BE with its mark", bytes(0xFE, 0xFF, 0, 0x61, 0, 0x0A)],
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

/** Lines as Python splits them, with the byte offsets at which they begin. */
function reference(text: string): { line: string; offset: number }[] {
  const utf8 = new TextEncoder();
  const lines: { line: string; offset: number }[] = [];
  let offset = 0;
  for (const [piece, line] of text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n|$)/g)) {
    if (piece === "" || text === "\uFEFF") break;
    lines.push({ line: line!.replace(/^\uFEFF/, offset === 0 ? "" : "\uFEFF"), offset });
    offset += utf8.encode(piece).length;
  }
  return lines;
}

Deno.test("parts: their offsets, lines and hashes are those of the bytes; read again, the same", () => {
  const random = seededRandom(20260711);
  const pieces = ["a", "bc,", "é", "語", "🙂", "\n", "\r\n", "\r", "\n", '"', ""];
  for (let round = 0; round < 400; round++) {
    const count = Math.floor(random() * 60);
    let text = round % 5 === 0 ? "\uFEFF" : "";
    for (let n = 0; n < count; n++) text += pieces[Math.floor(random() * pieces.length)];
    const content = new TextEncoder().encode(text);
    const chunkSize = 1 + Math.floor(random() * 20);
    const expected = reference(text);
    const reader = new TextReader(chunksOf(content, chunkSize));
    let start = { offset: 0, line: 1 };
    let lines: string[] = [];
    for (let read = 0; read <= expected.length; read++) {
      if (random() < 0.3 || read === expected.length) {
        if (read === expected.length) assertEquals(reader.next(), undefined);
        const { offset, line, sha256 } = reader.mark();
        assertEquals([offset, line], [expected[read]?.offset ?? content.length, read + 1], text);
        const part = content.slice(start.offset, offset);
        assertEquals(sha256, hash("sha256", part, "hex"));
        const again = new TextReader(chunksOf(part, chunkSize), start);
        assertEquals(allLines(again), lines);
        if (lines.length > 0) assertEquals(again.line, start.line + lines.length - 1);
        start = { offset, line };
        lines = [];
      }
      if (read === expected.length) break;
      const line = reader.next();
      assertEquals([line, reader.line], [expected[read]!.line, read + 1], text);
      lines.push(line!);
    }
  }
});

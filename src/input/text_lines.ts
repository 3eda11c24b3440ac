/**
 * Bytes of a text file to lines. A line ends with LF, CRLF or CR, as in
 * Python's text files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { utf8Size } from "../nvs/utf8.ts";
import { CR, LF, LineBlocks } from "./line_blocks.ts";
import { ENCODING_NAME, type TextEncoding, UNIT_BYTES, Utf8Chunks } from "./text_encoding.ts";

/** Thrown when bytes are not the text that a CSV has to be. */
export class TextError extends SyntaxError {
  override name = "TextError";
  readonly code: "not-text" | "workbook";
  /** Line of the first wrong byte, from 1. */
  readonly line: number;

  constructor(code: "not-text" | "workbook", message: string, line: number) {
    super(message);
    this.code = code;
    this.line = line;
  }
}

/** Where a reader begins in its file. */
export interface TextStart {
  /** Number of the first line, from 1. */
  line: number;
  /** Byte offset of the first line. */
  offset: number;
  /** That of the file, which only its first bytes tell. */
  encoding: TextEncoding;
}

/** The end of a part of a text. */
export interface TextMark {
  /** Byte offset in the file of the line that comes next. */
  offset: number;
  /** Number of that line, from 1. */
  line: number;
  /** SHA-256 of the part's bytes in UTF-8, in hex. */
  sha256: string;
}

const BYTE_ORDER_MARK = "\uFEFF";
/** A line longer than this is no line of a CSV: more than 30 blobs of the largest size in hex. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * Lines of a text in UTF-8, or in UTF-16 with its byte order mark, pulled one by
 * one, with their places in bytes. A byte order mark is dropped. A last line without an end counts; what follows the
 * last end does not when it is empty.
 *
 * Time is linear in the bytes, whatever they are; memory is that of the longest
 * line and a chunk.
 */
export class TextReader {
  readonly #chunks: Utf8Chunks;
  readonly #blocks: LineBlocks;
  /** In UTF-8. */
  #block = NO_BYTES;
  /** Bytes of the file before the block. */
  #blockOffset: number;
  /** The lines of the block, with their ends. */
  #text = "";
  /** Character of the text that the next line begins with. */
  #at = 0;
  /** The first of each line end from `#at` on; the text's length when there is none. */
  #nextLf = 0;
  #nextCr = 0;
  #line: number;
  /** What comes behind the text instead of another block. */
  #fault: TextError | undefined;
  #hash = createHash("sha256");
  /** How much of the block the hash has: bytes, and characters of the text. */
  #hashed = { bytes: 0, characters: 0 };

  /**
   * @param chunks The bytes; a chunk may use the memory of the one before again.
   * @param start Where in the file they begin, when not at its start.
   */
  constructor(chunks: Iterable<Uint8Array>, start?: TextStart) {
    this.#line = (start?.line ?? 1) - 1;
    this.#blockOffset = start?.offset ?? 0;
    this.#chunks = new Utf8Chunks(chunks, start?.encoding, (message) => {
      throw new TextError("workbook", message, 1);
    });
    this.#blocks = new LineBlocks(this.#chunks, MAX_LINE_BYTES);
  }

  /** How the file's characters are stored, once a line was read. */
  get encoding(): TextEncoding {
    return this.#chunks.encoding;
  }

  /** Number of the line that {@linkcode next} returned last, from 1. */
  get line(): number {
    return this.#line;
  }

  /** Byte offset in the file up to which the reader has taken bytes; about, in UTF-16. */
  get bytesRead(): number {
    const unitBytes = this.encoding === "utf-8" ? 1 : UNIT_BYTES;
    return this.#blockOffset + unitBytes * this.#blocks.bufferedBytes;
  }

  /**
   * The next line without its end, or `undefined` behind the last one.
   *
   * @throws {TextError} On UTF-16 without a mark, on a workbook, on a line that is no text of the
   * encoding, and on one of more than 32 MiB.
   */
  next(): string | undefined {
    while (this.#at === this.#text.length) {
      if (!this.#takeBlock()) return undefined;
    }
    const text = this.#text;
    const at = this.#at;
    if (this.#nextLf < at) this.#nextLf = indexIn(text, "\n", at);
    if (this.#nextCr < at) this.#nextCr = indexIn(text, "\r", at);
    const end = Math.min(this.#nextLf, this.#nextCr);
    const endLength = this.#nextCr === end && this.#nextLf === end + 1 ? 2 : 1;
    this.#at = Math.min(end + endLength, text.length);
    this.#line++;
    return text.slice(at, end);
  }

  /**
   * Ends a part before the line that {@linkcode next} would return. All parts
   * up to the end are the file, byte for byte. Costs time by the part's bytes.
   */
  mark(): TextMark {
    this.#hashTo(this.#at);
    const sha256 = this.#hash.digest("hex");
    this.#hash = createHash("sha256");
    const offset = this.#blockOffset + this.#fileBytes(this.#hashed.bytes, this.#at);
    return { offset, line: this.#line + 1, sha256 };
  }

  /** Bytes in the file of what has so many in UTF-8 and so many characters, which are code units. */
  #fileBytes(utf8Bytes: number, characters: number): number {
    return this.encoding === "utf-8" ? utf8Bytes : characters * UNIT_BYTES;
  }

  /** @param characters The characters of the text whose bytes the hash is to have. */
  #hashTo(characters: number): void {
    const { bytes: start, characters: hashedCharacters } = this.#hashed;
    const isAscii = this.#text.length === this.#block.length;
    const end = isAscii
      ? characters
      : start + utf8Size(this.#text.slice(hashedCharacters, characters));
    this.#hash.update(this.#block.subarray(start, end));
    this.#hashed = { bytes: end, characters };
  }

  /** Goes on to the next block; `false` if there is none. */
  #takeBlock(): boolean {
    if (this.#fault !== undefined) throw this.#fault;
    this.#hash.update(this.#block.subarray(this.#hashed.bytes));
    this.#blockOffset += this.#fileBytes(this.#block.length, this.#text.length);
    this.#hashed = { bytes: 0, characters: 0 };
    this.#block = this.#blocks.next() ?? NO_BYTES;
    this.#text = this.#textOf(this.#block);
    this.#at = this.#blockOffset === 0 && this.#text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
    this.#nextLf = indexIn(this.#text, "\n", 0);
    this.#nextCr = indexIn(this.#text, "\r", 0);
    return this.#block.length > 0;
  }

  /** The text of a block, up to the line that is at fault. */
  #textOf(block: Uint8Array): string {
    const line = this.#line + 1;
    if (this.#blockOffset === 0 && isUtf16(block)) {
      const message = "is UTF-16 without a byte order mark; save the file as UTF-8";
      this.#fault = new TextError("not-text", message, line);
      return "";
    }
    if (block.length > MAX_LINE_BYTES && endOfLine(block) > MAX_LINE_BYTES) {
      const message = `is longer than ${MAX_LINE_BYTES} bytes; this is no CSV file`;
      this.#fault = new TextError("not-text", message, line);
      return "";
    }
    try {
      return decodeUtf8(block);
    } catch {
      const sound = soundLines(block);
      const message = `is not ${ENCODING_NAME[this.encoding]}; save the file as UTF-8`;
      this.#fault = new TextError("not-text", message, line + sound.count);
      return decodeUtf8(block.subarray(0, sound.sizeBytes));
    }
  }
}

/** Where a character is, from `at` on; behind the text if nowhere. */
function indexIn(text: string, character: string, at: number): number {
  const index = text.indexOf(character, at);
  return index < 0 ? text.length : index;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws {TypeError} If the bytes are no UTF-8. */
function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The lines in front of the first one that is no UTF-8; there is one. */
function soundLines(block: Uint8Array): { count: number; sizeBytes: number } {
  const sound = { count: 0, sizeBytes: 0 };
  while (true) {
    const rest = block.subarray(sound.sizeBytes);
    const end = endOfLine(rest);
    try {
      decodeUtf8(rest.subarray(0, end));
    } catch {
      return sound;
    }
    sound.count++;
    sound.sizeBytes += end + (rest[end] === CR && rest[end + 1] === LF ? 2 : 1);
  }
}

/** Offset of the first line end, or that behind the bytes if there is none. */
function endOfLine(bytes: Uint8Array): number {
  const end = bytes.findIndex((byte) => byte === LF || byte === CR);
  return end < 0 ? bytes.length : end;
}

/** @param start The first bytes of a file without a mark of UTF-16. */
function isUtf16(start: Uint8Array): boolean {
  const [first, second] = start;
  return start.length > 1 && (first === 0 || second === 0);
}

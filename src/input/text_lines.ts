/**
 * Bytes of a text file to lines. A line ends with LF, CRLF or CR, as in
 * Python's text files.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { utf8Size } from "../nvs/utf8.ts";

/** Thrown when bytes are not the text that a CSV has to be. */
export class TextError extends SyntaxError {
  override name = "TextError";
  /** Line of the first wrong byte, from 1. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Where a reader begins in its file. */
export interface TextStart {
  /** Number of the first line, from 1. */
  line: number;
  /** Byte offset of the first line. */
  offset: number;
}

/** The end of a part of a text. */
export interface TextMark {
  /** Byte offset in the file of the line that comes next. */
  offset: number;
  /** Number of that line, from 1. */
  line: number;
  /** SHA-256 of the part's bytes, in hex. */
  sha256: string;
}

const LF = 0x0A;
const CR = 0x0D;
/** A line longer than this is no line of a CSV: more than 30 blobs of the largest size in hex. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const BOM_BYTES = 3;

/**
 * Yields the lines of a UTF-8 text one by one, without their ends, in time
 * that grows with the text and memory that does not. A byte order mark is
 * dropped. A last line without an end counts; what follows the last end does
 * not when it is empty.
 */
export class TextReader {
  readonly #chunks: Iterator<Uint8Array>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Whole lines that were decoded at once. */
  #block = new Uint8Array();
  #blockOffset: number;
  #text = "";
  /** Bytes of the block in front of its text: a byte order mark. */
  #skipped = 0;
  /** Where the next line begins in the text. */
  #at = 0;
  /** Where the next CR and LF are in the text; its length when there is none. */
  #nextCr = 0;
  #nextLf = 0;
  /** Bytes behind the block, which begin a line that has no end yet. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #hasEnded = false;
  #line: number;
  /** A place in the block of which both offsets are known: in the text, and in the bytes. */
  #known = { at: 0, offset: 0 };
  #hash: Hash = createHash("sha256");
  /** Bytes of the block that are in the hash. */
  #hashedBytes = 0;

  /** @param start Where the chunks begin in the file. */
  constructor(chunks: Iterable<Uint8Array>, start: TextStart = { line: 1, offset: 0 }) {
    this.#chunks = chunks[Symbol.iterator]();
    this.#line = start.line - 1;
    this.#blockOffset = start.offset;
  }

  /** Number of the line that {@linkcode TextReader.next} returned last, from 1. */
  get line(): number {
    return this.#line;
  }

  /** Byte offset in the file up to which the reader has taken bytes. */
  get bytesRead(): number {
    return this.#blockOffset + this.#block.length + this.#pendingBytes;
  }

  /**
   * The next line, or `undefined` at the end.
   *
   * @throws {TextError} On UTF-16, on bytes that are no UTF-8, and on a line of more than 32 MiB.
   */
  next(): string | undefined {
    while (this.#at >= this.#text.length) if (!this.#loadBlock()) return undefined;
    this.#line++;
    const text = this.#text;
    const start = this.#at;
    if (this.#nextLf < start) this.#nextLf = indexOrEnd(text, "\n", start);
    if (this.#nextCr < start) this.#nextCr = indexOrEnd(text, "\r", start);
    const end = Math.min(this.#nextLf, this.#nextCr);
    this.#at = end + (end === this.#nextCr && text[end + 1] === "\n" ? 2 : 1);
    return text.slice(start, end);
  }

  /** Ends a part in front of the line that comes next; the first one begins where the reader did. */
  mark(): TextMark {
    const blockBytes = this.#byteOffset();
    this.#hash.update(this.#block.subarray(this.#hashedBytes, blockBytes));
    this.#hashedBytes = blockBytes;
    const sha256 = this.#hash.digest("hex");
    this.#hash = createHash("sha256");
    return { offset: this.#blockOffset + blockBytes, line: this.#line + 1, sha256 };
  }

  /** Offset in the block's bytes of the line that comes next. */
  #byteOffset(): number {
    if (this.#at >= this.#text.length) return this.#block.length;
    const { at, offset } = this.#known;
    const isAscii = this.#text.length === this.#block.length - this.#skipped;
    const sizeBytes = isAscii ? this.#at - at : utf8Size(this.#text.slice(at, this.#at));
    this.#known = { at: this.#at, offset: offset + sizeBytes };
    return this.#known.offset;
  }

  /** Decodes the next whole lines; returns whether there were any bytes. */
  #loadBlock(): boolean {
    this.#hash.update(this.#block.subarray(this.#hashedBytes));
    this.#blockOffset += this.#block.length;
    const isStart = this.#blockOffset === 0;
    this.#block = this.#nextWholeLines();
    this.#hashedBytes = 0;
    if (this.#block.length === 0) return false;
    if (isStart) assertNotUtf16(this.#block);
    try {
      this.#text = this.#decoder.decode(this.#block);
    } catch {
      throw notUtf8(this.#block, this.#line + 1);
    }
    this.#skipped = isStart && this.#text.startsWith("\uFEFF") ? BOM_BYTES : 0;
    if (this.#skipped > 0) this.#text = this.#text.slice(1);
    this.#at = 0;
    this.#nextLf = indexOrEnd(this.#text, "\n", 0);
    this.#nextCr = indexOrEnd(this.#text, "\r", 0);
    this.#known = { at: 0, offset: this.#skipped };
    return true;
  }

  #nextWholeLines(): Uint8Array<ArrayBuffer> {
    while (!this.#hasEnded) {
      const { done, value: chunk } = this.#chunks.next();
      if (done) {
        this.#hasEnded = true;
        break;
      }
      const end = this.#endOfLastLine(chunk);
      if (end >= 0) {
        const lines = this.#takePending(chunk.subarray(0, end));
        this.#keep(chunk.subarray(end));
        if (lines.length > 0) return lines;
      } else this.#keep(chunk);
      if (this.#pendingBytes > MAX_LINE_BYTES) {
        throw new TextError(
          `is longer than ${MAX_LINE_BYTES} bytes; this is no CSV file`,
          this.#line + 1,
        );
      }
    }
    return this.#takePending(new Uint8Array());
  }

  /**
   * Offset in a chunk behind the last line end, -1 if there is none. A CR at the
   * very end may be half a CRLF: the next chunk tells.
   */
  #endOfLastLine(chunk: Uint8Array): number {
    const lastLf = chunk.lastIndexOf(LF);
    if (lastLf >= 0) return lastLf + 1;
    const lastCr = chunk.subarray(0, -1).lastIndexOf(CR);
    if (lastCr >= 0) return lastCr + 1;
    const hasPendingCr = chunk.length > 0 && this.#pending.at(-1)?.at(-1) === CR;
    return hasPendingCr ? 0 : -1;
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes.slice()); // a copy: the reader may use its buffer again
    this.#pendingBytes += bytes.length;
  }

  #takePending(last: Uint8Array): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#pendingBytes + last.length);
    let at = 0;
    for (const piece of this.#pending) {
      all.set(piece, at);
      at += piece.length;
    }
    all.set(last, at);
    this.#pending = [];
    this.#pendingBytes = 0;
    return all;
  }
}

function indexOrEnd(text: string, wanted: string, start: number): number {
  const at = text.indexOf(wanted, start);
  return at < 0 ? text.length : at;
}

function notUtf8(bytes: Uint8Array, firstLine: number): TextError {
  let line = firstLine;
  let nextCr = -1;
  for (let start = 0; start < bytes.length; line++) {
    let end = bytes.indexOf(LF, start);
    if (end < 0) end = bytes.length;
    if (nextCr < start) {
      nextCr = bytes.indexOf(CR, start);
      if (nextCr < 0) nextCr = bytes.length;
    }
    const isCr = nextCr < end;
    if (isCr) end = nextCr;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + (isCr && bytes[end + 1] === LF ? 2 : 1);
  }
  return new TextError("is not UTF-8; save the file as UTF-8", line);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** @param start The first bytes of a file. */
function assertNotUtf16(start: Uint8Array): void {
  const [first, second] = start;
  const hasMark = (first === 0xFF && second === 0xFE) || (first === 0xFE && second === 0xFF);
  if (hasMark || first === 0 || second === 0) {
    throw new TextError("is UTF-16; save the file as UTF-8", 1);
  }
}

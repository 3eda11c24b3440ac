/**
 * Bytes of a text file to lines. A line ends with LF, CRLF or CR, as in
 * Python's text files.
 *
 * @module
 */

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

const LF = 0x0A;
const CR = 0x0D;
/** A line longer than this is no line of a CSV: more than 30 blobs of the largest size in hex. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const LINE_END = /\r\n|\n|\r/;

/**
 * Yields the lines of a UTF-8 file without their ends, in constant memory. A
 * byte order mark is dropped. A last line without an end counts; what follows
 * the last end does not when it is empty.
 *
 * @throws {TextError} On UTF-16, on bytes that are no UTF-8, and on a line of more than 32 MiB.
 */
export function* textLines(chunks: Iterable<Uint8Array>): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = new Uint8Array();
  let lineCount = 0;
  let isStart = true;

  for (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : concat(rest, chunk);
    if (isStart && bytes.length > 1) assertNotUtf16(bytes);
    const end = endOfLastLine(bytes);
    if (end > 0) {
      for (const line of decodeLines(decoder, bytes.subarray(0, end), lineCount, isStart)) {
        lineCount++;
        yield line;
      }
      isStart = false;
    }
    rest = bytes.slice(end); // a copy: the reader may use its buffer again
    if (rest.length > MAX_LINE_BYTES) {
      throw new TextError(
        `is longer than ${MAX_LINE_BYTES} bytes; this is no CSV file`,
        lineCount + 1,
      );
    }
  }
  if (rest.length > 0) yield* decodeLines(decoder, rest, lineCount, isStart);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Offset behind the last line end; a CR at the very end may be half a CRLF and does not count. */
function endOfLastLine(bytes: Uint8Array): number {
  const lastLf = bytes.lastIndexOf(LF);
  if (lastLf >= 0) return lastLf + 1;
  return bytes.subarray(0, -1).lastIndexOf(CR) + 1;
}

function decodeLines(
  decoder: TextDecoder,
  bytes: Uint8Array,
  linesBefore: number,
  isStart: boolean,
): string[] {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw notUtf8(bytes, linesBefore);
  }
  if (isStart && text.startsWith("\uFEFF")) text = text.slice(1);
  const lines = text.split(LINE_END);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function notUtf8(bytes: Uint8Array, linesBefore: number): TextError {
  let line = linesBefore + 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.findIndex((byte, at) => at >= start && (byte === LF || byte === CR));
    const lineBytes = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!isUtf8(lineBytes) || end < 0) break;
    start = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
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

/** @param start The first bytes of a file, at least two. */
function assertNotUtf16(start: Uint8Array): void {
  const [first, second] = start;
  const hasMark = (first === 0xFF && second === 0xFE) || (first === 0xFE && second === 0xFF);
  if (hasMark || first === 0 || second === 0) {
    throw new TextError("is UTF-16; save the file as UTF-8", 1);
  }
}

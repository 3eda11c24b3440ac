/**
 * Files as spreadsheets save them, to UTF-8: a text in UTF-16 with its byte
 * order mark ("Unicode text") is recoded along the way; what is no text is named.
 *
 * @module
 */

import { isWrittenPage } from "../nvs/written_page.ts";

/** How the characters of a text are stored. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** Bytes of a UTF-16 code unit. */
export const UNIT_BYTES = 2;
/** What a user calls an encoding. */
export const ENCODING_NAME: Readonly<Record<TextEncoding, string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16",
};

/** What to tell about a file that is not UTF-8. */
export function encodingNote(file: string, encoding: TextEncoding): string[] {
  return encoding === "utf-8" ? [] : [`${file}: read as ${ENCODING_NAME[encoding]}`];
}

/** In the place of what is no UTF-16: no UTF-8 either, so that its line is found as for any text. */
const FAULT = Uint8Array.of(0xFF);
const NO_BYTES = new Uint8Array(0);
/** Enough of a file to tell a workbook by, or an NVS image. */
const HEAD_BYTES = 1024;

/** The bytes of a file as UTF-8, chunk by chunk. UTF-8 goes through as it is. */
export class Utf8Chunks {
  readonly #chunks: Iterable<Uint8Array>;
  readonly #onOther: (message: string) => never;
  #encoding: TextEncoding | undefined;

  /**
   * @param chunks The bytes; a chunk may use the memory of the one before again.
   * @param encoding That of the file, where these are not its first bytes.
   * @param onOther Told of a file that is a workbook, an archive or an NVS image, and what to do.
   */
  constructor(
    chunks: Iterable<Uint8Array>,
    encoding: TextEncoding | undefined,
    onOther: (message: string) => never,
  ) {
    this.#chunks = chunks;
    this.#encoding = encoding;
    this.#onOther = onOther;
  }

  /** What the file begins with says; UTF-8 before any chunk was taken. */
  get encoding(): TextEncoding {
    return this.#encoding ?? "utf-8";
  }

  /** A byte order mark is kept, as that of UTF-8. */
  *[Symbol.iterator](): Generator<Uint8Array> {
    let recoder: Utf16Recoder | undefined;
    let head: Uint8Array = NO_BYTES;
    const begin = () => {
      this.#encoding ??= encodingOf(head);
      if (this.#encoding !== "utf-8") recoder = new Utf16Recoder(this.#encoding);
      return recoder?.recode(head) ?? head;
    };
    let hasBegun = this.#encoding !== undefined;
    if (hasBegun) begin();
    for (const chunk of this.#chunks) {
      if (hasBegun) {
        yield recoder?.recode(chunk) ?? chunk;
      } else {
        head = joined(head, chunk);
        if (head.length < UNIT_BYTES || (mayBeOther(head) && head.length < HEAD_BYTES)) continue;
        this.#refuseOther(head);
        hasBegun = true;
        yield begin();
      }
      if (recoder?.isBroken) return;
    }
    if (!hasBegun) {
      this.#refuseOther(head);
      yield begin();
    }
    if (recoder !== undefined) yield recoder.end();
  }

  #refuseOther(head: Uint8Array): void {
    const message = mayBeOther(head) ? otherFault(head) : undefined;
    if (message !== undefined) this.#onOther(message);
  }
}

const utf8 = new TextEncoder();

/** UTF-16 to UTF-8, in chunks that may end within a character. */
class Utf16Recoder {
  readonly #isBigEndian: boolean;
  /** What the last chunk ended with: half a code unit, half a pair of surrogates, or both. */
  #rest: Uint8Array = NO_BYTES;
  /** Whether a fault was met; nothing follows it. */
  isBroken = false;

  constructor(encoding: Exclude<TextEncoding, "utf-8">) {
    this.#isBigEndian = encoding === "utf-16be";
  }

  recode(chunk: Uint8Array): Uint8Array {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const units = this.#unitsOf(bytes);
    const last = units.at(-1) ?? 0;
    const count = isHighSurrogate(last) ? units.length - 1 : units.length;
    this.#rest = bytes.slice(count * UNIT_BYTES);
    return this.#encode(units.subarray(0, count));
  }

  /** What is left is no whole character. */
  end(): Uint8Array {
    return this.#rest.length === 0 ? NO_BYTES : FAULT;
  }

  #unitsOf(bytes: Uint8Array): Uint16Array {
    const units = new Uint16Array(Math.floor(bytes.length / UNIT_BYTES));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < units.length; at++) {
      units[at] = view.getUint16(at * UNIT_BYTES, !this.#isBigEndian);
    }
    return units;
  }

  /** The characters up to the first surrogate that stands alone. */
  #encode(units: Uint16Array): Uint8Array {
    const text = textOf(units);
    if (text.isWellFormed()) return utf8.encode(text);
    this.isBroken = true;
    const { index } = LONE_SURROGATE.exec(text)!;
    return joined(utf8.encode(text.slice(0, index)), FAULT);
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;
/** Arguments of a call at most. */
const MAX_ARGUMENTS = 8192;

function textOf(units: Uint16Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += MAX_ARGUMENTS) {
    text += String.fromCharCode(...units.subarray(at, at + MAX_ARGUMENTS));
  }
  return text;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

/** @param head The first bytes of a file. */
function encodingOf([first, second]: Uint8Array): TextEncoding {
  if (first === 0xFF && second === 0xFE) return "utf-16le";
  return first === 0xFE && second === 0xFF ? "utf-16be" : "utf-8";
}

/** Bytes of an NVS page's state, all of them 0xFF but the first. */
const PAGE_STATE_SIZE = 4;
/** A zip archive begins with the header of its first file, which this is the start of. */
const ZIP = Uint8Array.of(0x50, 0x4B, 0x03, 0x04);
/** Where that header has the size of the file's name, and behind it the name. */
const ZIP_NAME = { sizeAt: 26, at: 30 } as const;
/** The container that Excel wrote until 2003. */
const COMPOUND = Uint8Array.of(0xD0, 0xCF, 0x11, 0xE0);
/** The first file of a workbook, as Excel, LibreOffice and libraries write it. */
const EXCEL_NAMES = /^(\[Content_Types\]\.xml$|_rels\/|docProps\/|xl\/)/;

const AS_CSV = 'open it, and save it by File > Save As as "CSV UTF-8 (Comma delimited) (*.csv)"';
const AS_TEXT_CSV =
  'open it, and save it by File > Save As as "Text CSV (.csv)", character set Unicode (UTF-8)';

/** Whether the first bytes of a file may be those of something else than a text. */
function mayBeOther(head: Uint8Array): boolean {
  const isPage = head.length > 1 &&
    head.subarray(1, PAGE_STATE_SIZE).every((byte) => byte === 0xFF);
  return isPage ||
    [ZIP, COMPOUND].some((start) =>
      start.subarray(0, head.length).every((byte, index) => byte === head[index])
    );
}

/** Says what a file is that is no text, and what would be right. */
function otherFault(head: Uint8Array): string | undefined {
  if (isWrittenPage(head)) {
    return "is an NVS image, no CSV; mfg_gen inspect --csv makes an NVS CSV of it";
  }
  const name = archiveName(head);
  switch (name) {
    case undefined:
      return undefined;
    case "a zip archive":
      return `is ${name}, no CSV; unpack it, and give the CSV`;
    case "an OpenDocument file (.ods)":
      return `is ${name}, no CSV; ${AS_TEXT_CSV}`;
    default:
      return `is ${name}, no CSV; ${AS_CSV}`;
  }
}

/** What a spreadsheet's workbook, or another archive, is called; `undefined` if it is none. */
export function archiveName(head: Uint8Array):
  | "an Excel workbook (.xls)"
  | "an Excel workbook (.xlsx)"
  | "an OpenDocument file (.ods)"
  | "a zip archive"
  | undefined {
  const begins = (start: Uint8Array) => start.every((byte, index) => byte === head[index]);
  if (begins(COMPOUND)) return "an Excel workbook (.xls)";
  if (!begins(ZIP) || head.length < ZIP_NAME.at) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const end = ZIP_NAME.at + view.getUint16(ZIP_NAME.sizeAt, true);
  const name = new TextDecoder().decode(head.subarray(ZIP_NAME.at, end));
  if (EXCEL_NAMES.test(name)) return "an Excel workbook (.xlsx)";
  return name === "mimetype" ? "an OpenDocument file (.ods)" : "a zip archive";
}

/** A copy: the next chunk may use the memory of this one. */
function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/**
 * One cell, or one file's bytes, to the value that is stored.
 *
 * Messages never repeat the text of strings and blobs: they may be secret.
 *
 * @module
 */

import type { ProblemCode } from "../problems/code.ts";
import { floatingRangeFault, nearestOfText } from "../nvs/floating.ts";
import type { KeyItem } from "../nvs/item.ts";
import { type FloatingType, INTEGER_RANGE, type IntegerType, rangeFault } from "../nvs/value.ts";
import { type Encoding, filledSize, SIZE_FIELD_SIZE } from "./encoding.ts";
import { looksLikeNumber } from "./open_cell.ts";

/** The key that a value is for. */
export interface ItemKey {
  namespace: string;
  key: string;
}

/** Thrown when a cell or a file does not hold what its encoding says. */
export class ValueError extends TypeError {
  override name = "ValueError";
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The item of a cell.
 *
 * @throws {ValueError} If the text is not of the encoding.
 */
export function itemOfText(
  { namespace, key }: ItemKey,
  encoding: Encoding,
  text: string,
): KeyItem {
  switch (encoding.kind) {
    case "integer":
      return { namespace, key, type: encoding.type, value: parseInteger(text, encoding.type) };
    case "floating":
      return { namespace, key, type: encoding.type, value: parseFloating(text, encoding.type) };
    case "string":
      return { namespace, key, type: "string", value: withoutNul(text) };
    case "hex2bin":
      return { namespace, key, type: "blob", value: parseHex(text) };
    case "base64":
      return { namespace, key, type: "blob", value: parseBase64(text) };
    case "binary":
      return { namespace, key, type: "blob", value: utf8Encoder.encode(text) };
    case "fill":
      return { namespace, key, type: "blob", value: filled(utf8Encoder.encode(text), encoding) };
    default:
      throw new TypeError(`Cannot decode encoding "${encoding satisfies never}"`);
  }
}

/**
 * The item of a file's bytes.
 *
 * @throws {ValueError} If they are not of the encoding.
 */
export function itemOfBytes(
  { namespace, key }: ItemKey,
  encoding: Encoding,
  bytes: Uint8Array,
): KeyItem {
  switch (encoding.kind) {
    case "binary":
      return { namespace, key, type: "blob", value: bytes };
    case "fill":
      return { namespace, key, type: "blob", value: filled(bytes, encoding) };
    case "integer":
    case "floating":
      throw new ValueError("encoding-not-for-file", "a file cannot hold a number; use data");
    default:
      return itemOfText({ namespace, key }, encoding, textOf(bytes));
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new ValueError(
      "not-text",
      "is not UTF-8 text; save the file as UTF-8, or use encoding binary",
    );
  }
}

const DECIMAL = /^[+-]?\d+(?:_\d+)*$/;
const PREFIXED = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/;

/** Digits of a decimal number that a `number` holds exactly. */
const MAX_EXACT_DIGITS = 15;
const PLAIN_DECIMAL = /^-?\d+$/;

/** A `number` where that is exact and cheaper, else a `bigint`. */
function parseInteger(text: string, type: IntegerType): number | bigint {
  if (text.length <= MAX_EXACT_DIGITS && PLAIN_DECIMAL.test(text)) {
    const value = Number(text);
    const fault = rangeFault(type, value);
    if (fault !== undefined) throw new ValueError("value-out-of-range", fault);
    return value === 0 ? 0 : value; // "-0" is 0
  }
  return parseBigInteger(text, type);
}

function parseBigInteger(text: string, type: IntegerType): bigint {
  const trimmed = text.trim();
  const { min, max } = INTEGER_RANGE[type];
  if (trimmed === "") {
    throw new ValueError("value-missing", `has no value; a ${type} takes ${min} to ${max}`);
  }
  const prefixed = PREFIXED.exec(trimmed);
  let value: bigint;
  if (prefixed !== null) {
    value = BigInt(prefixed[2]!);
    if (prefixed[1] === "-") value = -value;
  } else if (DECIMAL.test(trimmed)) {
    value = BigInt(trimmed.replaceAll("_", "").replace(/^\+/, ""));
  } else {
    throw new ValueError(
      "not-a-number",
      `${shown(text)} is not a whole number; a ${type} takes ${min} to ${max}, decimal or 0x…`,
    );
  }
  const fault = rangeFault(type, value);
  if (fault !== undefined) throw new ValueError("value-out-of-range", fault);
  return value;
}

const INFINITIES = new Map([["inf", Infinity], ["+inf", Infinity], ["-inf", -Infinity]]);
const NAN = /^[+-]?nan$/i;
const WITH_COMMA = /^[+-]?[\d.]*,[\d.,]+(?:[eE][+-]?\d+)?$/;

function parseFloating(text: string, type: FloatingType): number {
  const trimmed = text.trim();
  const value = INFINITIES.get(trimmed);
  if (value !== undefined) return value;
  const nearest = nearestOfText(trimmed, type);
  if (nearest === undefined) throw floatingFault(trimmed, type);
  if (!Number.isFinite(nearest)) {
    throw new ValueError("value-out-of-range", floatingRangeFault(type, shown(text)));
  }
  return nearest;
}

/** Says why a text is no floating-point value. */
function floatingFault(trimmed: string, type: FloatingType): ValueError {
  const examples = "such as -1.5, 2e-3 or inf";
  const takes = `a ${type} takes a decimal number ${examples}`;
  if (trimmed === "") return new ValueError("value-missing", `has no value; ${takes}`);
  if (NAN.test(trimmed)) {
    return new ValueError("not-a-number", `is NaN, which a device refuses to store; ${takes}`);
  }
  return new ValueError(
    "not-a-number",
    WITH_COMMA.test(trimmed)
      ? `${shown(trimmed)} has a comma; write "." before decimals, nothing between thousands`
      : `${shown(trimmed)} is not a decimal number; a ${type} takes one ${examples}`,
  );
}

/** A text that is no number, in quotes; or its length, if it may be a secret in a wrong column. */
function shown(text: string): string {
  return looksLikeNumber(text) ? `"${text}"` : `a text of ${text.length} characters`;
}

function withoutNul(text: string): string {
  const at = text.indexOf("\0");
  if (at >= 0) {
    throw new ValueError(
      "nul-in-string",
      `the string holds a NUL at character ${
        at + 1
      }; a device would end it there, use binary or hex2bin`,
    );
  }
  return text;
}

const NOT_HEX = /[^0-9a-fA-F]/;

function parseHex(text: string): Uint8Array {
  const digits = text.trim();
  const wrongAt = digits.search(NOT_HEX);
  if (wrongAt >= 0) {
    const hint = /^0[xX]/.test(digits) ? 'without "0x" in front' : "without anything between";
    throw new ValueError(
      "not-hex",
      `character ${wrongAt + 1} is not a hex digit; write two digits a byte, ${hint}`,
    );
  }
  if (digits.length % 2 !== 0) {
    throw new ValueError(
      "not-hex",
      `has ${digits.length} hex digits, an odd number; each byte takes two (is a leading 0 lost?)`,
    );
  }
  return Uint8Array.fromHex(digits);
}

const WHITE_SPACE = /[ \t\r\n\f\v]/g;
const NOT_BASE64 = /[^A-Za-z0-9+/]/;

function parseBase64(text: string): Uint8Array {
  const characters = text.replace(WHITE_SPACE, "");
  const digits = characters.replace(/={1,2}$/, "");
  const wrongAt = digits.search(NOT_BASE64);
  if (wrongAt >= 0) {
    const hint = /[-_]/.test(digits[wrongAt]!)
      ? 'write "+" and "/" for "-" and "_"'
      : 'only A-Z, a-z, 0-9, "+", "/" and "=" at the end are allowed';
    throw new ValueError("not-base64", `character ${wrongAt + 1} is not base64; ${hint}`);
  }
  if (characters.length % 4 !== 0 || digits.length % 4 === 1) {
    throw new ValueError(
      "not-base64",
      `has ${characters.length} base64 characters; it must be a multiple of 4, filled up with "="`,
    );
  }
  return Uint8Array.fromBase64(characters, { lastChunkHandling: "loose" });
}

function filled(
  content: Uint8Array,
  encoding: Extract<Encoding, { kind: "fill" }>,
): Uint8Array {
  const { sized, sizeBytes, padding } = encoding;
  if (content.length > sizeBytes) {
    throw new ValueError(
      "value-too-large",
      `has ${content.length} bytes; the encoding leaves room for ${sizeBytes}`,
    );
  }
  const headerSize = sized ? SIZE_FIELD_SIZE : 0;
  const blob = new Uint8Array(filledSize(encoding)).fill(padding);
  if (sized) new DataView(blob.buffer).setUint32(0, content.length, true);
  blob.set(content, headerSize);
  return blob;
}

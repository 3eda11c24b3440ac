/**
 * Values as people and programs read them.
 *
 * @module
 */

import { hash } from "node:crypto";
import { floatingText } from "../nvs/floating.ts";
import { byteSize } from "../nvs/utf8.ts";
import type { Value } from "../nvs/value.ts";
import { countOf, quoted } from "./text.ts";

/** Of a longer string, only so many characters are shown. */
const SHORT_CHARACTERS = 40;
/** Of a longer blob, only so many bytes are shown. */
const SHORT_BYTES = 24;

/** A value in full: a string in quotes, in hexadecimal if it is no text; a blob in hexadecimal. */
export function fullValue(type: string, value: Value["value"]): string {
  if (typeof value === "string") return quoted(value);
  if (!(value instanceof Uint8Array)) return numberText(type, value);
  return hexText(type, value, value.length);
}

/** The same, with `…` and the size for what is too long for a line. */
export function shortValue(type: string, value: Value["value"]): string {
  if (!isLong(value)) return fullValue(type, value);
  if (typeof value === "string") {
    return `${quoted([...value].slice(0, SHORT_CHARACTERS).join(""))}… (${byteSize(value)} bytes)`;
  }
  return `${hexText(type, value, SHORT_BYTES)}… (${value.length} bytes)`;
}

/** Whether a value is shown shortened. */
export function isLong(value: Value["value"]): value is string | Uint8Array {
  if (typeof value === "string") {
    return value.length > SHORT_CHARACTERS && [...value].length > SHORT_CHARACTERS;
  }
  return value instanceof Uint8Array && value.length > SHORT_BYTES;
}

function hexText(type: string, value: Uint8Array, count: number): string {
  if (value.length === 0) return "(empty)";
  const hex = value.subarray(0, count).toHex();
  return type === "string" ? `hex ${hex}` : hex;
}

function numberText(type: string, value: number | bigint): string {
  const isFloating = type === "float" || type === "double";
  return isFloating ? floatingText(type, Number(value)) : `${value}`;
}

/** Numbers as decimal strings; strings as text, or hexadecimal if they are none; blobs as hexadecimal. */
export interface ValueJson {
  type: string;
  value: string;
  value_encoding?: "hex";
}

/** A value as JSON has it. */
export function valueJson(type: string, value: Value["value"]): ValueJson {
  if (typeof value === "string") return { type, value };
  if (!(value instanceof Uint8Array)) return { type, value: numberText(type, value) };
  return { type, value: value.toHex(), ...(type === "string" ? { value_encoding: "hex" } : {}) };
}

/** What tells two secrets apart without showing them. */
export interface Digest {
  bytes: number;
  /** In hexadecimal; of a string without its NUL. */
  sha256: string;
}

/** The digest of a string or blob; `undefined` for a number, which is no secret. */
function digestOf(value: Value["value"]): Digest | undefined {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) return undefined;
  return { bytes: byteSize(value), sha256: hash("sha256", value, "hex") };
}

/** "5 bytes, sha256 …" in place of a value that is redacted; `undefined` for one that is shown. */
export function redactedText({ value }: Value, isRedacted: boolean): string | undefined {
  const digest = isRedacted ? digestOf(value) : undefined;
  return digest && `${countOf(digest.bytes, "byte")}, sha256 ${digest.sha256}`;
}

/** A value as JSON has it, or its digest if it is redacted. */
export function redactedJson({ type, value }: Value, isRedacted: boolean) {
  const digest = isRedacted ? digestOf(value) : undefined;
  return digest === undefined ? valueJson(type, value) : { type, ...digest };
}

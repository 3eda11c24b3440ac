/**
 * The third cell of a configuration row: how a cell's text, or a file's bytes,
 * become a value.
 *
 * @module
 */

import { type FloatingType, INTEGER_RANGE, type IntegerType } from "../nvs/value.ts";

/** How a cell becomes a value. */
export type Encoding =
  | { kind: "integer"; type: IntegerType }
  | { kind: "floating"; type: FloatingType }
  | { kind: "string" | "hex2bin" | "base64" | "binary" }
  /** A blob of `sizeBytes`, filled up with `padding`; `sized` puts the text's size (u32) in front. */
  | { kind: "fill"; sized: boolean; sizeBytes: number; padding: number };

const FLOATING_TYPES: readonly FloatingType[] = ["float", "double"];
const TEXT_ENCODINGS = ["string", "hex2bin", "base64", "binary"] as const;
const FILL = /^blob_(sz_)?fill\((\d{1,9});0x([0-9a-fA-F]{2})\)$/;
/** Bytes of the size (u32) in front of a sized blob. */
export const SIZE_FIELD_SIZE = 4;
const FILL_HELP = "blob_fill(16;0xFF)";
/** All encodings, with an example of those that take numbers. */
export const ENCODING_EXAMPLES: readonly string[] = [
  ...Object.keys(INTEGER_RANGE),
  ...FLOATING_TYPES,
  ...TEXT_ENCODINGS,
  FILL_HELP,
];

/** Reads an encoding, or returns `undefined` for one that does not exist. */
export function parseEncoding(text: string): Encoding | undefined {
  if (Object.hasOwn(INTEGER_RANGE, text)) return { kind: "integer", type: text as IntegerType };
  const floating = FLOATING_TYPES.find((known) => known === text);
  if (floating !== undefined) return { kind: "floating", type: floating };
  const kind = TEXT_ENCODINGS.find((known) => known === text);
  if (kind !== undefined) return { kind };
  const fill = FILL.exec(text);
  if (fill === null) return undefined;
  return {
    kind: "fill",
    sized: fill[1] !== undefined,
    sizeBytes: Number(fill[2]),
    padding: parseInt(fill[3]!, 16),
  };
}

/** Bytes of the blob that a filled encoding makes, whatever is in it; 0 for the other encodings. */
export function filledSize(encoding: Encoding): number {
  if (encoding.kind !== "fill") return 0;
  return encoding.sizeBytes + (encoding.sized ? SIZE_FIELD_SIZE : 0);
}

/** Says what is wrong with an encoding that {@linkcode parseEncoding} does not know. */
export function encodingFault(text: string): string {
  const tidied = text.trim().toLowerCase();
  const isFill = tidied.startsWith("blob_");
  if (tidied !== text && parseEncoding(tidied) !== undefined) {
    return `encoding "${text}" is unknown; write "${tidied}"`;
  }
  if (isFill) return `encoding "${text}" is not understood; write it like "${FILL_HELP}"`;
  return `encoding "${text}" is unknown; write one of ${ENCODING_EXAMPLES.join(", ")}`;
}

/**
 * What `verify` found, for people and for programs.
 *
 * @module
 */

import type { DecodedValue } from "../nvs/decoded.ts";
import type { Difference } from "../verify/batch_verifier.ts";
import type { KeyMismatch } from "../verify/compare.ts";
import { findingJson, placeText } from "./findings_text.ts";
import { countOf, printable, quoted } from "./text.ts";
import { digestOf, shortValue, valueJson } from "./values.ts";

/** One difference as a line, without the device's name. */
export function differenceText(difference: Difference, isRedacted: boolean): string {
  switch (difference.kind) {
    case "file":
      return `${printable(difference.path)} ${printable(difference.message)}`;
    case "manifest": {
      const { path, expected, found } = difference;
      return `${printable(path)} has sha256 ${found}, the manifest says ${expected}`;
    }
    case "finding": {
      const { finding } = difference;
      return `${finding.rule} at ${placeText(finding)}: ${printable(finding.message)}`;
    }
    case "key":
      return keyText(difference.mismatch, isRedacted);
    default:
      throw new TypeError(`Cannot show a difference "${difference satisfies never}"`);
  }
}

function keyText(mismatch: KeyMismatch, isRedacted: boolean): string {
  const { namespace, key, isMissing, expected, found } = mismatch;
  const place = `namespace ${quoted(namespace)}`;
  if (key === undefined) {
    return isMissing ? `${place} is missing` : `${place} is in the image, but not in the CSVs`;
  }
  const show = (value: DecodedValue | undefined) =>
    value === undefined ? "nothing" : valueText(value, isRedacted);
  return `${place} key ${quoted(key)}: expected ${show(expected)}, found ${show(found)}`;
}

function valueText(decoded: DecodedValue, isRedacted: boolean): string {
  const { type, value } = decoded;
  const digest = isRedacted ? digestOf(value) : undefined;
  return digest === undefined
    ? `${type} ${shortValue(type, value)}`
    : `${type} of ${countOf(digest.bytes, "byte")}, sha256 ${digest.sha256}`;
}

/** The same for programs. */
export function differenceJson(difference: Difference, isRedacted: boolean) {
  switch (difference.kind) {
    case "file":
    case "manifest":
      return difference;
    case "finding":
      return { kind: difference.kind, ...findingJson(difference.finding) };
    case "key": {
      const { namespace, key, isMissing, expected, found } = difference.mismatch;
      const show = (value: DecodedValue | undefined) =>
        value === undefined ? null : secretJson(value, isRedacted);
      return {
        kind: difference.kind,
        namespace,
        key: key ?? null,
        missing: isMissing ?? (found === undefined),
        expected: show(expected),
        found: show(found),
      };
    }
    default:
      throw new TypeError(`Cannot show a difference "${difference satisfies never}"`);
  }
}

function secretJson({ type, value }: DecodedValue, isRedacted: boolean) {
  const digest = isRedacted ? digestOf(value) : undefined;
  return digest === undefined ? valueJson(type, value) : { type, ...digest };
}

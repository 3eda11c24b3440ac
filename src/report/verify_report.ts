/**
 * What `verify` found, for people and for programs.
 *
 * @module
 */

import type { KeyDifference } from "../nvs/diff.ts";
import type { Value } from "../nvs/value.ts";
import type { Difference } from "../verify/device_verifier.ts";
import { findingJson, placeText } from "./findings_text.ts";
import { printable, quoted } from "./text.ts";
import { redactedJson, redactedText, shortValue } from "./values.ts";

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
      return keyText(difference.difference, isRedacted);
    default:
      throw new TypeError(`Cannot show a difference "${difference satisfies never}"`);
  }
}

function keyText(difference: KeyDifference, isRedacted: boolean): string {
  const place = `namespace ${quoted(difference.namespace)}`;
  if (!("key" in difference)) {
    return difference.kind === "namespace-removed"
      ? `${place} is missing`
      : `${place} is in the image, but not in the CSVs`;
  }
  const { expected, found } = valuesOf(difference);
  const show = (value: Value | undefined) =>
    value === undefined ? "nothing" : valueText(value, isRedacted);
  return `${place} key ${quoted(difference.key)}: expected ${show(expected)}, found ${show(found)}`;
}

/** What the CSVs say, and what the image holds. */
function valuesOf(difference: KeyDifference): { expected?: Value; found?: Value } {
  return {
    ...("before" in difference ? { expected: difference.before } : {}),
    ...("after" in difference ? { found: difference.after } : {}),
  };
}

function valueText(value: Value, isRedacted: boolean): string {
  const redacted = redactedText(value, isRedacted);
  return redacted === undefined
    ? `${value.type} ${shortValue(value.type, value.value)}`
    : `${value.type} of ${redacted}`;
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
      const { kind, namespace } = difference.difference;
      const { expected, found } = valuesOf(difference.difference);
      const show = (value: Value | undefined) =>
        value === undefined ? null : redactedJson(value, isRedacted);
      return {
        kind: difference.kind,
        namespace,
        key: "key" in difference.difference ? difference.difference.key : null,
        missing: kind === "removed" || kind === "namespace-removed",
        expected: show(expected),
        found: show(found),
      };
    }
    default:
      throw new TypeError(`Cannot show a difference "${difference satisfies never}"`);
  }
}

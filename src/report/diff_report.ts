/**
 * What differs between two images, for people and for programs.
 *
 * @module
 */

import type { KeyDifference } from "../nvs/diff.ts";
import type { Value } from "../nvs/value.ts";
import { findingJson, findingLines, remarkJson } from "./findings_text.ts";
import { type ImageView, sourceText } from "./image_view.ts";
import { imageJson } from "./inspect_json.ts";
import { keySearchLines } from "./key_search_report.ts";
import type { Paint } from "./paint.ts";
import { countOf, printable } from "./text.ts";
import { isLong, redactedJson, redactedText, shortValue } from "./values.ts";

/** Two images and how they differ. */
export interface DiffReport {
  a: ImageView;
  b: ImageView;
  differences: readonly KeyDifference[];
  /** Lengths and hashes of strings and blobs instead of their contents. */
  isRedacted: boolean;
}

/**
 * A line for each dump, each key that was searched for and each difference, `+`
 * added, `-` removed, `~` changed; then the findings.
 */
export function diffText(report: DiffReport, paint: Paint): string {
  const dumps = [report.a, report.b].filter(({ partition }) => partition !== undefined);
  const lines = [
    ...dumps.map((view) => `${sourceText(view)}: ${countOf(view.decoded.sizeBytes, "byte")}`),
    ...[report.a, report.b].flatMap((view) =>
      keySearchLines(view.keySearch).map((line) => `${sourceText(view)}: ${line}`)
    ),
    ...report.differences.map((difference) => differenceLine(difference, report, paint)),
    paint("strong", countText(report.differences)),
  ];
  for (const { file, decoded } of [report.a, report.b]) {
    if (decoded.findings.length === 0) continue;
    lines.push("", `${printable(file)}:`, ...findingLines(decoded.findings, paint));
  }
  return `${lines.join("\n")}\n`;
}

/** A difference as a line. */
export function differenceLine(
  difference: KeyDifference,
  { isRedacted }: DiffReport,
  paint: Paint,
): string {
  const { kind } = difference;
  const namespace = printable(difference.namespace);
  const show = (value: Value) =>
    redactedText(value, isRedacted) ?? shortValue(value.type, value.value);
  switch (kind) {
    case "namespace-added":
      return paint("good", `+ namespace ${namespace}`);
    case "namespace-removed":
      return paint("bad", `- namespace ${namespace}`);
    case "added": {
      const { key, after } = difference;
      return paint("good", `+ ${namespace}/${printable(key)}: ${after.type} ${show(after)}`);
    }
    case "removed": {
      const { key, before } = difference;
      return paint("bad", `- ${namespace}/${printable(key)}: ${before.type} ${show(before)}`);
    }
    case "changed": {
      const { key, before, after } = difference;
      const newType = before.type === after.type ? "" : `${after.type} `;
      const where = isRedacted ? "" : firstDifference(before.value, after.value);
      const change = `${before.type} ${show(before)} -> ${newType}${show(after)}${where}`;
      return paint("name", `~ ${namespace}/${printable(key)}: ${change}`);
    }
    default:
      throw new TypeError(`Cannot show a difference "${kind satisfies never}"`);
  }
}

/** Two long values may look the same shortened: says where they part. */
function firstDifference(before: Value["value"], after: Value["value"]): string {
  if (!isLong(before) || !isLong(after)) return "";
  const [a, b] = [before, after].map(bytesOf);
  let at = 0;
  while (at < a!.length && a![at] === b![at]) at++;
  return `, from byte ${at}`;
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

function countText(differences: readonly KeyDifference[]): string {
  if (differences.length === 0) return "no differences";
  const counts = (["added", "removed", "changed"] as const).map((what) => {
    const count = differences.filter(({ kind }) => kind.endsWith(what)).length;
    return `${count} ${what}`;
  });
  return `${countOf(differences.length, "difference")}: ${counts.join(", ")}`;
}

/** The same for programs; `a` and `b` carry the findings of each image. */
export function diffJson({ a, b, differences, isRedacted }: DiffReport) {
  const side = (view: ImageView) => ({
    ...imageJson(view),
    findings: view.decoded.findings.map(findingJson),
    remarks: view.decoded.remarks.map(remarkJson),
  });
  const show = (value: Value) => redactedJson(value, isRedacted);
  return {
    a: side(a),
    b: side(b),
    differences: differences.map((difference) => ({
      kind: difference.kind,
      namespace: difference.namespace,
      ...("key" in difference ? { key: difference.key } : {}),
      ...("before" in difference ? { before: show(difference.before) } : {}),
      ...("after" in difference ? { after: show(difference.after) } : {}),
    })),
  };
}

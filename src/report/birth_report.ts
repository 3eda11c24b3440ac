/**
 * What became of a device since it was born: what its firmware added, changed
 * and removed, and what is damaged, each apart.
 *
 * @module
 */

import type { KeyDifference } from "../nvs/diff.ts";
import type { Birth } from "../verify/birth.ts";
import { differenceLine, diffJson, type DiffReport } from "./diff_report.ts";
import { findingLines } from "./findings_text.ts";
import { sourceText } from "./image_view.ts";
import type { Paint } from "./paint.ts";
import { countOf, printable } from "./text.ts";

/** A returned image, and the one that it began as; `a` of the difference is the birth. */
export interface BirthReport extends DiffReport {
  birth: Birth;
  imageCount: number;
}

/** What happened to keys, in the order in which it is told. */
const KINDS = ["added", "changed", "removed"] as const;

/** For people. */
export function birthText(report: BirthReport, paint: Paint): string {
  const { birth: { row, path, by }, b, imageCount } = report;
  const { findings } = b.decoded;
  const told = by === "key" ? "by its key" : "by values that no other image has";
  const lines = [
    paint(
      "strong",
      `${sourceText(b)}: born as ${printable(path)}, device ${row.row}, file id ` +
        `"${printable(row.fileId)}"; found ${told}, of ${countOf(imageCount, "image")}`,
    ),
  ];
  for (const kind of KINDS) {
    const differences = report.differences.filter((difference) => isOf(kind, difference));
    lines.push("", `${kind} since (${differences.length}):`);
    lines.push(...differences.map((each) => `  ${differenceLine(each, report, paint)}`));
  }
  lines.push("", "damage:", ...findingLines(findings, paint).map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

/** For programs. */
export function birthJson(report: BirthReport) {
  const { birth: { row, path, by }, imageCount } = report;
  const { a, b, differences } = diffJson(report);
  const of = (kind: (typeof KINDS)[number]) =>
    differences.filter((_, index) => isOf(kind, report.differences[index]!));
  return {
    birth: {
      image: path,
      row: row.row,
      file_id: row.fileId,
      batch: row.batch,
      by,
      images: imageCount,
    },
    a,
    b,
    added: of("added"),
    changed: of("changed"),
    removed: of("removed"),
    damage: b.findings,
  };
}

function isOf(kind: (typeof KINDS)[number], difference: KeyDifference): boolean {
  return difference.kind.endsWith(kind);
}

import type { Finding, Remark } from "../nvs/findings.ts";
import type { Paint } from "./paint.ts";
import { countOf, printable } from "./text.ts";

/** The findings, a line each behind a line with their number. */
export function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  if (findings.length === 0) return [paint("good", "no findings")];
  return [
    paint("bad", `${countOf(findings.length, "finding")}:`),
    ...findings.map((finding) => {
      const { rule, message } = finding;
      return `  ${paint("bad", rule)} at ${placeText(finding)}: ${printable(message)}${
        comparisonText(finding)
      }`;
    }),
  ];
}

/** The remarks, a line each behind a line with their number; nothing if there are none. */
export function remarkLines(remarks: readonly Remark[]): string[] {
  if (remarks.length === 0) return [];
  return [
    `${countOf(remarks.length, "remark")}:`,
    ...remarks.map((remark) =>
      `  ${remark.rule} at ${placeText(remark)}: ${printable(remark.message)}`
    ),
  ];
}

/** "page 0, entry 5". */
export function placeText({ page, entry }: Finding | Remark): string {
  if (page === undefined) return "the image";
  return entry === undefined ? `page ${page}` : `page ${page}, entry ${entry}`;
}

function comparisonText({ stored, computed }: Finding): string {
  const parts = [
    ...(stored === undefined ? [] : [`stored ${stored}`]),
    ...(computed === undefined ? [] : [`computed ${computed}`]),
  ];
  return parts.length === 0 ? "" : ` (${printable(parts.join(", "))})`;
}

/** A remark as JSON has it. */
export function remarkJson({ rule, page, entry, message }: Remark) {
  return { rule, page: page ?? null, entry: entry ?? null, message };
}

/** A finding as JSON has it. */
export function findingJson({ rule, page, entry, message, stored, computed }: Finding) {
  return {
    rule,
    page: page ?? null,
    entry: entry ?? null,
    message,
    stored: stored ?? null,
    computed: computed ?? null,
  };
}

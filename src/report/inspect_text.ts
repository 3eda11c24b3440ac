import type { DecodedEntry, ErasedEntry } from "../nvs/decoded.ts";
import { findingLines, remarkLines } from "./findings_text.ts";
import { emptyNamespaces, type ImageView, sortedEntries, sourceText } from "./image_view.ts";
import { keySearchLines } from "./key_search_report.ts";
import { pageMapLines } from "./page_map_text.ts";
import type { Paint } from "./paint.ts";
import { countOf, padded, printable } from "./text.ts";
import { displayWidth } from "../problems/display_width.ts";
import { fullValue, shortValue } from "./values.ts";

/** What to show of an image. */
export interface InspectTextOptions {
  paint: Paint;
  /** Values in full, with page, entry and span, and erased entries. */
  isAll: boolean;
  hasPageMap: boolean;
}

/** What is in an image, for people. */
export function inspectText(view: ImageView, options: InspectTextOptions): string {
  const { paint, isAll, hasPageMap } = options;
  const { decoded } = view;
  const sections = [[paint("strong", summaryLine(view)), ...keySearchLines(view.keySearch)]];
  if (hasPageMap) sections.push(pageMapLines(decoded.pages, paint));
  sections.push(keyLines(view, isAll, paint));
  if (isAll && decoded.erased.length > 0) sections.push(erasedLines(decoded.erased, paint));
  sections.push([...findingLines(decoded.findings, paint), ...remarkLines(decoded.remarks)]);
  return sections.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** "Dev-1.bin: 12288 bytes, 3 pages, version 2, not encrypted, 58 of 378 entries used". */
export function summaryLine(view: ImageView): string {
  const { isEncrypted, decoded } = view;
  const { sizeBytes, pages, formatVersion, stats } = decoded;
  const parts = [
    countOf(sizeBytes, "byte"),
    countOf(pages.length, "page"),
    formatVersion === undefined ? "no page in use" : `version ${formatVersion}`,
    isEncrypted ? "encrypted" : "not encrypted",
    `${stats.used} of ${stats.total} entries used`,
  ];
  return `${sourceText(view)}: ${parts.join(", ")}`;
}

function keyLines({ decoded }: ImageView, isAll: boolean, paint: Paint): string[] {
  const entries = sortedEntries(decoded);
  const names = emptyNamespaces(decoded).map(printable);
  const lines = entries.length === 0
    ? ["no keys"]
    : table(isAll ? [...PLACED_HEAD, "VALUE"] : ["NAMESPACE", "KEY", "TYPE", "VALUE"], paint, [
      ...entries.map((entry) => isAll ? [...placed(entry), full(entry)] : brief(entry)),
    ]);
  if (names.length > 0) lines.push(`without keys: ${names.join(", ")}`);
  return lines;
}

const PLACED_HEAD = ["NAMESPACE", "KEY", "TYPE", "PAGE", "ENTRY", "SPAN"];

function brief({ namespace, key, type, value }: DecodedEntry): string[] {
  return [printable(namespace), printable(key), type, shortValue(type, value)];
}

function placed({ namespace, key, type, page, entry, span }: DecodedEntry): string[] {
  return [printable(namespace), printable(key), type, `${page}`, `${entry}`, `${span}`];
}

function full({ type, value }: DecodedEntry): string {
  return fullValue(type, value);
}

function erasedLines(erased: readonly ErasedEntry[], paint: Paint): string[] {
  const rows = erased.map((item) => {
    const { kind, namespace, namespaceIndex, key, page, entry, span, value } = item;
    const owner = kind === "namespace" ? "" : printable(namespace ?? `(index ${namespaceIndex})`);
    const text = value === undefined ? "" : fullValue(kind, value);
    return [owner, printable(key), kind, `${page}`, `${entry}`, `${span}`, text];
  });
  return [
    paint("strong", `${countOf(erased.length, "erased item")} still readable:`),
    ...table([...PLACED_HEAD, "VALUE"], paint, rows),
  ];
}

const NUMBER_COLUMNS = new Set(["PAGE", "ENTRY", "SPAN"]);

/** Aligned columns; the last one is as wide as it is. */
function table(
  head: readonly string[],
  paint: Paint,
  rows: readonly (readonly string[])[],
): string[] {
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[column]!)), title.length)
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => {
      const isLast = column === cells.length - 1;
      return isLast ? cell : padded(cell, widths[column]!, NUMBER_COLUMNS.has(head[column]!));
    }).join("  ").trimEnd();
  return [paint("faint", line(head)), ...rows.map(line)];
}

import type { DecodedPage, EntryCellKind } from "../nvs/decoded.ts";
import { CELL_LEGEND, isBlankPage, pageGroups, pageSummary } from "./page_map.ts";
import type { Paint } from "./paint.ts";

const ENTRIES_PER_ROW = 32;
const ENTRIES_PER_GROUP = 8;

/** The pages as pictures of letters, ASCII only, with a legend; runs of blank pages are one line. */
export function pageMapLines(pages: readonly DecodedPage[], paint: Paint): string[] {
  const lines: string[] = [];
  for (const group of pageGroups(pages)) {
    const [page, ...others] = group;
    if (!isBlankPage(page)) {
      lines.push(`${paint("strong", `page ${page.index}`)}: ${pageSummary(page)}`);
      lines.push(...rowLines(page, paint), "");
      continue;
    }
    const last = others.at(-1);
    const name = last === undefined ? `page ${page.index}` : `pages ${page.index}-${last.index}`;
    const each = last === undefined ? "" : " each";
    lines.push(`${paint("strong", name)}: ${pageSummary(page)}${each}`, "");
  }
  return [...lines, legendLine(paint)];
}

function rowLines(page: DecodedPage, paint: Paint): string[] {
  const lines: string[] = [];
  for (let start = 0; start < page.cells.length; start += ENTRIES_PER_ROW) {
    let line = `${start}`.padStart(5) + "  ";
    for (const [column, cell] of page.cells.slice(start, start + ENTRIES_PER_ROW).entries()) {
      if (column > 0 && column % ENTRIES_PER_GROUP === 0) line += " ";
      const { first, next } = CELL_LEGEND[cell.kind];
      line += paint(cell.kind, cell.itemStart === start + column ? first : next);
    }
    lines.push(line);
  }
  return lines;
}

function legendLine(paint: Paint): string {
  const parts = (Object.keys(CELL_LEGEND) as EntryCellKind[]).map((kind) => {
    const { first, next, label } = CELL_LEGEND[kind];
    return `${paint(kind, first === next ? first : first + next)} ${label}`;
  });
  return parts.join("  ");
}

import type { DecodedPage, EntryCellKind } from "../nvs/decoded.ts";
import type { Finding } from "../nvs/findings.ts";
import { type Html, markup } from "./html.ts";
import type { ImageView } from "./image_view.ts";
import {
  CELL_LEGEND,
  type CellRun,
  cellRuns,
  isBlankPage,
  pageGroups,
  pageSummary,
  RunDescriber,
} from "./page_map.ts";

/** The pages as grids of coloured cells. Each run says what it is when pointed at or focused. */
export function mapSection(view: ImageView): Html {
  const { pages } = view.decoded;
  const describer = new RunDescriber(view);
  const kinds = Object.keys(CELL_LEGEND) as EntryCellKind[];
  const legend = kinds.map((kind) =>
    markup`<li class="${kind}"><b>${letterOf(kind)}</b>${CELL_LEGEND[kind].label}</li>`
  );
  return markup`
    <h2>Page map</h2>
    <ul class="legend">
      ${legend}
    </ul>
    ${pageBlocks(pages, describer)}
  `;
}

function pageBlocks(pages: readonly DecodedPage[], describer: RunDescriber): Html[] {
  const blocks: Html[] = [];
  for (const group of pageGroups(pages)) {
    const [page, ...others] = group;
    const summary = pageSummary(page);
    if (!isBlankPage(page)) {
      const runs = cellRuns(page).map((run) => runHtml(page, run, describer));
      blocks.push(markup`
        <section class="page">
          <h3 id="${anchorOf(page.index)}">Page ${page.index} <span>${summary}</span></h3>
          <div class="cells">${runs}</div>
        </section>
      `);
      continue;
    }
    const anchors = group.map(({ index }) => markup`<a id="${anchorOf(index)}"></a>`);
    const last = others.at(-1);
    const name = last === undefined ? `Page ${page.index}` : `Pages ${page.index}–${last.index}`;
    const each = last === undefined ? "" : " each";
    blocks.push(markup`
      <section class="page blank">
        <h3>${anchors}${name} <span>${summary}${each}</span></h3>
      </section>
    `);
  }
  return blocks;
}

function runHtml(page: DecodedPage, run: CellRun, describer: RunDescriber): Html {
  const { kind, start, entryCount } = run;
  const cells = Array.from({ length: entryCount }, (_, at) => {
    const isLettered = at === 0 && kind !== "empty" || kind === "faulty";
    return isLettered ? markup`<b>${letterOf(kind)}</b>` : markup`<b></b>`;
  });
  const text = describer.describe(page, run);
  const id = anchorOf(page.index, start);
  // Nothing between the runs: a space would be a gap in the row of cells.
  return markup`<span class="run ${kind}" id="${id}" tabindex="0" role="img" aria-label="${text}">${cells}</span>`;
}

function letterOf(kind: EntryCellKind): string {
  return kind === "empty" ? "" : CELL_LEGEND[kind].first;
}

function anchorOf(page: number, entry?: number): string {
  return entry === undefined ? `p${page}` : `p${page}e${entry}`;
}

/** The anchor of what a finding is about; `undefined` for the whole image. */
export function findingAnchor(
  { page, entry }: Finding,
  pages: readonly DecodedPage[],
): string | undefined {
  const found = page === undefined ? undefined : pages[page];
  if (found === undefined) return undefined;
  if (entry === undefined || isBlankPage(found)) return anchorOf(found.index);
  const run = cellRuns(found).find(({ start, entryCount }) =>
    entry >= start && entry < start + entryCount
  );
  return anchorOf(found.index, run?.start);
}

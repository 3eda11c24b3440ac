import { type Html, markup } from "./html.ts";
import { pageStyle } from "./html_style.ts";

/** No script, and nothing from elsewhere: a browser holds the page to that. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * One self-contained page.
 *
 * @param rules Style rules beyond those of every page.
 */
export function htmlPage(title: string, rules: Html, body: Html): string {
  const { text } = markup`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${POLICY}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        ${pageStyle(rules)}
      </head>
      <body>
        ${body}
      </body>
    </html>
  `;
  return `${text}\n`;
}

/** Terms with what there is to say of each, in boxes, four of them in a row. */
export function factBoxes(facts: readonly Fact[]): Html {
  const boxes = facts.map(({ term, text, width = "quarter" }) =>
    markup`
      <div class="${width}">
        <dt>${term}</dt>
        <dd>${text}</dd>
      </div>
    `
  );
  return markup`<dl>${boxes}</dl>`;
}

/** One of {@linkcode factBoxes}. */
export interface Fact {
  term: string;
  text: string | Html;
  /** Of a row, on a desktop. */
  width?: "quarter" | "half" | "whole";
}

/** A table that scrolls by itself where it is too wide. `rows` are `tr` elements. */
export function htmlTable(name: string, head: readonly string[], rows: readonly Html[]): Html {
  const titles = head.map((title) => markup`<th scope="col">${title}</th>`);
  return markup`
    <div class="scroll" role="region" aria-label="${name}" tabindex="0">
      <table class="${name}">
        <thead>
          <tr>${titles}</tr>
        </thead>
        <tbody>
    ${rows}</tbody>
      </table>
    </div>
  `;
}

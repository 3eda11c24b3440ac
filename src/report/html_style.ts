import { type Html, markup } from "./html.ts";

/** Colours on a light ground, and on paper. */
const LIGHT = markup`
    --ground: #ffffff; --panel: #f6f8fa; --line: #d0d7de; --ink: #1f2328; --faint: #59636e;
    --link: #0969da; --good: #1a7f37; --bad: #c4242f; --on-kind: #ffffff;
    --namespace: #8250df; --number: #0969da; --string: #1a7f37; --blob-data: #8a5a00;
    --blob-index: #bc4c00; --blob: #0b6e7a; --erased: #c3cad2; --on-erased: #3b434c;
    --faulty: #cf222e;
`;

/**
 * The style sheet of every page: light and dark, phone and desktop, A4; nothing
 * from elsewhere.
 *
 * @param rules What a page has beyond it.
 */
export function pageStyle(rules: Html): Html {
  return markup`
    <style>
    ${BASE}
    ${rules}
    </style>
  `;
}

const BASE = markup`
  :root {
    color-scheme: light dark;
    ${LIGHT}
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --ground: #0d1117; --panel: #161b22; --line: #343b44; --ink: #e6edf3; --faint: #9da7b3;
      --link: #79b8ff; --good: #56d364; --bad: #ff8a82; --on-kind: #0d1117;
      --namespace: #d2a8ff; --number: #79c0ff; --string: #7ee787; --blob-data: #e3b341;
      --blob-index: #ff9b50; --blob: #56d4dd; --erased: #3f4751; --on-erased: #c9d1d9;
      --faulty: #ff7b72;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0 auto; padding: 24px 16px 88px; max-width: 1040px;
    background: var(--ground); color: var(--ink);
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  }
  h1 { margin: 0 0 4px; font-size: 22px; line-height: 1.3; overflow-wrap: anywhere; }
  h2 { margin: 32px 0 12px; font-size: 17px; }
  h3 { margin: 0 0 8px; font-size: 14px; font-weight: 600; }
  h3 span { color: var(--faint); font-weight: 400; }
  a { color: var(--link); }
  p { margin: 0 0 12px; }
  code, td { font-family: ui-monospace, "Cascadia Mono", Consolas, Menlo, monospace; }
  code { font-size: 13px; white-space: pre-wrap; overflow-wrap: anywhere; }
  .verdict { font-weight: 600; }
  .verdict.good { color: var(--good); }
  .verdict.bad { color: var(--bad); }
  dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin: 16px 0; }
  dl div { padding: 8px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
  dl div.half { grid-column: span 2; }
  dl div.whole { grid-column: 1 / -1; }
  dt { color: var(--faint); font-size: 13px; }
  dd { margin: 0; }
  .scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
  .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
  table { width: 100%; border-collapse: collapse; font-size: 13px; }
  th, td { padding: 6px 12px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); white-space: nowrap; }
  thead th { border-top: 0; background: var(--panel); color: var(--faint); font-weight: 600; }
  td code { white-space: pre; }
  td.value code { white-space: pre-wrap; }
  td.number { text-align: right; }
  td.value, td.text { min-width: 240px; white-space: normal; overflow-wrap: anywhere; }
  td.text { font-family: inherit; }
  td.rule { color: var(--bad); }
  summary { cursor: pointer; }
  details > code { display: block; margin-top: 6px; }
  @media (max-width: 999px) {
    dl { grid-template-columns: repeat(2, 1fr); }
  }
  @media (max-width: 539px) {
    table.findings thead { display: none; }
    table.findings td { display: block; padding: 2px 12px; border: 0; white-space: normal; }
    table.findings td:first-child { padding-top: 8px; border-top: 1px solid var(--line); }
    table.findings tr:first-child td:first-child { border: 0; }
    table.findings td:last-child { padding-bottom: 8px; }
    table.findings td[title]:not(:empty)::before { content: attr(title) " "; color: var(--faint); }
  }
  @media print {
    @page { size: A4; margin: 14mm 12mm 16mm; }
    :root {
      color-scheme: light;
      ${LIGHT}
    }
    body { padding: 0 1px; max-width: none; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    h1 { font-size: 16pt; }
    h2 { margin-top: 18pt; font-size: 12pt; }
    h2, .sub { break-after: avoid; }
    dl { grid-template-columns: repeat(4, 1fr); }
    dt, dd { font-size: 9pt; }
    dl div, tr, li { break-inside: avoid; }
    .scroll { overflow: visible; }
    thead { display: table-header-group; }
    table { font-size: 8.5pt; }
    th, td { padding: 3pt 6pt; }
  }
`;

import { markup } from "./html.ts";

/**
 * The style sheet of the page: light and dark, phone and desktop, nothing from
 * elsewhere. A row of cells is 42 or 21 of them, and leaves room for a scroll
 * bar at each width where that changes.
 */
export const PAGE_STYLE = markup`
  <style>
  :root {
    color-scheme: light dark;
    --ground: #ffffff; --panel: #f6f8fa; --line: #d0d7de; --ink: #1f2328; --faint: #59636e;
    --link: #0969da; --good: #1a7f37; --bad: #c4242f; --on-kind: #ffffff;
    --namespace: #8250df; --number: #0969da; --string: #1a7f37; --blob-data: #8a5a00;
    --blob-index: #bc4c00; --blob: #0b6e7a; --erased: #c3cad2; --on-erased: #3b434c;
    --faulty: #cf222e;
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
  code, td, .cells, .legend b { font-family: ui-monospace, "Cascadia Mono", Consolas, Menlo, monospace; }
  code { font-size: 13px; white-space: pre-wrap; overflow-wrap: anywhere; }
  .verdict { font-weight: 600; }
  .verdict.good { color: var(--good); }
  .verdict.bad { color: var(--bad); }
  dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin: 16px 0; }
  dl div { padding: 8px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
  dl div.wide { grid-column: 1 / -1; }
  dt { color: var(--faint); font-size: 13px; }
  dd { margin: 0; }
  .legend { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 0 0 16px; padding: 0; list-style: none; font-size: 14px; }
  .legend li { display: flex; align-items: center; gap: 6px; }
  .page { margin: 0 0 16px; padding: 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
  .page.blank h3 { margin: 0; }
  .cells { width: 924px; line-height: 0; }
  .cells b, .legend b {
    display: inline-block; width: 18px; height: 18px; border: 1px solid var(--panel);
    font-size: 11px; font-weight: 600; line-height: 16px; text-align: center; vertical-align: top;
    color: var(--on-kind); overflow: hidden;
  }
  .cells b { width: 22px; height: 22px; line-height: 20px; }
  .legend b { border-color: var(--ground); }
  .namespace b { background: var(--namespace); }
  .number b { background: var(--number); }
  .string b { background: var(--string); }
  .blob-data b { background: var(--blob-data); }
  .blob-index b { background: var(--blob-index); }
  .blob b { background: var(--blob); }
  .erased b {
    color: var(--on-erased);
    background: repeating-linear-gradient(135deg, var(--erased) 0 3px, transparent 3px 6px);
  }
  .empty b { background: var(--ground); box-shadow: inset 0 0 0 1px var(--line); color: var(--faint); }
  .faulty b { background: var(--faulty); }
  .run { outline: none; scroll-margin: 96px; }
  .run:hover b, .run:focus b, .run:target b { border-color: var(--ink); }
  .run:hover::after, .run:focus::after {
    content: attr(aria-label); position: fixed; left: 16px; right: 16px; bottom: 16px; z-index: 1;
    max-width: 1008px; margin: 0 auto; padding: 10px 14px; border-radius: 6px;
    background: var(--ink); color: var(--ground); font-size: 13px; line-height: 1.4;
    overflow-wrap: anywhere; pointer-events: none;
  }
  .run:hover::after { z-index: 2; }
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
    .cells { width: 462px; }
  }
  @media (max-width: 539px) {
    table.findings thead { display: none; }
    table.findings td { display: block; padding: 2px 12px; border: 0; white-space: normal; }
    table.findings td:first-child { padding-top: 8px; border-top: 1px solid var(--line); }
    table.findings tr:first-child td:first-child { border: 0; }
    table.findings td:last-child { padding-bottom: 8px; }
    table.findings td[title]:not(:empty)::before { content: attr(title) " "; color: var(--faint); }
    .cells { width: 294px; }
    .cells b { width: 14px; height: 18px; line-height: 16px; font-size: 10px; }
  }
  @media (max-width: 369px) {
    .page { padding: 8px; }
  }
  @media (max-width: 359px) {
    .cells { width: 252px; }
    .cells b { width: 12px; font-size: 9px; }
  }
  </style>
`;

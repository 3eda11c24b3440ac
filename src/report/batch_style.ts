import { markup } from "./html.ts";

/** Rules of the page about a batch, which has long hashes and is printed. */
export const BATCH_STYLE = markup`
  .sub { color: var(--faint); font-size: 13px; }
  dd { overflow-wrap: anywhere; }
  .options { display: flex; flex-wrap: wrap; gap: 6px; padding: 0; list-style: none; }
  .options li { margin: 0; padding: 2px 8px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
  .bar { display: block; height: 6px; margin-top: 6px; border: 1px solid var(--line); border-radius: 3px; overflow: hidden; background: var(--ground); }
  .bar b { display: block; height: 100%; background: var(--link); }
  ul { margin: 0; padding-left: 20px; overflow-wrap: anywhere; }
  li { margin: 0 0 4px; }
  td.hash { font-size: 12px; }
  .images td, .inputs td, .manifest td { vertical-align: baseline; }
  .images th:first-child, .failures th:first-child { width: 1%; }
  .images th:first-child, .images th:nth-last-child(2), .failures th:first-child,
  .inputs th:nth-child(3), .manifest th:nth-child(2), .warnings th:nth-child(4) { text-align: right; }
  td.path { white-space: normal; overflow-wrap: anywhere; min-width: 120px; }
  td.faint { color: var(--faint); font-family: inherit; }
  td ul { list-style: none; padding: 0; }
  td ul li:last-child { margin: 0; }
  td.bad li { color: var(--bad); }
  .after { margin: 8px 0 0; color: var(--faint); font-size: 13px; }
  footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--faint); font-size: 13px; }
  @media (max-width: 699px) {
    td.hash { white-space: normal; min-width: 260px; overflow-wrap: anywhere; }
  }
  @media (max-width: 539px) {
    /* The file id says it. */
    .failures th:nth-child(3), .failures td:nth-child(3) { display: none; }
    .failures td.text { min-width: 180px; }
  }
  @media print {
    @page { @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #59636e; } }
    td { font-size: 7.5pt; }
    td.text, td.faint { font-size: 8pt; }
    td.hash { font-size: 6.8pt; white-space: nowrap; min-width: 0; }
    code { font-size: 8.5pt; }
    .images td { padding: 2pt 5pt }
    td.path { min-width: 0; }
    td.text { min-width: 0; }
    footer, .after { font-size: 8.5pt; }
  }
`;

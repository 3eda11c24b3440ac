import { markup } from "./html.ts";

/**
 * Rules of the page map. A row of cells is 42 or 21 of them, and leaves room for
 * a scroll bar at each width where that changes.
 */
export const MAP_STYLE = markup`
  .cells, .legend b { font-family: ui-monospace, "Cascadia Mono", Consolas, Menlo, monospace; }
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
  @media (max-width: 999px) {
    .cells { width: 462px; }
  }
  @media (max-width: 539px) {
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
`;

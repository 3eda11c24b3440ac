/**
 * One self-contained page about a flash plan: what goes where in the flash of
 * each board, and what cannot be undone.
 *
 * @module
 */

import { inHex } from "../flash/partition.ts";
import { BATCH_STYLE } from "./batch_style.ts";
import { type Html, markup } from "./html.ts";
import { factBoxes, htmlPage, htmlTable } from "./html_page.ts";
import { countOf, printable } from "./text.ts";

/** What is written to a place of the flash. */
export interface PlanWrite {
  offset: number;
  sizeBytes: number;
  /** Partition, or what else the place is called. */
  holds: string;
  /** The file of all devices; absent where each has its own. */
  path?: string;
  /** Who encrypts it: "as it is", "encrypted by the chip". */
  encryption: string;
}

/** A plan as the page shows it. */
export interface PlanView {
  manifest: { path: string; sha256: string };
  table: { path: string; sha256: string };
  planPath: string;
  version: string;
  /** Date and time of the plan. */
  time: string;
  chip: string;
  flashEncryption: string;
  format: string;
  deviceCount: number;
  stepCount: number;
  permanentCount: number;
  /** eFuse block that HMAC keys are burned into. */
  hmacBlock?: number;
  /** In the order of their offsets. */
  writes: readonly PlanWrite[];
  /** Warnings and notes, a sentence each. */
  remarks: readonly string[];
}

const MAP_STYLE = markup`
  ${BATCH_STYLE}
  .map { display: flex; flex-direction: column; gap: 3px; margin: 0 0 12px; padding: 0; list-style: none; }
  .map li { display: grid; grid-template-columns: 88px 1fr; gap: 10px; align-items: center; margin: 0; }
  .map code { text-align: right; color: var(--faint); }
  .map span { padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); overflow-wrap: anywhere; }
  .map .gap span { border-style: dashed; background: none; color: var(--faint); }
  .flash th:first-child, .flash th:nth-child(2) { text-align: right; }
`;

/** A flash plan, for a browser and for paper. */
export function planHtml(view: PlanView): string {
  const { chip, deviceCount, permanentCount, remarks } = view;
  return htmlPage(
    `Flash plan: ${countOf(deviceCount, "device")}, ${chip}`,
    MAP_STYLE,
    markup`
      <h1>Flash plan</h1>
      <p class="verdict ${permanentCount > 0 ? "bad" : "good"}">${
      permanentCount > 0
        ? `${countOf(permanentCount, "step")} cannot be undone: eFuses are burned`
        : "Every step can be done again"
    }</p>
      ${facts(view)}
      <h2>Flash map</h2>
      ${map(view)}
      ${table(view)}
      ${remarks.length === 0 ? markup`` : markup`<h2>Remarks</h2> ${list(remarks)}`}
      <h2>Inputs</h2>
      ${inputs(view)}
      <footer>
        Made by mfg_gen ${view.version}, ${view.time}. No value and no key is on this page. The
        hashes are SHA-256.
      </footer>
    `,
  );
}

function facts(view: PlanView): Html {
  const { hmacBlock } = view;
  return factBoxes([
    { term: "Chip", text: view.chip },
    { term: "Flash encryption", text: view.flashEncryption },
    { term: "Devices", text: String(view.deviceCount) },
    { term: "Steps", text: `${view.stepCount}, for ${view.format}` },
    { term: "Steps are in", text: printable(view.planPath), width: "half" },
    {
      term: "eFuses",
      text: hmacBlock === undefined
        ? "not touched"
        : `BLOCK_KEY${hmacBlock}: the HMAC key of each device, for ever`,
      width: "half",
    },
  ]);
}

/** Places in their order, with the gaps that stay as they are. */
function map({ writes }: PlanView): Html {
  const items: Html[] = [];
  let end = 0;
  for (const { offset, sizeBytes, holds } of writes) {
    if (offset > end) {
      items.push(
        markup`<li class="gap"><code>${inHex(end)}</code><span>not written</span></li>`,
      );
    }
    const what = `${printable(holds)}, ${sizeBytes} bytes`;
    items.push(markup`<li><code>${inHex(offset)}</code><span>${what}</span></li>`);
    end = offset + sizeBytes;
  }
  return markup`<ul class="map">${items}</ul>`;
}

function table({ writes }: PlanView): Html {
  const rows = writes.map(({ offset, sizeBytes, holds, path, encryption }) =>
    markup`
      <tr>
        <td class="number">${inHex(offset)}</td>
        <td class="number">${inHex(sizeBytes)}</td>
        <td>${printable(holds)}</td>
        <td class="path">${path === undefined ? "of each device" : printable(path)}</td>
        <td class="text">${encryption}</td>
      </tr>
    `
  );
  return htmlTable("flash", ["Offset", "Bytes", "Holds", "File", "Written"], rows);
}

function list(sentences: readonly string[]): Html {
  return markup`<ul>${sentences.map((text) => markup`<li>${printable(text)}</li>`)}</ul>`;
}

function inputs({ manifest, table }: PlanView): Html {
  const row = (role: string, { path, sha256 }: { path: string; sha256: string }) =>
    markup`
      <tr>
        <td class="faint">${role}</td>
        <td class="path">${printable(path)}</td>
        <td class="hash">${sha256}</td>
      </tr>
    `;
  return htmlTable("plan-inputs", ["", "File", "SHA-256"], [
    row("Manifest", manifest),
    row("Partition table", table),
  ]);
}

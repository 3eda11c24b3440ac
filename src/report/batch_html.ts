/**
 * One self-contained page about a batch, for the quality file: inputs and
 * their hashes, options, what was made or found, the manifest, the images.
 *
 * @module
 */

import { EXPLANATIONS } from "../problems/explanations.ts";
import { BATCH_STYLE } from "./batch_style.ts";
import type { BatchView, DeviceView, MadeView, OptionView } from "./batch_view.ts";
import type { DeviceFailure } from "./device_failures.ts";
import { type Html, markup } from "./html.ts";
import { type Fact, factBoxes, htmlPage, htmlTable } from "./html_page.ts";
import { countOf, printable } from "./text.ts";

/** Devices that the page lists; the hash of the manifest stands for all. */
export const MAX_LISTED_DEVICES = 2000;

/** A batch, for a browser and for paper. */
export function batchHtml(view: BatchView): string {
  const name = printable(view.prefix);
  return htmlPage(
    `${name}: batch of NVS images`,
    BATCH_STYLE,
    markup`
      <h1>Batch ${name}</h1>
      ${verdict(view)}
      ${summary(view)}
      ${failures(view)}
      ${surplus(view)}
      ${warnings(view)}
      ${notes(view)}
      ${inputs(view)}
      ${options(view)}
      ${manifest(view)}
      ${devices(view)}
      <footer>
        ${
      done(view)
    } by mfg_gen ${view.version}, ${view.time}. Besides the file ids no value of a cell is
        on this page, and no key. The hashes are SHA-256; <code>sha256sum</code>, or
        <code>Get-FileHash</code> on Windows, computes them again.
      </footer>
    `,
  );
}

function done({ outcome }: BatchView): string {
  return outcome.kind === "made" ? "Made" : "Read back";
}

/** Whether nothing is wrong with a batch, and what there is to say of it. */
function verdict(view: BatchView): Html {
  const { outcome, chosenCount } = view;
  const line = (isGood: boolean, text: string) =>
    markup`<p class="verdict ${isGood ? "good" : "bad"}">${text}</p>`;
  if (outcome.kind === "made") {
    return line(true, `${countOf(chosenCount, "device")} made, recorded and on the disk`);
  }
  const { failures: { total }, surplus } = outcome;
  const others = surplus === undefined ? "" : `; ${countOf(surplus.length, "surplus image")}`;
  return total > 0
    ? line(false, `${total} of ${countOf(chosenCount, "device")} ${verb(total)}${others}`)
    : line(
      (surplus ?? []).length === 0,
      `${countOf(chosenCount, "device")} as the CSVs say${others}`,
    );
}

function verb(count: number): string {
  return count === 1 ? "differs" : "differ";
}

function summary(view: BatchView): Html {
  const { outcome, chosenCount, deviceCount, chosenNames: [first, last], fullest } = view;
  const facts: Fact[] = [
    { term: done(view), text: view.time },
    { term: "Devices", text: `${chosenCount} of ${deviceCount}` },
    { term: "Chosen", text: printable(view.choice) },
    ...(outcome.kind === "made" ? [{ term: "Made by this run", text: madeText(outcome) }] : [{
      term: "As the CSVs say",
      text: `${outcome.failures.deviceCount - outcome.failures.total}`,
    }]),
    { term: "First device", text: printable(first) || "none" },
    { term: "Last device", text: printable(last) || "none" },
    {
      term: "Partition",
      text: `${view.partitionBytes} bytes (0x${view.partitionBytes.toString(16)})`,
    },
    { term: "Blob format", text: `version ${view.formatVersion}` },
    { term: "Encryption", text: view.encryption, width: "half" },
    { term: "Fullest image of the batch", text: fullness(fullest), width: "half" },
    { term: "Batch", text: markup`<code>${view.batchId}</code>`, width: "whole" },
  ];
  return factBoxes(facts);
}

function madeText({ written, found }: MadeView): string {
  return found === 0 ? `${written}` : `${written}; ${found} before`;
}

function fullness({ image, usedEntries, totalEntries }: BatchView["fullest"]): Html {
  const percent = Math.round(100 * usedEntries / totalEntries);
  return markup`${printable(image)}: ${usedEntries} of ${totalEntries} entries, ${percent} %
    <span class="bar"><b style="width: ${percent}%"></b></span>`;
}

function failures({ outcome }: BatchView): Html {
  if (outcome.kind === "made" || outcome.failures.total === 0) return markup``;
  const { kept, total } = outcome.failures;
  const rows = kept.map(({ number, fileId, image, faults }: DeviceFailure) =>
    markup`
      <tr>
        <td class="number">${number}</td>
        ${pathCell(fileId)}
        ${pathCell(image)}
        <td class="text bad"><ul>${list(faults)}</ul></td>
      </tr>
    `
  );
  return markup`
    <h2>Devices that differ</h2>
    ${htmlTable("failures", ["Device", "File id", "Image", "What is wrong"], rows)}
    ${rest(kept.length, total, "device that differs", "devices that differ", "verify prints all.")}
  `;
}

/** Longer texts are broken where there is no room. */
const MAX_UNBROKEN_CHARACTERS = 16;

function pathCell(text: string): Html {
  const shown = printable(text);
  return shown.length > MAX_UNBROKEN_CHARACTERS
    ? markup`<td class="path">${shown}</td>`
    : markup`<td>${shown}</td>`;
}

/** "The first 10 of 30 devices. …", where a list is not of all. */
function rest(shown: number, total: number, one: string, many: string, hint: string): Html {
  if (shown === total) return markup``;
  return markup`<p class="after">The first ${shown} of ${total} ${
    total === 1 ? one : many
  }. ${hint}</p>`;
}

const MAX_LISTED_SURPLUS = 100;

function surplus({ outcome }: BatchView): Html {
  const all = outcome.kind === "made" ? [] : outcome.surplus ?? [];
  if (all.length === 0) return markup``;
  const shown = all.slice(0, MAX_LISTED_SURPLUS).map(printable);
  return markup`
    <h2>Surplus images</h2>
    <p>No row of the values file makes these.</p>
    <ul>${list(shown)}</ul>
    ${rest(shown.length, all.length, "image", "images", "verify prints all.")}
  `;
}

function list(texts: readonly string[]): Html[] {
  return texts.map((text) => markup`<li>${text}</li>`);
}

const MAX_LISTED_PLACES = 10;

function warnings(view: BatchView): Html {
  if (view.warnings.length === 0) return markup``;
  const rows = view.warnings.map((warning) => {
    const { code, total, places } = warning;
    const [first] = places;
    const key = first?.key ?? "";
    const lines = places.slice(0, MAX_LISTED_PLACES).map(({ line, column }) =>
      `${[line, column].filter((part) => part !== undefined).join(":")}`
    );
    const more = total > lines.length ? ", …" : "";
    return markup`
      <tr>
        <td>${code}</td>
        ${pathCell(key)}
        <td class="text">${EXPLANATIONS[code].title}</td>
        <td class="number">${total}</td>
        <td class="path">${lines.join(", ")}${more}</td>
      </tr>
    `;
  });
  const head = ["Code", "Column", "What may be wrong", "Cells", "Line:cell"];
  return markup`<h2>Warnings</h2> ${htmlTable("warnings", head, rows)}`;
}

function notes(view: BatchView): Html {
  if (view.notes.length === 0) return markup``;
  return markup`
    <h2>Notes</h2>
    <ul>${list(view.notes.map(printable))}</ul>
  `;
}

function inputs({ inputs, cellFiles: { count, sha256 } }: BatchView): Html {
  const rows = inputs.map(({ role, path, sizeBytes, sha256 }) =>
    markup`
      <tr>
        <td class="faint">${role}</td>
        ${pathCell(path)}
        <td class="number">${sizeBytes}</td>
        <td class="hash">${sha256}</td>
      </tr>
    `
  );
  const files = markup`
    <tr>
      <td class="faint">Files that cells name</td>
      <td class="path">${countOf(count, "file")}</td>
      <td></td>
      <td class="hash">${sha256}</td>
    </tr>
  `;
  const explained = count === 0 ? markup`` : markup`
    <p class="after">The hash of the files that cells name is over a line of path, NUL and SHA-256
    for each, in the order of their first use.</p>
  `;
  return markup`
    <h2>Inputs</h2>
    ${htmlTable("inputs", ["", "File", "Bytes", "SHA-256"], count === 0 ? rows : [...rows, files])}
    ${explained}
  `;
}

/** More characters of a value than this are left out: a list of file ids may be long. */
const MAX_OPTION_CHARACTERS = 200;

function options(view: BatchView): Html {
  if (view.options.length === 0) return markup``;
  const options = view.options.map(({ name, values }: OptionView) => {
    const text = printable([`--${name}`, ...values].join(" "));
    const shown = text.length <= MAX_OPTION_CHARACTERS
      ? text
      : `${text.slice(0, MAX_OPTION_CHARACTERS)}… (${text.length} characters in all)`;
    return markup`<li><code>${shown}</code></li>`;
  });
  return markup`
    <h2>Options</h2>
    <ul class="options">${options}</ul>
  `;
}

function manifest({ manifest, outcome }: BatchView): Html {
  const created = outcome.kind === "made" && outcome.createdCsv !== undefined
    ? markup`<p class="after">Filled-in values: ${printable(outcome.createdCsv)}</p>`
    : markup``;
  if (manifest === undefined) {
    return markup`
      <h2>Manifest</h2>
      <p>There is none to compare hashes with.</p>
      ${created}
    `;
  }
  const row = markup`
    <tr>
      ${pathCell(manifest.path)}
      <td class="number">${manifest.sizeBytes}</td>
      <td class="hash">${manifest.sha256}</td>
    </tr>
  `;
  return markup`
    <h2>Manifest</h2>
    ${htmlTable("manifest", ["File", "Bytes", "SHA-256"], [row])}
    <p class="after">As it was when this page was written; later runs add rows.</p>
    ${created}
  `;
}

function devices(view: BatchView): Html {
  if (view.devices.length === 0) return markup``;
  const hasIds = view.devices.some(({ number, fileId }) => fileId !== String(number));
  const rows = view.devices.map(({ number, fileId, image, recorded }: DeviceView) =>
    markup`
      <tr>
        <td class="number">${number}</td>
        ${hasIds ? pathCell(fileId) : markup``}
        ${pathCell(image)}
        <td class="number">${recorded?.sizeBytes ?? ""}</td>
        ${recordedHash(recorded)}
      </tr>
    `
  );
  const ids = hasIds ? ["File id"] : [];
  const head = ["Device", ...ids, "Image", "Bytes", "SHA-256, as the manifest records it"];
  const { devices: { length }, chosenCount } = view;
  return markup`
    <h2>Images</h2>
    <p class="sub">Below <code>${printable(view.outdir)}</code></p>
    ${htmlTable("images", head, rows)}
    ${
    rest(
      length,
      chosenCount,
      "device",
      "devices",
      "The manifest has a row for each; its SHA-256 above stands for all of them.",
    )
  }
  `;
}

function recordedHash(recorded: DeviceView["recorded"]): Html {
  if (recorded === undefined) return markup`<td class="faint">not recorded</td>`;
  return recorded.isOfBatch
    ? markup`<td class="hash">${recorded.sha256}</td>`
    : markup`<td class="hash">${recorded.sha256}<br>for other inputs or options</td>`;
}

/**
 * One self-contained page: summary, page map, keys and findings. It has no
 * script and loads nothing, and its content security policy holds a browser
 * to that.
 *
 * @module
 */

import { emptyNamespaces, type ImageView, sortedEntries, sourceText } from "./image_view.ts";
import type { DecodedEntry } from "../nvs/decoded.ts";
import { type Html, markup } from "./html.ts";
import { findingAnchor, mapSection } from "./html_map.ts";
import { MAP_STYLE } from "./html_map_style.ts";
import { type Fact, factBoxes, htmlPage, htmlTable } from "./html_page.ts";
import { placeText } from "./findings_text.ts";
import { keySearchFacts } from "./key_search_report.ts";
import { countOf, printable } from "./text.ts";
import { fullValue, isLong, shortValue } from "./values.ts";

/** What is in an image, for a browser. */
export function inspectHtml(view: ImageView): string {
  const name = sourceText(view);
  return htmlPage(
    `${name}: NVS image`,
    MAP_STYLE,
    markup`
      <h1>${name}</h1>
      ${verdict(view)} ${summary(view)} ${findings(view)} ${remarks(view)} ${mapSection(view)} ${
      keys(view)
    }
    `,
  );
}

function verdict({ decoded }: ImageView): Html {
  const count = decoded.findings.length;
  return count === 0
    ? markup`<p class="verdict good">NVS partition image, nothing wrong with it</p>`
    : markup`<p class="verdict bad">NVS partition image with ${countOf(count, "finding")}</p>`;
}

function summary({ decoded, isEncrypted, sha256, keySearch }: ImageView): Html {
  const { sizeBytes, pages, formatVersion, stats } = decoded;
  const searched = keySearch === undefined ? [] : keySearchFacts(keySearch).map((
    [name, text],
  ): Fact => ({ term: name === "key" ? "Key" : "Note", text, width: "whole" }));
  return factBoxes([
    { term: "Size", text: countOf(sizeBytes, "byte") },
    { term: "Pages", text: `${pages.length}` },
    { term: "Format version", text: `${formatVersion ?? "no page in use"}` },
    { term: "Encrypted", text: isEncrypted ? "yes" : "no" },
    { term: "Entries used", text: `${stats.used} of ${stats.total}` },
    { term: "Entries available", text: `${stats.available}` },
    { term: "Namespaces", text: `${stats.namespaces}` },
    { term: "Keys", text: `${decoded.entries.length}` },
    { term: "SHA-256 of the image", text: markup`<code>${sha256}</code>`, width: "whole" },
    ...searched,
  ]);
}

function findings({ decoded }: ImageView): Html {
  if (decoded.findings.length === 0) return markup``;
  const rows = decoded.findings.map((finding) => {
    const { rule, message, stored = "", computed = "" } = finding;
    const anchor = findingAnchor(finding, decoded.pages);
    const place = anchor === undefined
      ? markup`${placeText(finding)}`
      : markup`<a href="#${anchor}">${placeText(finding)}</a>`;
    return markup`
      <tr>
        <td class="rule">${rule}</td>
        <td>${place}</td>
        <td class="text">${printable(message)}</td>
        <td title="stored">${printable(stored)}</td>
        <td title="computed">${printable(computed)}</td>
      </tr>
    `;
  });
  const head = ["Rule", "Place", "What is wrong", "Stored", "Computed"];
  return markup`<h2>Findings</h2> ${htmlTable("findings", head, rows)}`;
}

function remarks({ decoded }: ImageView): Html {
  if (decoded.remarks.length === 0) return markup``;
  const rows = decoded.remarks.map((remark) =>
    markup`
      <tr>
        <td class="rule">${remark.rule}</td>
        <td>${placeText(remark)}</td>
        <td class="text">${printable(remark.message)}</td>
      </tr>
    `
  );
  return markup`<h2>Remarks</h2> ${
    htmlTable("findings", ["Rule", "Place", "What is unusual"], rows)
  }`;
}

function keys({ decoded }: ImageView): Html {
  const entries = sortedEntries(decoded);
  const names = emptyNamespaces(decoded).map(printable);
  const head = ["Namespace", "Key", "Type", "Value", "Page", "Entry", "Span"];
  const list = entries.length === 0
    ? markup`<p>No keys.</p>`
    : htmlTable("keys", head, entries.map(keyRow));
  const empty = names.length === 0
    ? markup``
    : markup`<p>Namespaces without keys: <code>${names.join(", ")}</code></p>`;
  return markup`<h2>Keys</h2> ${list} ${empty}`;
}

function keyRow({ namespace, key, type, value, page, entry, span }: DecodedEntry): Html {
  const text = markup`<code>${shortValue(type, value)}</code>`;
  const cell = isLong(value)
    ? markup`
      <details>
        <summary>${text}</summary>
        <code>${fullValue(type, value)}</code>
      </details>
    `
    : text;
  const numbers = [page, entry, span].map((number) => markup`<td class="number">${number}</td>`);
  return markup`
    <tr>
      <td><code>${printable(namespace)}</code></td>
      <td><code>${printable(key)}</code></td>
      <td>${type}</td>
      <td class="value">${cell}</td>
      ${numbers}
    </tr>
  `;
}

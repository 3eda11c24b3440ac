/**
 * How the search for an image's key went, for people and for programs.
 *
 * @module
 */

import type { KeySearch } from "../verify/key_search.ts";
import { counted, countOf, printable } from "./text.ts";

const KIND = { hmacKey: "an HMAC key", keys: "a key partition" } as const;

/** What a user should know of a search that led to an image: names of facts, and their texts. */
export function keySearchFacts({ outcome, fitting, counts }: KeySearch): [string, string][] {
  const facts: [string, string][] = [];
  if (outcome === "not-encrypted") facts.push(["note", "not encrypted, so --keys is not needed"]);
  for (const { file, kind, fileCount } of fitting) {
    const fits = fileCount === 1 ? "1 fits" : `${fileCount} hold this key`;
    const tried = countOf(counts.keyFiles, "key file");
    facts.push(["key", `${printable(file)}, ${KIND[kind]} (${tried} tried, ${fits})`]);
  }
  if (counts.unreadable > 0) facts.push(["note", unreadableText(counts)]);
  return facts;
}

/** The same as lines of a report. */
export function keySearchLines(search: KeySearch | undefined): string[] {
  return search === undefined
    ? []
    : keySearchFacts(search).map(([name, text]) => `${name}: ${text}`);
}

/** Why a search did not lead to an image, behind the image's name; `undefined` if it did. */
export function keySearchFault(
  { folder, counts, outcome, fitting }: KeySearch,
): string | undefined {
  switch (outcome) {
    case "found":
    case "not-encrypted":
      return undefined;
    case "ambiguous": {
      const files = fitting.map(({ file }) => pathText(file)).join(" and ");
      return `fits different keys, those of ${files}; give the right one by --key or --hmac-key`;
    }
    case "none": {
      const { keyFiles, skipped, unreadable } = counts;
      const tried = keyFiles === 0
        ? "no key file is"
        : `no key fits of ${countOf(keyFiles, "key file")}`;
      const others = [
        `${counted(skipped, "file")} skipped`,
        ...(unreadable > 0 ? [unreadableText(counts)] : []),
      ];
      return `is encrypted, and ${tried} below ${pathText(folder)} (${others.join("; ")}); ` +
        "give the folder with the keys of its batch";
    }
    default:
      throw new TypeError(`Cannot report an outcome "${outcome satisfies never}"`);
  }
}

/** A path in quotes; backslashes stay single, as Windows has them between folders. */
function pathText(path: string): string {
  return `"${printable(path)}"`;
}

function unreadableText({ unreadable, firstUnreadable }: KeySearch["counts"]): string {
  const first = firstUnreadable === undefined
    ? ""
    : `, the first ${pathText(firstUnreadable.path)}: ${printable(firstUnreadable.reason)}`;
  return `${unreadable} of the files and folders could not be read${first}`;
}

const KIND_JSON = { hmacKey: "hmac_key", keys: "keys" } as const;

/** A search as JSON has it; kinds of keys are named as in the manifest. */
export function keySearchJson({ folder, counts, outcome, fitting }: KeySearch) {
  return {
    folder,
    outcome,
    fitting: fitting.map(({ file, kind, fileCount }) => ({
      file,
      kind: KIND_JSON[kind],
      files_with_this_key: fileCount,
    })),
    tried: counts.keyFiles,
    skipped: counts.skipped,
    unreadable: counts.unreadable,
    ...(counts.firstUnreadable && { first_unreadable: counts.firstUnreadable }),
  };
}

import type { DecodedPage } from "../nvs/decoded.ts";
import { findingJson, remarkJson } from "./findings_text.ts";
import { type ImageView, partitionJson, sortedEntries } from "./image_view.ts";
import { keySearchJson } from "./key_search_report.ts";
import { valueJson } from "./values.ts";

/**
 * What is in an image, for programs.
 *
 * @param isAll Erased items too.
 */
export function inspectJson(view: ImageView, isAll: boolean) {
  const { decoded } = view;
  return {
    image: imageJson(view),
    stats: decoded.stats,
    pages: decoded.pages.map(pageJson),
    namespaces: decoded.namespaces,
    entries: sortedEntries(decoded).map(({ namespace, key, type, value, page, entry, span }) => ({
      namespace,
      key,
      ...valueJson(type, value),
      page,
      entry,
      span,
    })),
    ...(isAll ? { erased: erasedJson(view) } : {}),
    findings: decoded.findings.map(findingJson),
    remarks: decoded.remarks.map(remarkJson),
  };
}

/** What an image is, without what it holds. */
export function imageJson(
  { file, partition, sha256, isEncrypted, decoded, keySearch }: ImageView,
) {
  return {
    file,
    partition: partition === undefined ? null : partitionJson(partition),
    bytes: decoded.sizeBytes,
    pages: decoded.pages.length,
    version: decoded.formatVersion ?? null,
    encrypted: isEncrypted,
    sha256,
    ...(keySearch && { keys: keySearchJson(keySearch) }),
  };
}

function pageJson(page: DecodedPage) {
  const { index, state, sequence, formatVersion, used, erased, empty } = page;
  return {
    index,
    state,
    sequence: sequence ?? null,
    version: formatVersion ?? null,
    used,
    erased,
    empty,
  };
}

function erasedJson({ decoded }: ImageView) {
  return decoded.erased.map((item) => ({
    namespace: item.namespace ?? null,
    namespace_index: item.namespaceIndex,
    key: item.key,
    ...(item.value === undefined
      ? { type: item.kind, value: null }
      : valueJson(item.kind, item.value)),
    page: item.page,
    entry: item.entry,
    span: item.span,
  }));
}

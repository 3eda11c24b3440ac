import { stringify } from "@std/csv/stringify";
import type { Schema } from "../input/schema.ts";
import type { ValueColumn } from "../input/values_header.ts";

const utf8 = new TextEncoder();

/**
 * The intermediate CSV of one device, an NVS CSV (`key,type,encoding,value`)
 * with CRLF and quotes only where needed: what Espressif's utility writes, and
 * what its generator reads.
 */
export function intermediateCsv(
  schema: Schema,
  columns: readonly ValueColumn[],
  cells: readonly string[],
): Uint8Array {
  const rows: string[][] = [["key", "type", "encoding", "value"]];
  let columnIndex = 0;
  for (const row of schema.rows) {
    if (row.kind === "namespace") {
      rows.push([row.namespace, "namespace", row.encodingText, ""]);
    } else {
      const { cellIndex } = columns[columnIndex++]!;
      rows.push([row.key, row.dataType, row.encodingText, cells[cellIndex]!]);
    }
  }
  return utf8.encode(stringify(rows));
}

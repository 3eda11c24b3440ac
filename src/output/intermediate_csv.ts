import type { Schema } from "../input/schema.ts";
import type { ValueColumn } from "../input/values_header.ts";
import { csvLine } from "../plan/csv_line.ts";

const utf8 = new TextEncoder();
const LINE_END = "\r\n";
const HEADER = `key,type,encoding,value${LINE_END}`;

/**
 * Makes the intermediate CSV of each device, an NVS CSV
 * (`key,type,encoding,value`) with CRLF and quotes only where needed: what
 * Espressif's utility writes, and what its generator reads.
 */
export class IntermediateCsv {
  /** Each row up to its value, which is all that differs between devices. */
  readonly #rows: readonly { start: string; hasValue: boolean }[];

  constructor(schema: Schema) {
    this.#rows = schema.rows.map((row) =>
      row.kind === "namespace"
        ? { start: csvLine([row.namespace, "namespace", row.encodingText, ""]), hasValue: false }
        : { start: `${csvLine([row.key, row.dataType, row.encodingText])},`, hasValue: true }
    );
  }

  /** The file of a device, by the cells of its record. */
  bytes(columns: readonly ValueColumn[], cells: readonly string[]): Uint8Array {
    let text = HEADER;
    let columnIndex = 0;
    for (const { start, hasValue } of this.#rows) {
      text += start;
      if (hasValue) text += csvLine([cells[columns[columnIndex++]!.cellIndex]!]);
      text += LINE_END;
    }
    return utf8.encode(text);
  }
}

import type { Schema } from "../input/schema.ts";
import type { ValueColumn } from "../input/values_header.ts";
import { putUtf8, utf8Size } from "../nvs/utf8.ts";
import { csvCell, csvLine } from "../plan/csv_line.ts";

const utf8 = new TextEncoder();
const LINE_END = "\r\n";
const HEADER = `key,type,encoding,value${LINE_END}`;
const INITIAL_BYTES = 4096;

/**
 * Makes the intermediate CSV of each device, an NVS CSV
 * (`key,type,encoding,value`) with CRLF and quotes only where needed: what
 * Espressif's utility writes, and what its generator reads.
 */
export class IntermediateCsv {
  /** The bytes between the values, which are all that differs between devices. */
  readonly #fixed: readonly Uint8Array[];
  /** Used again for every device. */
  #buffer = new Uint8Array(INITIAL_BYTES);

  constructor(schema: Schema) {
    const texts: string[] = [];
    let text = HEADER;
    for (const row of schema.rows) {
      if (row.kind === "namespace") {
        text += csvLine([row.namespace, "namespace", row.encodingText, ""]) + LINE_END;
      } else {
        texts.push(`${text}${csvLine([row.key, row.dataType, row.encodingText])},`);
        text = LINE_END;
      }
    }
    this.#fixed = [...texts, text].map((fixed) => utf8.encode(fixed));
  }

  /** The file of a device, by the cells of its record; valid until the next one. */
  bytes(columns: readonly ValueColumn[], cells: readonly string[]): Uint8Array {
    let at = this.#put(0, this.#fixed[0]!);
    for (const [index, { cellIndex }] of columns.entries()) {
      const text = csvCell(cells[cellIndex]!);
      const end = at + utf8Size(text);
      this.#reserve(end);
      putUtf8(text, this.#buffer, at);
      at = this.#put(end, this.#fixed[index + 1]!);
    }
    return this.#buffer.subarray(0, at);
  }

  #put(at: number, bytes: Uint8Array): number {
    const end = at + bytes.length;
    this.#reserve(end);
    this.#buffer.set(bytes, at);
    return end;
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(sizeBytes, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

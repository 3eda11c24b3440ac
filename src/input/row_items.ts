/**
 * A device's row to the items of its partition.
 *
 * @module
 */

import type { Item } from "../nvs/item.ts";
import type { Schema } from "./schema.ts";
import { type Value, ValueError, valueOfBytes, valueOfText } from "./value_codec.ts";
import type { ValueColumn } from "./values_header.ts";
import { WifiCompanions } from "./wifi_companions.ts";

/** Reads a file that a cell names. Throws {@linkcode ValueError} if it cannot. */
export type ReadCellFile = (path: string) => Uint8Array;

/** Reports what is wrong with the cell of a column. */
export type ReportCell = (column: ValueColumn, message: string) => void;

const lenientUtf8 = new TextDecoder();

/**
 * Converts all cells of a row. A cell that cannot be converted is reported
 * and leaves no item.
 *
 * @param skipsRepeated Leaves out REPEAT columns, whose values are not known.
 */
export function itemsOfRow(
  schema: Schema,
  columns: readonly ValueColumn[],
  cells: readonly string[],
  readFile: ReadCellFile,
  report: ReportCell,
  skipsRepeated = false,
): Item[] {
  const items: Item[] = [];
  const companions = new WifiCompanions();
  let columnIndex = 0;
  for (const row of schema.rows) {
    const { namespace } = row;
    if (row.kind === "namespace") {
      items.push({ namespace, type: "namespace" });
      continue;
    }
    const column = columns[columnIndex++];
    if (column === undefined || row.encoding === undefined) continue;
    if (row.repeated && skipsRepeated) continue;
    const cell = cells[column.cellIndex]!;
    try {
      const bytes = row.dataType === "file" ? readFile(cell) : undefined;
      const value: Value = bytes === undefined
        ? valueOfText(cell, row.encoding)
        : valueOfBytes(bytes, row.encoding);
      companions.push(
        items,
        { namespace, key: row.key, ...value },
        () => bytes === undefined ? cell : lenientUtf8.decode(bytes),
      );
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      report(column, error.message);
    }
  }
  return items;
}

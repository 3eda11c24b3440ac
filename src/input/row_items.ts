/**
 * A device's row to the items of its partition.
 *
 * @module
 */

import type { Item } from "../nvs/item.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { Schema } from "./schema.ts";
import { itemOfBytes, itemOfText, ValueError } from "./value_codec.ts";
import type { ValueColumn } from "./values_header.ts";
import { WifiCompanions } from "./wifi_companions.ts";

/** What cells are converted with. */
export interface CellContext {
  /** Reads a file that a cell names. @throws {ValueError} If it cannot. */
  readCellFile(path: string): Uint8Array;
  /** Reports what is wrong with the cell of a column. */
  reportCell(column: ValueColumn, code: ProblemCode, message: string): void;
}

const lenientUtf8 = new TextDecoder();

/**
 * Converts all cells of a row and adds what comes out to `items`. A cell that
 * cannot be converted is reported and leaves no item.
 *
 * @param skipsRepeated Leaves out REPEAT columns, whose values are not known.
 */
export function addItemsOfRow(
  items: Item[],
  schema: Schema,
  columns: readonly ValueColumn[],
  cells: readonly string[],
  context: CellContext,
  skipsRepeated = false,
): void {
  const companions = schema.hasCompanions ? new WifiCompanions() : undefined;
  let columnIndex = 0;
  for (const row of schema.rows) {
    if (row.kind === "namespace") {
      items.push(row.item);
      continue;
    }
    const column = columns[columnIndex++];
    if (column === undefined || row.encoding === undefined) continue;
    if (row.repeated && skipsRepeated) continue;
    try {
      const cell = cells[column.cellIndex]!;
      const bytes = row.dataType === "file" ? context.readCellFile(cell) : undefined;
      const item = bytes === undefined
        ? itemOfText(row, row.encoding, cell)
        : itemOfBytes(row, row.encoding, bytes);
      if (companions === undefined) items.push(item);
      else companions.push(items, item, bytes === undefined ? cell : lenientUtf8.decode(bytes));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      context.reportCell(column, error.code, error.message);
    }
  }
}

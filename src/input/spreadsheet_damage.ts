/**
 * What spreadsheets do to values: they shorten long numbers, drop zeros in front,
 * and leave signs of their own in the place of values.
 *
 * @module
 */

import type { Place } from "../problems/problems.ts";
import { type DeviceRow, placeOfDevice } from "./device_rows.ts";
import { paddedCells } from "./serial_columns.ts";
import type { ValuesHeader } from "./values_header.ts";
import { MAX_KEPT_PLACES, type Warnings } from "../problems/warnings.ts";

/** As spreadsheets write a number of more digits than their column shows. */
const SHORTENED = /^\d(?:[.,]\d+)?E\+\d{2,3}$/;
/** Excel's values in the place of a result, and a number that its column is too narrow for. */
const ERROR_SIGN =
  /^#(?:REF!|N\/A|NAME\?|VALUE!|DIV\/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|##+)$/;
const DIGITS = /^[1-9]\d*$/;
/** Longer ones are shortened, not stripped. */
const MAX_STRIPPED_DIGITS = 20;

/** Looks at every cell of a values file; memory does not grow with it. */
export class SpreadsheetDamage {
  readonly #file: string;
  readonly #header: ValuesHeader;
  readonly #warnings: Warnings;
  /** Cells of numbers with a decimal point, which may be written like that. */
  readonly #floating = new Set<number>();
  /** Cells of REPEAT columns: in all rows but the first their values are copies. */
  readonly #repeated = new Set<number>();
  readonly #padded: PaddedColumn[];

  constructor(
    header: ValuesHeader,
    file: string,
    fileIdColumn: string | undefined,
    warnings: Warnings,
  ) {
    this.#file = file;
    this.#header = header;
    this.#warnings = warnings;
    for (const { row: { encoding, repeated }, cellIndex } of header.columns) {
      if (encoding?.kind === "floating") this.#floating.add(cellIndex);
      if (repeated) this.#repeated.add(cellIndex);
    }
    this.#padded = [...paddedCells(header, fileIdColumn)].map((cellIndex) =>
      new PaddedColumn(cellIndex)
    );
  }

  check(row: DeviceRow): void {
    const { number, cells } = row;
    for (let cellIndex = 0; cellIndex < cells.length; cellIndex++) {
      const cell = cells[cellIndex]!;
      if (!cell.startsWith("#") && !cell.includes("E+")) continue;
      if (number > 1 && this.#repeated.has(cellIndex)) continue;
      if (ERROR_SIGN.test(cell)) {
        this.#warnings.add(
          "spreadsheet-error",
          this.#placeOf(row, cellIndex),
          `"${cell}" is what a spreadsheet shows in the place of a value; mend the cell there`,
        );
      } else if (SHORTENED.test(cell) && !this.#floating.has(cellIndex)) {
        this.#warnings.add(
          "shortened-number",
          this.#placeOf(row, cellIndex),
          // Without the cell, which may be a secret.
          "looks like a number that a spreadsheet shortened; " +
            "give the column the format Text, and enter the values again",
        );
      }
    }
    for (const column of this.#padded) {
      column.add(cells[column.cellIndex]!, () => this.#placeOf(row, column.cellIndex));
    }
  }

  /** Tells what only all rows together show. */
  finish(): void {
    for (const column of this.#padded) {
      for (const { places, total } of column.strippedCells()) {
        for (const [index, place] of places.entries()) {
          this.#warnings.add(
            "lost-zeros",
            place,
            "is shorter by the zeros that others begin with; " +
              "if a spreadsheet dropped them, give the column the format Text",
            index === 0 ? total - places.length + 1 : 1,
          );
        }
      }
    }
  }

  #placeOf(row: DeviceRow, cellIndex: number): Place {
    const key = this.#header.names[cellIndex];
    const place = { ...placeOfDevice(this.#file, this.#header, row), column: cellIndex + 1 };
    return key === undefined ? place : { ...place, key };
  }
}

/** Cells of one size that may have lost zeros. */
interface StrippedCells {
  /** The first ones. */
  places: Place[];
  total: number;
}

/** What a column tells about zeros in front. */
class PaddedColumn {
  readonly cellIndex: number;
  /** Characters of the longest cell that begins with a zero, and the most zeros of such cells. */
  #paddedSize = 0;
  #zeros = 0;
  readonly #digitsOfSize = new Map<number, StrippedCells>();

  constructor(cellIndex: number) {
    this.cellIndex = cellIndex;
  }

  add(cell: string, placeOf: () => Place): void {
    const size = cell.length;
    if (cell.startsWith("0")) {
      if (size < this.#paddedSize) return;
      if (size > this.#paddedSize) [this.#paddedSize, this.#zeros] = [size, 0];
      let zeros = 1;
      while (cell[zeros] === "0") zeros++;
      this.#zeros = Math.max(this.#zeros, zeros);
      return;
    }
    if (size > MAX_STRIPPED_DIGITS || !DIGITS.test(cell)) return;
    let cells = this.#digitsOfSize.get(size);
    if (cells === undefined) this.#digitsOfSize.set(size, cells = { places: [], total: 0 });
    cells.total++;
    if (cells.places.length < MAX_KEPT_PLACES) cells.places.push(placeOf());
  }

  /** The cells that would be as long as others with as many zeros in front as those have. */
  strippedCells(): StrippedCells[] {
    return [...this.#digitsOfSize]
      .filter(([size]) => size < this.#paddedSize && size >= this.#paddedSize - this.#zeros)
      .map(([, cells]) => cells);
  }
}

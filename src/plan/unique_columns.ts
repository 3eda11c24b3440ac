/**
 * Columns in which no value should occur twice: those of `--unique`, and those
 * that are called like a serial number.
 *
 * @module
 */

import { type DeviceRow, excerptOf, placeOfDevice } from "../input/device_rows.ts";
import type { Problems } from "../problems/problems.ts";
import { serialCells } from "../input/serial_columns.ts";
import { noColumnText, type ValuesHeader } from "../input/values_header.ts";
import type { Warnings } from "../problems/warnings.ts";
import type { BatchSpec } from "./checked_batch.ts";
import { FirstLines } from "./first_lines.ts";

/** A column that is looked at. */
interface UniqueColumn {
  cellIndex: number;
  key: string;
  /** Whether a value that occurs twice is an error, not just a warning. */
  isAsked: boolean;
  /** Whether capitals do not count, as in hex. */
  isFolded: boolean;
  /** Line of each value's first row. */
  firstLines: FirstLines;
}

/** Looks for values that occur twice. */
export class UniqueColumns {
  readonly #file: string;
  readonly #header: ValuesHeader;
  readonly #problems: Problems;
  readonly #warnings: Warnings;
  readonly #columns: UniqueColumn[] = [];

  /** A column of `--unique` that is not there, or that repeats by itself, is a problem. */
  constructor(
    { values, uniqueColumns, fileIdColumn, prefixNumber }: BatchSpec,
    header: ValuesHeader,
    problems: Problems,
    warnings: Warnings,
  ) {
    this.#file = values;
    this.#header = header;
    this.#problems = problems;
    this.#warnings = warnings;
    const { line, names, columns } = header;
    for (const column of new Set(uniqueColumns)) {
      if (names.includes(column)) continue;
      problems.add(
        { file: values, line },
        "unknown-column",
        noColumnText(column, "--unique", names),
      );
    }
    const serials = serialCells(header, fileIdColumn);
    for (const [cellIndex, key] of names.entries()) {
      const row = columns.find((column) => column.cellIndex === cellIndex)?.row;
      const isAsked = uniqueColumns.includes(key);
      if (isAsked && row?.repeated) {
        problems.add(
          { file: values, line, column: cellIndex + 1, key },
          "unique-and-repeat",
          "is for --unique, but the configuration says REPEAT, so all devices have one value; " +
            "remove one of them",
        );
      }
      // Two devices of one file id are a problem of their names already.
      const isName = prefixNumber === undefined && fileIdColumn !== undefined &&
        cellIndex === names.indexOf(fileIdColumn);
      if (isName || row?.repeated || !(isAsked || serials.has(cellIndex))) continue;
      this.#columns.push({
        cellIndex,
        key,
        isAsked,
        isFolded: row?.encoding?.kind === "hex2bin",
        firstLines: new FirstLines(),
      });
    }
  }

  check(row: DeviceRow): void {
    const { line, cells } = row;
    for (const column of this.#columns) {
      const { cellIndex, key, isAsked, isFolded, firstLines } = column;
      const cell = cells[cellIndex]!;
      if (cell === "" && !isAsked) continue; // no serial number at all
      const value = isFolded ? cell.trim().toLowerCase() : cell;
      const earlier = firstLines.lineOf(value, line);
      if (earlier === undefined) continue;
      const place = { ...placeOfDevice(this.#file, this.#header, row), column: cellIndex + 1, key };
      const message = `has the value of line ${earlier} again; `;
      if (isAsked) {
        this.#problems.add(
          place,
          "value-repeated",
          `${message}--unique asks for another in each row`,
          () => excerptOf(this.#header, cells, cellIndex),
        );
      } else {
        this.#warnings.add("repeated-value", place, `${message}give each device its own`);
      }
    }
  }
}

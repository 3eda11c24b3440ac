/**
 * The rows of the values CSV, a device each.
 *
 * @module
 */

import type { CsvRecord } from "./csv_records.ts";
import type { Excerpt } from "../problems/excerpt.ts";
import { counted } from "../problems/printable.ts";
import type { Place, Problems } from "../problems/problems.ts";
import { isOpenCell } from "./open_cell.ts";
import { separatorName } from "./separator.ts";
import type { ValuesHeader } from "./values_header.ts";

/** A device's row, its repeated values filled in. */
export interface DeviceRow {
  /** Physical line of the record's first line, from 1. */
  line: number;
  /** The row as a spreadsheet shows it, in the first pass. */
  row: number;
  /** Number of the device in the file, from 1. */
  number: number;
  /** All cells of the record, metadata columns included. */
  cells: string[];
  /** Whether repeated values are missing, because the first row has a problem. */
  isIncomplete?: boolean;
}

/** Where rows go on, when the ones before them were read earlier. */
export interface RowsStart {
  /** Number of the first device, from 1. */
  number: number;
  /** Cells of the file's first device. */
  firstCells: readonly string[];
}

/**
 * Yields each row with a right number of cells; the others go to `problems`.
 * Rows whose cells are all empty, as spreadsheets leave below a table, are passed
 * over, unless a device takes nothing from its row: they may be devices then.
 * A REPEAT column has its value in the first row and is empty below, or says
 * the same again.
 */
export function* deviceRows(
  records: Iterable<CsvRecord>,
  header: ValuesHeader,
  file: string,
  problems: Problems,
  start?: RowsStart,
  onEmptyRow: (line: number) => void = () => {},
): Generator<DeviceRow> {
  const repeated = header.columns.filter(({ row }) => row.repeated);
  const mayBeEmpty = repeated.length === header.columns.length;
  const problemsBefore = problems.total;
  let firstLine = 0;
  let firstCells = start?.firstCells;
  const numberBefore = (start?.number ?? 1) - 1;
  let number = numberBefore;
  for (const { line, row: sheetRow, fields: cells } of records) {
    if (!mayBeEmpty && cells.every(isEmpty)) {
      onEmptyRow(line);
      continue;
    }
    number++;
    if (cells.length !== header.names.length) {
      problems.add(
        { file, line, row: sheetRow, device: number },
        "cell-count",
        cellCountFault(cells, header),
      );
      continue;
    }
    const row: DeviceRow = { line, row: sheetRow, number, cells };
    if (number === 1) [firstLine, firstCells] = [line, cells];
    for (const { cellIndex, row: { key } } of repeated) {
      // Without the first row nobody knows what is repeated.
      const value = firstCells?.[cellIndex];
      const cell = cells[cellIndex]!;
      if (value === undefined) {
        row.isIncomplete = true;
        break;
      }
      if (cell !== "" && cell !== value) {
        problems.add(
          { ...placeOfDevice(file, header, row), column: cellIndex + 1, key },
          "repeat-conflict",
          `differs from the first device's (line ${firstLine}), but the configuration says REPEAT; ` +
            "leave the cell empty, or remove REPEAT",
          () => excerptOf(header, cells, cellIndex),
        );
      }
      cells[cellIndex] = value;
    }
    yield row;
  }
  if (number === numberBefore && start === undefined && problems.total === problemsBefore) {
    problems.add({ file }, "no-device", "has a header and no device; add a row for each device");
  }
}

/** Where a device stands in the values file. */
export function placeOfDevice(
  file: string,
  { fileIdCell }: ValuesHeader,
  { line, row, number, cells }: DeviceRow,
): Place {
  const place = { file, line, row, device: number };
  const fileId = fileIdCell === undefined ? undefined : cells[fileIdCell];
  return fileId === undefined ? place : { ...place, fileId };
}

/** What a terminal shows of a row: numbers, paths and the file id; of other cells how long they are. */
export function excerptOf(
  { names, columns, fileIdCell, separator }: ValuesHeader,
  cells: readonly string[],
  cellIndex: number,
): Excerpt {
  const hidden = new Map(names.entries());
  for (const { row: { dataType, encoding }, cellIndex } of columns) {
    if (isOpenCell(dataType, encoding?.kind, cells[cellIndex] ?? "")) hidden.delete(cellIndex);
  }
  if (fileIdCell !== undefined) hidden.delete(fileIdCell);
  return { cells: [...cells], separator, cellIndex, hidden };
}

function isEmpty(cell: string): boolean {
  return cell === "";
}

function cellCountFault(
  cells: readonly string[],
  { names: { length: expected }, separator }: ValuesHeader,
): string {
  const name = separatorName(separator);
  const count = counted(cells.length, "cell");
  let hint = cells.length < expected
    ? `add a ${name} for each empty cell`
    : `put a cell that holds a ${name} into quotes`;
  if (cells[0]?.startsWith("#")) hint = "comment lines are for the configuration only";
  return `has ${count}, the header has ${expected}; ${hint}`;
}

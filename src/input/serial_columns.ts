/**
 * Columns that tell devices apart.
 *
 * @module
 */

import type { ValuesHeader } from "./values_header.ts";

/** What they are called, in small letters. */
const SERIAL_NAMES: ReadonlySet<string> = new Set(["serial", "sn", "mac", "uid", "device_id"]);

/** Cells of the columns that are called like a serial number, or that `--fileid` names, from 0. */
export function serialCells(
  { names }: ValuesHeader,
  fileIdColumn: string | undefined,
): Set<number> {
  const isSerial = (name: string) =>
    name === fileIdColumn || SERIAL_NAMES.has(name.trim().toLowerCase());
  return new Set([...names.keys()].filter((cellIndex) => isSerial(names[cellIndex]!)));
}

/** Cells of the columns in which zeros in front count: hex, and serial numbers that are text. */
export function paddedCells(header: ValuesHeader, fileIdColumn: string | undefined): Set<number> {
  const cells = serialCells(header, fileIdColumn);
  for (const { cellIndex, row: { encoding, dataType, repeated } } of header.columns) {
    const isNumber = encoding?.kind === "integer" || encoding?.kind === "floating";
    if (isNumber || dataType === "file" || repeated) cells.delete(cellIndex);
    else if (encoding?.kind === "hex2bin") cells.add(cellIndex);
  }
  return cells;
}

/**
 * One pass over the values file: row, name, items and layout of each device.
 * The check, the writer and the verifier all see devices through it.
 *
 * @module
 */

import { csvRecords } from "../input/csv_records.ts";
import { type DeviceRow, deviceRows } from "../input/device_rows.ts";
import type { Problems } from "../input/problems.ts";
import { itemsOfRow } from "../input/row_items.ts";
import type { Schema } from "../input/schema.ts";
import { TextError, textLines } from "../input/text_lines.ts";
import { matchHeader, type ValueColumn, type ValuesHeader } from "../input/values_header.ts";
import type { FormatVersion } from "../nvs/constants.ts";
import type { Item } from "../nvs/item.ts";
import { assertFits, PartitionFullError } from "../nvs/partition.ts";
import { type Geometry, ItemSizeError, type Layout, placeItems } from "../nvs/placement.ts";
import type { CellFiles } from "./cell_files.ts";
import { deviceName, type PrefixNumber } from "./names.ts";
import type { StableFile } from "./values_file.ts";

/** What of a batch decides its devices. */
export interface DeviceSpec {
  prefix: string;
  prefixNumber?: PrefixNumber;
  /** Name of the column whose value ends each name; the device's number does by default. */
  fileIdColumn?: string;
  geometry: Geometry;
  formatVersion: FormatVersion;
}

/** A row of the values file, and the name that it gives its device. */
export interface NamedRow {
  header: ValuesHeader;
  row: DeviceRow;
  /** The name that all files of the device share. */
  name: string;
  fileId: string;
  /** Cell of the file id in the record, from 0; -1 when it is the device's number. */
  fileIdCell: number;
}

/** A device with everything that its image is made of. */
export interface Device extends NamedRow {
  items: Item[];
  layout: Layout;
}

/** What one pass reads from, and where it reports. */
export interface DeviceSource {
  spec: DeviceSpec;
  schema: Schema;
  values: StableFile;
  cellFiles: CellFiles;
  problems: Problems;
}

/**
 * Yields the rows of the values file in order. A row with a wrong number of
 * cells is reported and not yielded; with a wrong header, none is.
 *
 * @throws {InputChangedError} If the file is not what it was in an earlier pass.
 */
export function* readRows(source: DeviceSource): Generator<NamedRow> {
  const { spec, schema, values, problems } = source;
  const file = values.path;
  try {
    const records = csvRecords(
      textLines(values.chunks()),
      { comments: false },
      ({ line, column, message }) => problems.add({ file, line, column }, message),
    );
    const first = records.next();
    if (first.done) {
      if (problems.total === 0) {
        problems.add({ file }, "is empty; it needs a header of keys and a row for each device");
      }
      return;
    }
    const header = matchHeader(first.value, schema, file, problems);
    const { fileIdColumn } = spec;
    const fileIdCell = fileIdColumn === undefined ? -1 : header.names.indexOf(fileIdColumn);
    if (fileIdColumn !== undefined && fileIdCell < 0) {
      problems.add(
        { file, line: header.line },
        `has no column "${fileIdColumn}" for --fileid; ` +
          `its columns are ${header.names.map((name) => `"${name}"`).join(", ")}`,
      );
      return;
    }
    if (header.columns.length < schema.keys.length) return;
    for (const row of deviceRows(records, header, file, problems)) {
      const fileId = fileIdCell < 0 ? String(row.number) : row.cells[fileIdCell]!;
      const name = deviceName(spec.prefix, spec.prefixNumber, row.number, fileId);
      yield { header, row, name, fileId, fileIdCell };
    }
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    problems.add({ file, line: error.line }, error.message);
  }
}

/**
 * Converts a row and lays its image out. Problems are reported; with any, the
 * device is `undefined`.
 *
 * @throws {InputChangedError} If a file that a cell names is not what it was.
 */
export function layOut(source: DeviceSource, named: NamedRow): Device | undefined {
  const { spec, schema, values, cellFiles, problems } = source;
  const { header: { columns }, row, name } = named;
  const place = { file: values.path, line: row.line };
  const problemsBefore = problems.total;
  const report = ({ row: { key }, cellIndex }: ValueColumn, message: string) =>
    problems.add({ ...place, column: cellIndex + 1, key }, message);

  const items = itemsOfRow(
    schema,
    columns,
    row.cells,
    (path) => cellFiles.read(path),
    report,
    row.isIncomplete,
  );
  // What is wrong with the whole batch is not repeated for each device.
  if (problems.total > problemsBefore || row.isIncomplete || schema.isTooLarge) return undefined;
  try {
    const layout = placeItems(items, spec.formatVersion);
    assertFits(layout, spec.geometry);
    return { ...named, items, layout };
  } catch (error) {
    if (error instanceof ItemSizeError) {
      const { item } = error;
      const column = columns.find(({ row }) =>
        item.type !== "namespace" && row.namespace === item.namespace && row.key === item.key
      );
      if (column === undefined) problems.add(place, error.message);
      else report(column, error.message);
    } else if (error instanceof PartitionFullError) {
      problems.add(
        place,
        `the data of "${name}" ${error.message}; give a larger size, or less data`,
      );
    } else throw error;
    return undefined;
  }
}

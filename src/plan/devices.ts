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

/** A device with everything that its image is made of. */
export interface Device {
  row: DeviceRow;
  /** The name that all its files share. */
  name: string;
  fileId: string;
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

/** Called along the pass, before a device is laid out. */
export interface PassHooks {
  onHeader?(header: ValuesHeader): void;
  /** Told of each row that has the right number of cells. */
  onRow?(row: DeviceRow, name: string, fileId: string): void;
  /** Whether a device is laid out and yielded (default: all). */
  wants?(row: DeviceRow): boolean;
}

/** Cell of the file id in each record, from 0, or -1. */
export function fileIdCellIndex(spec: DeviceSpec, header: ValuesHeader): number {
  return spec.fileIdColumn === undefined ? -1 : header.names.indexOf(spec.fileIdColumn);
}

/**
 * Yields the devices of the values file in order. A device with a problem is
 * reported and not yielded.
 *
 * @throws {InputChangedError} If an input is not what it was in an earlier pass.
 */
export function* readDevices(source: DeviceSource, hooks: PassHooks = {}): Generator<Device> {
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
    const fileIdIndex = fileIdCellIndex(spec, header);
    if (spec.fileIdColumn !== undefined && fileIdIndex < 0) {
      problems.add(
        { file, line: header.line },
        `has no column "${spec.fileIdColumn}" for --fileid; ` +
          `its columns are ${header.names.map((name) => `"${name}"`).join(", ")}`,
      );
      return;
    }
    if (header.columns.length < schema.keys.length) return;
    hooks.onHeader?.(header);
    for (const row of deviceRows(records, header, file, problems)) {
      const fileId = fileIdIndex < 0 ? String(row.number) : row.cells[fileIdIndex]!;
      const name = deviceName(spec.prefix, spec.prefixNumber, row.number, fileId);
      hooks.onRow?.(row, name, fileId);
      if (hooks.wants?.(row) === false) continue;
      const device = layOut(source, header.columns, row, name, fileId);
      if (device !== undefined) yield device;
    }
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    problems.add({ file, line: error.line }, error.message);
  }
}

function layOut(
  source: DeviceSource,
  columns: readonly ValueColumn[],
  row: DeviceRow,
  name: string,
  fileId: string,
): Device | undefined {
  const { spec, schema, values, cellFiles, problems } = source;
  const place = { file: values.path, line: row.line };
  const problemsBefore = problems.total;
  const report = ({ row: { key }, cellIndex }: ValueColumn, message: string) =>
    problems.add({ ...place, column: cellIndex + 1, key }, message);

  const items = itemsOfRow(schema, columns, row.cells, (path) => cellFiles.read(path), report);
  if (problems.total > problemsBefore) return undefined;
  try {
    const layout = placeItems(items, spec.formatVersion);
    assertFits(layout, spec.geometry);
    return { row, name, fileId, items, layout };
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

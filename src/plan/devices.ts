/**
 * Rows of the values file to devices: name, items and layout. The check, the
 * writer, `--resume` and the verifier all see devices through it.
 *
 * @module
 */

import type { DeviceRow } from "../input/device_rows.ts";
import type { Problems } from "../input/problems.ts";
import { itemsOfRow } from "../input/row_items.ts";
import type { Schema } from "../input/schema.ts";
import type { ValueColumn, ValuesHeader } from "../input/values_header.ts";
import type { FormatVersion } from "../nvs/constants.ts";
import type { Item } from "../nvs/item.ts";
import { assertFits, PartitionFullError } from "../nvs/partition.ts";
import { type Geometry, ItemSizeError, type Layout, placeItems } from "../nvs/placement.ts";
import type { CellFiles } from "./cell_files.ts";
import { deviceName, type PrefixNumber } from "./names.ts";

/** What of a batch decides its devices. */
export interface DeviceSpec {
  prefix: string;
  prefixNumber?: PrefixNumber;
  /** Name of the column whose value ends each name; the device's number does by default. */
  fileIdColumn?: string;
  geometry: Geometry;
  formatVersion: FormatVersion;
}

/** The name that all files of a device share, and what of it tells the device from others. */
export interface DeviceName {
  name: string;
  fileId: string;
}

/** Forms the names of a batch's devices. */
export class DeviceNames {
  readonly #spec: DeviceSpec;
  /** Cell of the file id in each record, from 0; -1 when it is the device's number. */
  readonly fileIdCell: number;

  constructor(spec: DeviceSpec, header: ValuesHeader) {
    this.#spec = spec;
    this.fileIdCell = spec.fileIdColumn === undefined
      ? -1
      : header.names.indexOf(spec.fileIdColumn);
  }

  nameOf({ number, cells }: DeviceRow): DeviceName {
    const { prefix, prefixNumber } = this.#spec;
    const fileId = this.fileIdCell < 0 ? String(number) : cells[this.fileIdCell]!;
    return { name: deviceName(prefix, prefixNumber, number, fileId), fileId };
  }
}

/** What an image is made of. */
export interface DeviceContent {
  items: Item[];
  layout: Layout;
}

/** What devices are made of, and where problems go. */
export interface DeviceSource {
  spec: DeviceSpec;
  schema: Schema;
  columns: readonly ValueColumn[];
  /** The values file, for places. */
  file: string;
  cellFiles: CellFiles;
  problems: Problems;
}

/**
 * Converts a row and lays its image out. Problems are reported; with any, the
 * content is `undefined`.
 *
 * @throws {InputChangedError} If a file that a cell names is not what it was.
 */
export function layOut(
  source: DeviceSource,
  row: DeviceRow,
  name: string,
): DeviceContent | undefined {
  const { spec, schema, columns, file, cellFiles, problems } = source;
  const place = { file, line: row.line };
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
    return { items, layout };
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

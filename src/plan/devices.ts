/**
 * Rows of the values file to devices: name, items and layout. The check, the
 * writer, `--resume` and the verifier all see devices through it.
 *
 * @module
 */

import type { DeviceRow } from "../input/device_rows.ts";
import type { FileReader } from "../ports/file_system.ts";
import { Problems } from "../input/problems.ts";
import { addItemsOfRow, type CellContext } from "../input/row_items.ts";
import type { Schema } from "../input/schema.ts";
import type { ValueColumn, ValuesHeader } from "../input/values_header.ts";
import type { Item } from "../nvs/item.ts";
import { assertFits, PartitionFullError } from "../nvs/partition.ts";
import { ItemSizeError, type Layout, Placer } from "../nvs/placement.ts";
import type { CheckedBatch, DeviceSpec } from "./checked_batch.ts";
import { CellFiles } from "./cell_files.ts";
import { deviceName } from "./names.ts";

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

/** What an image is made of; valid until the next device's. */
export interface DeviceContent {
  items: readonly Item[];
  layout: Layout;
}

/**
 * Makes devices of rows, one after the other; what is wrong with a row is
 * reported.
 */
export class DeviceSource implements CellContext {
  readonly #spec: DeviceSpec;
  readonly #schema: Schema;
  readonly #columns: readonly ValueColumn[];
  /** The values file, for places. */
  readonly #file: string;
  readonly #cellFiles: CellFiles;
  readonly #problems: Problems;
  /** Both are used again for every device: a batch has many. */
  readonly #placer = new Placer();
  readonly #items: Item[] = [];
  /** Line of the row at hand. */
  #line = 0;

  constructor(
    spec: DeviceSpec,
    schema: Schema,
    columns: readonly ValueColumn[],
    file: string,
    cellFiles: CellFiles,
    problems: Problems,
  ) {
    this.#spec = spec;
    this.#schema = schema;
    this.#columns = columns;
    this.#file = file;
    this.#cellFiles = cellFiles;
    this.#problems = problems;
  }

  /** The devices of a checked batch, in a later pass. */
  static laterPass(files: FileReader, batch: CheckedBatch): DeviceSource {
    const { spec, schema, values } = batch;
    const cellFiles = CellFiles.laterPass(files, batch.cellFiles);
    const { columns } = values.header;
    return new DeviceSource(spec, schema, columns, spec.values, cellFiles, new Problems());
  }

  /**
   * Converts a row and lays its image out; `undefined` after a problem.
   *
   * @throws {InputChangedError} If a file that a cell names is not what it was.
   */
  layOut(row: DeviceRow, name: string): DeviceContent | undefined {
    const problems = this.#problems;
    const problemsBefore = problems.total;
    this.#line = row.line;
    const items = this.#items;
    items.length = 0;
    const isIncomplete = row.isIncomplete ?? false;
    addItemsOfRow(items, this.#schema, this.#columns, row.cells, this, isIncomplete);
    // What is wrong with the whole batch is not repeated for each device.
    if (problems.total > problemsBefore || isIncomplete || this.#schema.isTooLarge) {
      return undefined;
    }
    try {
      const layout = this.#placer.place(items, this.#spec.formatVersion);
      assertFits(layout, this.#spec.geometry);
      return { items, layout };
    } catch (error) {
      this.#reportMisfit(error, name);
      return undefined;
    }
  }

  readCellFile(path: string): Uint8Array {
    return this.#cellFiles.read(path);
  }

  reportCell({ row: { key }, cellIndex }: ValueColumn, message: string): void {
    this.#problems.add({ file: this.#file, line: this.#line, column: cellIndex + 1, key }, message);
  }

  #reportMisfit(error: unknown, name: string): void {
    const place = { file: this.#file, line: this.#line };
    if (error instanceof ItemSizeError) {
      const { item } = error;
      const column = this.#columns.find(({ row }) =>
        item.type !== "namespace" && row.namespace === item.namespace && row.key === item.key
      );
      if (column === undefined) this.#problems.add(place, error.message);
      else this.reportCell(column, error.message);
    } else if (error instanceof PartitionFullError) {
      this.#problems.add(
        place,
        `the data of "${name}" ${error.message}; give a larger size, or less data`,
      );
    } else throw error;
  }
}

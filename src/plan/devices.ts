/**
 * Rows of the values file to devices: name, items and layout. The check, the
 * writer, `--resume` and the verifier all see devices through it.
 *
 * @module
 */

import { type DeviceRow, excerptOf, placeOfDevice } from "../input/device_rows.ts";
import type { ProblemCode } from "../problems/code.ts";
import type { FileReader } from "../ports/file_system.ts";
import { Problems } from "../problems/problems.ts";
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
  readonly #fileIdCell: number | undefined;

  constructor(spec: DeviceSpec, header: ValuesHeader) {
    this.#spec = spec;
    this.#fileIdCell = header.fileIdCell;
  }

  nameOf({ number, cells }: DeviceRow): DeviceName {
    const { prefix, prefixNumber } = this.#spec;
    const fileId = this.#fileIdCell === undefined ? String(number) : cells[this.#fileIdCell]!;
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
  readonly #header: ValuesHeader;
  /** The values file, for places. */
  readonly #file: string;
  readonly #cellFiles: CellFiles;
  readonly #problems: Problems;
  /** Both are used again for every device: a batch has many. */
  readonly #placer = new Placer();
  readonly #items: Item[] = [];
  /** The row at hand. */
  #row: DeviceRow | undefined;
  /** The largest partition that a device needs, of those that do not fit. */
  #neediest: { name: string; neededBytes: number } | undefined;

  constructor(
    spec: DeviceSpec,
    schema: Schema,
    header: ValuesHeader,
    file: string,
    cellFiles: CellFiles,
    problems: Problems,
  ) {
    this.#spec = spec;
    this.#schema = schema;
    this.#header = header;
    this.#file = file;
    this.#cellFiles = cellFiles;
    this.#problems = problems;
  }

  /** The devices of a checked batch, in a later pass. */
  static laterPass(files: FileReader, batch: CheckedBatch): DeviceSource {
    const { spec, schema, values } = batch;
    const cellFiles = CellFiles.laterPass(files, batch.cellFiles);
    return new DeviceSource(spec, schema, values.header, spec.values, cellFiles, new Problems());
  }

  /**
   * Converts a row and lays its image out; `undefined` after a problem.
   *
   * @throws {InputChangedError} If a file that a cell names is not what it was.
   */
  layOut(row: DeviceRow, name: string): DeviceContent | undefined {
    const problems = this.#problems;
    const problemsBefore = problems.total;
    this.#row = row;
    const items = this.#items;
    items.length = 0;
    const isIncomplete = row.isIncomplete ?? false;
    addItemsOfRow(items, this.#schema, this.#header.columns, row.cells, this, isIncomplete);
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

  reportCell({ row: { key }, cellIndex }: ValueColumn, code: ProblemCode, message: string): void {
    const row = this.#row!;
    const place = { ...placeOfDevice(this.#file, this.#header, row), column: cellIndex + 1, key };
    this.#problems.add(place, code, message, () => excerptOf(this.#header, row.cells, cellIndex));
  }

  /** Says what size would do for all devices, if some do not fit. */
  finish(): void {
    if (this.#neediest === undefined) return;
    const { name, neededBytes } = this.#neediest;
    this.#problems.summarize(
      "partition-full",
      `the fullest device, "${name}", needs a size of 0x${neededBytes.toString(16)}`,
    );
  }

  #reportMisfit(error: unknown, name: string): void {
    const place = placeOfDevice(this.#file, this.#header, this.#row!);
    if (error instanceof ItemSizeError) {
      const { item } = error;
      const column = this.#header.columns.find(({ row }) =>
        item.type !== "namespace" && row.namespace === item.namespace && row.key === item.key
      );
      if (column === undefined) this.#problems.add(place, "value-too-large", error.message);
      else this.reportCell(column, "value-too-large", error.message);
    } else if (error instanceof PartitionFullError) {
      const { neededBytes } = error;
      if (neededBytes > (this.#neediest?.neededBytes ?? 0)) this.#neediest = { name, neededBytes };
      this.#problems.add(
        place,
        "partition-full",
        `the data of "${name}" ${error.message}; give a larger size, or less data`,
      );
    } else throw error;
  }
}

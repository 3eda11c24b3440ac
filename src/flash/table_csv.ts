/**
 * Partition tables as CSV, by the rules of ESP-IDF's `gen_esp32part.py`:
 * `name,type,subtype,offset,size,flags`, with no header and no quotes.
 *
 * Where that tool writes something else than the line says, this is a problem:
 * a label of more than 16 bytes, which it cuts, and numbers that a table has
 * no room for.
 *
 * @module
 */

import { type CsvPartition, placeRows, type TableProblem, tableProblems } from "./table_layout.ts";
import {
  DEFAULT_TABLE_OFFSET,
  MAX_FLASH_BYTES,
  MAX_LABEL_BYTES,
  type Partition,
  PARTITION_SUBTYPE,
  PARTITION_TYPE,
  subtypesOf,
} from "./partition.ts";

/** What a CSV says. With problems the partitions are those that could be made out. */
export interface PartitionCsv {
  partitions: Partition[];
  /** The line of each, from 1. */
  lines: ReadonlyMap<Partition, number>;
  /** Whether a line names its type in a word, as tables do and other CSVs do not. */
  namesType: boolean;
  problems: TableProblem[];
}

/** Numbers of the cells of a line, from 1. */
export const CSV_COLUMN = { label: 1, type: 2, subtype: 3, offset: 4, size: 5, flags: 6 } as const;
const FLAGS = ["encrypted", "readonly"] as const;
/** The highest type and subtype; 0xFF marks the end of a table. */
const MAX_KIND = 0xFE;

/**
 * Reads a partition table. Cells are looked at first; only if all are right,
 * offsets that were left out are filled in, and the partitions are held
 * against each other.
 *
 * A line of the primary bootloader is passed over: its offset is the chip's,
 * and no line depends on it.
 *
 * @param lines The lines of the file, without their ends.
 * @param tableOffset Where in the flash the table is to stand.
 */
export function parsePartitionCsv(
  lines: Iterable<string>,
  tableOffset: number = DEFAULT_TABLE_OFFSET,
): PartitionCsv {
  const problems: TableProblem[] = [];
  const rows: CsvPartition[] = [];
  let namesType = false;
  let line = 0;
  for (const text of lines) {
    line++;
    const trimmed = text.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const cells = trimmed.split(",").map((cell) => cell.trim());
    const type = cells[CSV_COLUMN.type - 1]?.toLowerCase() ?? "";
    namesType ||= Object.hasOwn(PARTITION_TYPE, type);
    const row = new RowReader(line, cells, problems);
    const partition = row.read(tableOffset);
    if (partition !== undefined) rows.push(partition);
  }
  if (problems.length === 0 && rows.length === 0) {
    problems.push({ message: 'has no partition; write lines of "name,type,subtype,offset,size"' });
  }
  if (problems.length === 0) placeRows(rows, tableOffset, problems);
  if (problems.length === 0) problems.push(...tableProblems(rows));
  return {
    partitions: rows.map(({ partition }) => partition),
    lines: new Map(rows.map(({ partition, line }) => [partition, line])),
    namesType,
    problems,
  };
}

/** One line, cell by cell. */
class RowReader {
  readonly #line: number;
  readonly #cells: readonly string[];
  readonly #problems: TableProblem[];
  #isRight = true;

  constructor(line: number, cells: readonly string[], problems: TableProblem[]) {
    this.#line = line;
    this.#cells = cells;
    this.#problems = problems;
  }

  /** The partition; `undefined` after a problem, or if the line is passed over. */
  read(tableOffset: number): CsvPartition | undefined {
    const label = this.#label();
    const type = this.#type();
    if (type === undefined) return undefined;
    const subtype = this.#subtype(type);
    const flags = this.#flags();
    if (subtype === undefined) return undefined;
    if (type === PARTITION_TYPE.bootloader) return this.#bootloader(subtype);
    const isTable = type === PARTITION_TYPE.partition_table;
    const isPlaced = isTable && subtype === PARTITION_SUBTYPE.partition_table.primary;
    const offset = isPlaced ? tableOffset : this.#bytes("offset");
    const size = isTable ? undefined : this.#bytes("size");
    if (size === undefined && !isTable && this.#isRight) {
      this.#fail("size", "its size is missing; write bytes, like 0x6000, 24K or 1M");
    }
    if (!this.#isRight) return undefined;
    return {
      line: this.#line,
      isPlaced,
      ...(offset === undefined ? {} : { offset }),
      ...(size === undefined ? {} : { size }),
      partition: { label, type, subtype, offset: offset ?? 0, sizeBytes: size ?? 0, ...flags },
    };
  }

  #label(): string {
    const label = this.#cells[CSV_COLUMN.label - 1]!;
    const sizeBytes = new TextEncoder().encode(label).length;
    if (label === "") this.#fail("label", "the partition has no name; write one");
    else if (label.includes("\0")) this.#fail("label", "the name holds a NUL; leave it out");
    else if (sizeBytes > MAX_LABEL_BYTES) {
      this.#fail("label", `name "${label}" has ${sizeBytes} bytes; it has up to 16`);
    }
    return label;
  }

  #type(): number | undefined {
    const text = this.#cells[CSV_COLUMN.type - 1] ?? "";
    const names = Object.keys(PARTITION_TYPE).join(", ");
    if (text === "") return this.#fail("type", `its type is missing; write ${names} or a number`);
    return this.#kind("type", text, PARTITION_TYPE, `it is ${names} or a number`);
  }

  #subtype(type: number): number | undefined {
    const text = this.#cells[CSV_COLUMN.subtype - 1] ?? "";
    const known = subtypesOf(type);
    const names = [...Object.keys(known), "a number"].join(", ");
    if (text !== "") return this.#kind("subtype", text, known, `it is one of ${names}`);
    if (type !== PARTITION_TYPE.app) return PARTITION_SUBTYPE.data.undefined;
    return this.#fail("subtype", `an app needs a subtype; write one of ${names}`);
  }

  /** A type or subtype, by name in any case or by number. */
  #kind(
    column: "type" | "subtype",
    text: string,
    known: Readonly<Record<string, number>>,
    right: string,
  ): number | undefined {
    const name = text.toLowerCase();
    const number = Object.hasOwn(known, name) ? known[name] : numberOf(text);
    if (number === undefined) return this.#fail(column, `${column} "${text}" is unknown; ${right}`);
    if (number >= 0 && number <= MAX_KIND) return number;
    return this.#fail(column, `${column} ${text} is out of range; it is a number from 0 to 0xfe`);
  }

  #bytes(column: "offset" | "size"): number | undefined {
    const text = this.#cells[CSV_COLUMN[column] - 1] ?? "";
    if (text === "") return undefined;
    const right = "write bytes, like 0x9000, 64K or 1M";
    const number = numberOf(text);
    if (number === undefined) {
      return this.#fail(column, `${column} "${text}" is not a number; ${right}`);
    }
    if (Math.abs(number) <= MAX_FLASH_BYTES) return number;
    return this.#fail(column, `${column} ${text} is larger than any flash; ${right}`);
  }

  #flags(): Pick<Partition, (typeof FLAGS)[number]> {
    const flags = { encrypted: false, readonly: false };
    for (const name of (this.#cells[CSV_COLUMN.flags - 1] ?? "").split(":")) {
      const flag = FLAGS.find((known) => known === name);
      if (flag !== undefined) flags[flag] = true;
      else if (name !== "") {
        this.#fail("flags", `flag "${name}" is unknown; there are encrypted and readonly`);
      }
    }
    return flags;
  }

  #bootloader(subtype: number): undefined {
    if (subtype === PARTITION_SUBTYPE.bootloader.primary) return undefined;
    return this.#fail(
      "type",
      "the size of a bootloader depends on chip and build; give the binary table of the build",
    );
  }

  #fail(column: keyof typeof CSV_COLUMN, message: string): undefined {
    this.#isRight = false;
    this.#problems.push({ line: this.#line, column: CSV_COLUMN[column], message });
  }
}

const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 };

/** A whole number as Python writes it, with K or M behind it for 1024 and 1024². */
function numberOf(text: string): number | undefined {
  const found = /^([+-]?)(0x[\da-f_]+|0o[0-7_]+|0b[01_]+|0[0_]*|[1-9][\d_]*)\s*([km]*)$/i.exec(
    text,
  );
  if (found === null || /__|_$|_\s*[km]/i.test(text)) return undefined;
  const [, sign, digits, units] = found;
  const factor = [...units!.toLowerCase()].reduce((product, unit) => product * UNITS[unit]!, 1);
  const number = Number(digits!.replaceAll("_", "")) * factor;
  return sign === "-" ? -number : number;
}

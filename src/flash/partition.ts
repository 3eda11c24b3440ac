/**
 * A partition of a flash, and the names and numbers of ESP-IDF's partition
 * tables, in the words of its `gen_esp32part.py`.
 *
 * @module
 */

/** What a partition table says of one partition. */
export interface Partition {
  /** Its name, of up to {@linkcode MAX_LABEL_BYTES} bytes in UTF-8. */
  label: string;
  /** {@linkcode PARTITION_TYPE}, or a number of the application's own. */
  type: number;
  /** {@linkcode PARTITION_SUBTYPE} of that type, or a number of the application's own. */
  subtype: number;
  /** Bytes from the beginning of the flash. */
  offset: number;
  sizeBytes: number;
  /** Whether flash encryption covers it even if its type does not ask for that. */
  encrypted: boolean;
  readonly: boolean;
}

/** Bytes of a label; a label of all of them has no NUL behind it. */
export const MAX_LABEL_BYTES = 16;

/** Byte offset of the partition table, where the project does not set another. */
export const DEFAULT_TABLE_OFFSET = 0x8000;
/** Bytes that a partition table has to itself: a sector of the flash. */
export const TABLE_SECTOR_SIZE = 0x1000;
/** Bytes of a partition table with its checksum and end; a signature may follow. */
export const MAX_TABLE_BYTES = 0xC00;
/** Bytes of an entry of the binary table. */
export const TABLE_ENTRY_SIZE = 32;
/** Partitions of one table: its checksum and its end take an entry each. */
export const MAX_PARTITIONS = MAX_TABLE_BYTES / TABLE_ENTRY_SIZE - 2;

/** Bytes of a flash, as far as a table can tell. */
export const MAX_FLASH_BYTES = 2 ** 32;

/** Types of partitions; from 0x40 on they are the application's own. */
export const PARTITION_TYPE = {
  app: 0x00,
  data: 0x01,
  bootloader: 0x02,
  partition_table: 0x03,
} as const;
/** Name of a partition type, as {@linkcode PARTITION_TYPE} lists them. */
export type PartitionTypeName = keyof typeof PARTITION_TYPE;

/** Subtypes of partitions by the name of their type. */
export const PARTITION_SUBTYPE = {
  app: { factory: 0x00, ...numbered("ota", 0x10, 16), test: 0x20, ...numbered("tee", 0x30, 2) },
  data: {
    ota: 0x00,
    phy: 0x01,
    nvs: 0x02,
    coredump: 0x03,
    nvs_keys: 0x04,
    efuse: 0x05,
    undefined: 0x06,
    esphttpd: 0x80,
    fat: 0x81,
    spiffs: 0x82,
    littlefs: 0x83,
    tee_ota: 0x90,
    tee_sec_stg: 0x91,
  },
  bootloader: { primary: 0x00, ota: 0x01, recovery: 0x02 },
  partition_table: { primary: 0x00, ota: 0x01 },
} as const satisfies Record<PartitionTypeName, Readonly<Record<string, number>>>;

/** Names with a number from 0 on: `ota_0`, `ota_1`… */
function numbered(name: string, first: number, count: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}_${index}`, first + index]),
  );
}

/** The name of a type by its number; `undefined` for one of the application's own. */
export function typeNameOf(type: number): PartitionTypeName | undefined {
  return nameIn(PARTITION_TYPE, type);
}

/** The subtypes that a type has names for. */
export function subtypesOf(type: number): Readonly<Record<string, number>> {
  const name = typeNameOf(type);
  return name === undefined ? {} : PARTITION_SUBTYPE[name];
}

/** Type and subtype for people: "data/nvs", "0x40/0x1". */
export function kindText({ type, subtype }: Partition): string {
  const names = [typeNameOf(type), nameIn(subtypesOf(type), subtype)];
  return [type, subtype].map((number, at) => names[at] ?? inHex(number)).join("/");
}

function nameIn<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  wanted: number,
): Name | undefined {
  const names = Object.keys(numbers) as Name[];
  return names.find((name) => numbers[name] === wanted);
}

/** Whether a partition is one that NVS keeps its pages in. */
export function isNvsPartition({ type, subtype }: Partition): boolean {
  return type === PARTITION_TYPE.data && subtype === PARTITION_SUBTYPE.data.nvs;
}

/** Whether a partition is one for the keys of NVS. */
export function isNvsKeysPartition({ type, subtype }: Partition): boolean {
  return type === PARTITION_TYPE.data && subtype === PARTITION_SUBTYPE.data.nvs_keys;
}

/** Byte offset behind a partition. */
export function endOf({ offset, sizeBytes }: Partition): number {
  return offset + sizeBytes;
}

/** The partitions that share bytes with another one, in the order of the table. */
export function overlapping(
  partition: Partition,
  partitions: readonly Partition[],
): Partition[] {
  return partitions.filter((other) =>
    other !== partition && other.sizeBytes > 0 && partition.sizeBytes > 0 &&
    other.offset < endOf(partition) && partition.offset < endOf(other)
  );
}

/** "0x9000". */
export function inHex(number: number): string {
  return `0x${number.toString(16)}`;
}

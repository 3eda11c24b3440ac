import { MAX_KEY_BYTES } from "./constants.ts";

/** Integer types that NVS stores; the name says sign and bits. */
export type IntegerType = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64";

/** The smallest and the largest value of each integer type. */
export const INTEGER_RANGE: Readonly<Record<IntegerType, { min: bigint; max: bigint }>> = {
  u8: { min: 0n, max: 0xFFn },
  i8: { min: -0x80n, max: 0x7Fn },
  u16: { min: 0n, max: 0xFFFFn },
  i16: { min: -0x8000n, max: 0x7FFFn },
  u32: { min: 0n, max: 0xFFFF_FFFFn },
  i32: { min: -0x8000_0000n, max: 0x7FFF_FFFFn },
  u64: { min: 0n, max: 0xFFFF_FFFF_FFFF_FFFFn },
  i64: { min: -0x8000_0000_0000_0000n, max: 0x7FFF_FFFF_FFFF_FFFFn },
};

/** A number of up to 64 bits under a key. */
export interface IntegerItem {
  namespace: string;
  key: string;
  type: IntegerType;
  /** Any integer in the type's range; a `number` must be a safe integer. */
  value: number | bigint;
}

/** A text under a key; stored as UTF-8 with a NUL behind it. */
export interface StringItem {
  namespace: string;
  key: string;
  type: "string";
  value: string;
}

/** Bytes under a key. */
export interface BlobItem {
  namespace: string;
  key: string;
  type: "blob";
  value: Uint8Array;
}

/** A namespace on its own; any other item brings its namespace along by itself. */
export interface NamespaceItem {
  namespace: string;
  type: "namespace";
}

/** One thing to store in a partition. */
export type Item = IntegerItem | StringItem | BlobItem | NamespaceItem;

const utf8 = new TextEncoder();

/**
 * Says what is wrong with a key or a namespace's name, and what would be
 * right, or returns `undefined` for one that a device can read.
 */
export function nameFault(name: string): string | undefined {
  if (name === "") return "is empty; a name of 1 to 15 bytes is needed";
  if (name.includes("\0")) return "holds a NUL character; remove it";
  if (name.startsWith("#")) return 'begins with "#", which marks a comment; choose another name';
  const sizeBytes = utf8.encode(name).length;
  if (sizeBytes > MAX_KEY_BYTES) {
    const inCharacters = sizeBytes === name.length ? "" : ` (${[...name].length} characters)`;
    return `is ${sizeBytes} bytes long${inCharacters}; NVS takes at most ${MAX_KEY_BYTES} bytes`;
  }
  return undefined;
}

/** Says by what an integer misses its type's range, or returns `undefined` if it fits. */
export function rangeFault(type: IntegerType, value: number | bigint): string | undefined {
  const { min, max } = INTEGER_RANGE[type];
  return value < min || value > max
    ? `${value} does not fit ${type}; it takes ${min} to ${max}`
    : undefined;
}

/**
 * What a key can hold: the one type of value that the encoder takes, the
 * decoder returns, and comparisons and reports are about.
 *
 * @module
 */

/** Integer types that NVS stores; the name says sign and bits. */
export type IntegerType = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64";

/** Floating-point types that NVS stores: IEEE 754 of 32 and 64 bits. */
export type FloatingType = "float" | "double";

/** A value with its type. */
export type Value =
  /** Any integer in the type's range; a `number` must be a safe integer. Decoded, a `bigint`. */
  | { type: IntegerType; value: number | bigint }
  /** Rounded to the nearest that the type holds; infinities are values, NaN is not. */
  | { type: FloatingType; value: number }
  /**
   * Without the NUL behind it. Bytes are stored as they are; decoded, a string
   * is bytes if it is no text: not valid UTF-8, or with a NUL in it.
   */
  | { type: "string"; value: string | Uint8Array }
  | { type: "blob"; value: Uint8Array };

/** Name of a value's type. */
export type ValueType = Value["type"];

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

/** Says by what an integer misses its type's range, or returns `undefined` if it fits. */
export function rangeFault(type: IntegerType, value: number | bigint): string | undefined {
  const { min, max } = INTEGER_RANGE[type];
  if (value >= min && value <= max) return undefined;
  const digits = String(value);
  const shown = digits.length <= MAX_SHOWN_DIGITS
    ? digits
    : `${digits.slice(0, MAX_SHOWN_DIGITS)}…`;
  return `${shown} does not fit ${type}; it takes ${min} to ${max}`;
}

/** More than any integer has that NVS stores. */
const MAX_SHOWN_DIGITS = 40;

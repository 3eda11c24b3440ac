/**
 * Floating-point values as decimal texts: each text means the nearest value of
 * its type, and each value has the text with the fewest digits that means it.
 *
 * @module
 */

import type { FloatingType } from "./value.ts";

/** The largest finite value of each type, as {@linkcode floatingText} writes it. */
const LARGEST: Readonly<Record<FloatingType, string>> = {
  float: "3.4028235e+38",
  double: "1.7976931348623157e+308",
};

/** Says that a finite number is beyond what the type holds. */
export function floatingRangeFault(type: FloatingType, shown: string): string {
  return `${shown} does not fit ${type}; the largest is ${LARGEST[type]}`;
}

/** The value of a type that is nearest to a number: infinite if that is beyond its range. */
export function nearestOfNumber(value: number, type: FloatingType): number {
  return type === "float" ? Math.fround(value) : value;
}

const DECIMAL = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/**
 * The value of a type that is nearest to a decimal number; of two as near, the
 * even one. Infinite if the number is beyond the type's range; `undefined` if
 * the text is no decimal number.
 */
export function nearestOfText(text: string, type: FloatingType): number | undefined {
  const decimal = DECIMAL.exec(text);
  if (decimal === null) return undefined;
  const double = Number(text);
  return type === "double" ? double : floatOfDouble(double, decimal);
}

/** Where the next float would be, were there any larger than the largest. */
const BEYOND_FLOATS = 2 ** 128;

/**
 * The double that is nearest to a text decides which float is, unless it lies
 * in the middle of two: then the text may be to either side of it.
 */
function floatOfDouble(double: number, decimal: RegExpExecArray): number {
  const rounded = Math.fround(double);
  if (rounded === double || !Number.isFinite(double)) return rounded;
  const nearest = Number.isFinite(rounded) ? rounded : Math.sign(double) * BEYOND_FLOATS;
  const other = 2 * double - nearest;
  if (Math.fround(other) !== other) return rounded;
  const side = compareMagnitude(decimal, Math.abs(double));
  if (side === 0) return rounded;
  const isNearestLarger = Math.abs(nearest) > Math.abs(other);
  return Math.fround(isNearestLarger === side > 0 ? nearest : other);
}

/** The middles of floats are multiples of 2 to the power of -150, so 150 decimals hold them. */
const MIDDLE_DECIMALS = 150;

/** Whether a decimal number is below (-1), at (0) or above (1) the middle of two floats, signs aside. */
function compareMagnitude(decimal: RegExpExecArray, middle: number): -1 | 0 | 1 {
  const [, whole = "", decimals = "", bareDecimals = "", exponent = "0"] = decimal;
  const padded = whole + decimals + bareDecimals;
  const digits = padded.replace(/^0+/, "");
  const pointAt = whole.length - (padded.length - digits.length) + Number(exponent);

  const scaled = BigInt(middle * 2 ** MIDDLE_DECIMALS) * 5n ** BigInt(MIDDLE_DECIMALS);
  const middleDigits = scaled.toString();
  const middlePointAt = middleDigits.length - MIDDLE_DECIMALS;
  if (pointAt !== middlePointAt) return pointAt < middlePointAt ? -1 : 1;
  const width = Math.max(digits.length, middleDigits.length);
  const [a, b] = [digits.padEnd(width, "0"), middleDigits.padEnd(width, "0")];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Digits with which every float can be written. */
const MAX_FLOAT_DIGITS = 9;

/** The text of a value; that of an infinity is `inf`, and `nan` is no value that a device takes. */
export function floatingText(type: FloatingType, value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0";
  const shortest = type === "float" ? shortestOfFloat(value) : value;
  return `${shortest}`;
}

/** The double whose text has the fewest digits of those that are nearest to a float. */
function shortestOfFloat(float: number): number {
  for (let digitCount = 1; digitCount < MAX_FLOAT_DIGITS; digitCount++) {
    for (const text of roundings(float, digitCount)) {
      if (nearestOfText(text, "float") === float) return Number(text);
    }
  }
  return Number(float.toPrecision(MAX_FLOAT_DIGITS));
}

/**
 * A number rounded to so many digits, and the next one further from zero: of a
 * power of two, numbers on that side are taken from twice as far.
 */
function roundings(value: number, digitCount: number): string[] {
  const nearest = value.toExponential(digitCount - 1);
  const [digits, exponent] = nearest.split("e");
  const next = Number(digits!.replace(".", "")) + Math.sign(value);
  return [nearest, `${next}e${Number(exponent) - (digitCount - 1)}`];
}

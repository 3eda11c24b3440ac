/**
 * The edits that `--set` and `--unset` ask for.
 *
 * @module
 */

import { didYouMean } from "../input/did_you_mean.ts";
import {
  type Encoding,
  ENCODING_EXAMPLES,
  encodingFault,
  parseEncoding,
} from "../input/encoding.ts";
import type { Place, Problems } from "../problems/problems.ts";
import { itemOfBytes, itemOfText, ValueError } from "../input/value_codec.ts";
import type { Edits, KeyName } from "../nvs/edit.ts";
import { type KeyItem, nameFault } from "../nvs/item.ts";
import type { RawArgs } from "./args.ts";
import { UsageError } from "./exit_code.ts";

/** What `--set NS:KEY:ENCODING=VALUE` says. */
interface Setting extends KeyName {
  encoding: Encoding;
  /** Behind an `@`: the path of a file. */
  value: string;
}

/**
 * Reads the edits of a command line. What is wrong with values and names goes
 * to `problems`; no message repeats a value.
 *
 * @param readCellFile Reads the file behind an `@`. @throws {ValueError} If it cannot.
 * @throws {UsageError} If an option is not understood, or names a key twice.
 */
export function readEdits(
  args: RawArgs,
  readCellFile: (path: string) => Uint8Array,
  problems: Problems,
): Edits {
  const settings = args.list("set").map(parseSetting);
  const unset = args.list("unset").map((text) => keyNameOf(text, `--unset "${text}"`));
  if (settings.length + unset.length === 0) {
    throw new UsageError("nothing to edit; give --set NS:KEY:ENCODING=VALUE or --unset NS:KEY");
  }
  const seen = new Set<string>();
  for (const { namespace, key } of [...settings, ...unset]) {
    const id = `${namespace}:${key}`;
    if (seen.has(id)) throw new UsageError(`key "${id}" is edited twice`);
    seen.add(id);
  }
  const set: KeyItem[] = [];
  for (const setting of settings) {
    const place = placeOfSetting(setting);
    const fault = nameFault(setting.namespace) ?? nameFault(setting.key);
    if (fault !== undefined) {
      problems.add(place, "name-not-allowed", fault);
      continue;
    }
    try {
      set.push(itemOf(setting, readCellFile));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      problems.add(place, error.code, error.message);
    }
  }
  return { set, unset };
}

/** Where a value was given. */
export function placeOfSetting({ namespace, key }: KeyName): Place {
  return { file: `--set ${namespace}:${key}`, key };
}

/** The text of a value begins with `@@` where it is to begin with `@`. */
function itemOf(
  { value, encoding, ...name }: Setting,
  readCellFile: (path: string) => Uint8Array,
): KeyItem {
  if (value.startsWith("@@")) return itemOfText(name, encoding, value.slice(1));
  if (!value.startsWith("@")) return itemOfText(name, encoding, value);
  return itemOfBytes(name, encoding, readCellFile(value.slice(1)));
}

function parseSetting(text: string): Setting {
  const equals = equalsOf(text);
  if (equals === undefined) throw new UsageError(settingFault(text));
  const shown = text.slice(0, equals);
  const colon = shown.lastIndexOf(":");
  const encoding = parseEncoding(shown.slice(colon + 1));
  if (encoding === undefined || colon < 0) throw new UsageError(settingFault(text));
  const name = keyNameOf(shown.slice(0, colon), `--set "${shown}"`);
  return { ...name, encoding, value: text.slice(equals + 1) };
}

/** Where the value begins: at the first "=" behind an encoding, since a key may hold one too. */
function equalsOf(text: string): number | undefined {
  for (let at = text.indexOf("="); at >= 0; at = text.indexOf("=", at + 1)) {
    const name = text.slice(0, at);
    if (parseEncoding(name.slice(name.lastIndexOf(":") + 1)) !== undefined) return at;
  }
  return undefined;
}

/**
 * What is wrong with a setting that has no encoding with a "=" behind it. What
 * stands there may be the value, a secret: base64 ends with a "=" of its own.
 */
function settingFault(text: string): string {
  const [front, value] = text.split("=", 2) as [string, string?];
  const [namespace, key, encoding, more] = front.split(":") as [string, ...string[]];
  if (value === undefined || encoding === undefined) {
    const shown = key === undefined && value === undefined ? "" : ` "${namespace}…"`;
    return `--set${shown} is not understood; write NS:KEY:ENCODING=VALUE, like device:level:u8=7`;
  }
  const fault = more === undefined && resemblesEncoding(encoding)
    ? encodingFault(encoding)
    : `no encoding stands in front of a "="; write one of ${ENCODING_EXAMPLES.join(", ")}`;
  return `--set "${namespace}:${key}": ${fault}`;
}

/** A key may hold colons; a namespace that does cannot be named here. */
function keyNameOf(text: string, option: string): KeyName {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) {
    throw new UsageError(`${option} is not understood; write NS:KEY, like device:level`);
  }
  return { namespace: text.slice(0, colon), key: text.slice(colon + 1) };
}

/** Whether a text is an encoding misspelt, and no value. */
function resemblesEncoding(text: string): boolean {
  return /^blob_(sz_)?fill\b/i.test(text) ||
    didYouMean(text.toLowerCase(), ENCODING_EXAMPLES) !== "";
}

/**
 * Finds the images of `testdata`, plain and encrypted, and reads what they
 * should hold from the files beside them.
 *
 * @module
 */

import { ImageCipher } from "../../src/crypto/image_cipher.ts";
import { decodeKeyPartition } from "../../src/crypto/key_partition.ts";
import type { DecodedEntry, DecodedStats } from "../../src/nvs/decoded.ts";
import type { Value } from "../../src/nvs/value.ts";

/** A value as text: integers in decimal, blobs in hexadecimal. */
export interface ExpectedEntry {
  namespace: string;
  key: string;
  type: string;
  value: string;
}

/** An image that a device's NVS library wrote, decrypted. */
export interface DeviceImage {
  name: string;
  image: Uint8Array;
  /** As in the file. */
  stored: Uint8Array;
  expected: { stats: DecodedStats; namespaces: string[]; entries: ExpectedEntry[] };
}

/** An image that Espressif's generator wrote, decrypted. */
export interface VectorImage {
  name: string;
  image: Uint8Array;
  /** As in the file. */
  stored: Uint8Array;
  expected: ExpectedEntry[];
}

const testdata = new URL("../../testdata/", import.meta.url);

function namesIn(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function exists(file: URL): boolean {
  try {
    return Deno.statSync(file) !== undefined;
  } catch {
    return false;
  }
}

function decrypt(image: Uint8Array, keyFile: URL): Uint8Array {
  return new ImageCipher(decodeKeyPartition(Deno.readFileSync(keyFile))).decrypt(image);
}

/** The worn images of `testdata/device-images`, with what the device's library read. */
export function deviceImages(): DeviceImage[] {
  const folder = new URL("device-images/", testdata);
  const images: DeviceImage[] = [];
  for (const file of namesIn(folder)) {
    if (!/^worn-.*(?<!\.keys)\.bin$/.test(file)) continue;
    const name = file.slice(0, -".bin".length);
    const stored = Deno.readFileSync(new URL(file, folder));
    const keyFile = new URL(`${name}.keys.bin`, folder);
    images.push({
      name,
      stored,
      image: exists(keyFile) ? decrypt(stored, keyFile) : stored,
      expected: readExpected(new URL(`${name}.json`, folder)),
    });
  }
  return images;
}

/** What the library's own calls returned, which say `str` for a string. */
export function readExpected(file: URL | string): DeviceImage["expected"] {
  const { entries, ...rest } = JSON.parse(Deno.readTextFileSync(file));
  return {
    ...rest,
    entries: entries.map((entry: ExpectedEntry) =>
      entry.type === "str" ? { ...entry, type: "string" } : entry
    ),
  };
}

/** Every image in `testdata/vectors`. */
export function vectorImages(): VectorImage[] {
  const vectors = new URL("vectors/", testdata);
  const images: VectorImage[] = [];
  for (const caseName of namesIn(vectors)) {
    const folder = new URL(`${caseName}/`, vectors);
    const bins = new URL("out/bin/", folder);
    if (!exists(bins)) continue;
    const { argv } = JSON.parse(Deno.readTextFileSync(new URL("case.json", folder)));
    for (const file of namesIn(bins)) {
      const stored = Deno.readFileSync(new URL(file, bins));
      const keyFile = argv.includes("--inputkey")
        ? new URL(`in/${argv[argv.indexOf("--inputkey") + 1]}`, folder)
        : new URL(`out/keys/keys-${file}`, folder);
      const csv = new URL(`out/csv/${file.replace(/\.bin$/, ".csv")}`, folder);
      images.push({
        name: `${caseName}/${file}`,
        stored,
        image: exists(keyFile) ? decrypt(stored, keyFile) : stored,
        expected: readNvsCsv(Deno.readTextFileSync(csv), new URL("in/", folder)),
      });
    }
  }
  return images;
}

/** The contents of an NVS CSV, `key,type,encoding,value`; files are relative to `folder`. */
export function readNvsCsv(csv: string, folder: URL): ExpectedEntry[] {
  const entries: ExpectedEntry[] = [];
  let namespace = "";
  for (const [key = "", kind, encoding = "", value = ""] of csvRows(csv).slice(1)) {
    if (kind === "namespace") {
      namespace = key;
      continue;
    }
    const bytes = kind === "file"
      ? Deno.readFileSync(new URL(value, folder))
      : new TextEncoder().encode(value);
    entries.push({ namespace, key, ...convert(encoding, bytes) });
  }
  return sortedByKey(entries);
}

function csvRows(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (
    const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)
  ) {
    row.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}

function convert(encoding: string, bytes: Uint8Array): Pick<ExpectedEntry, "type" | "value"> {
  const text = new TextDecoder().decode(bytes);
  switch (encoding) {
    case "string":
      return { type: "string", value: text };
    case "binary":
      return { type: "blob", value: hexOf(bytes) };
    case "hex2bin":
      return { type: "blob", value: text.trim().toLowerCase() };
    case "base64":
      return {
        type: "blob",
        value: hexOf(Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0))),
      };
    default:
      return { type: encoding, value: BigInt(text).toString() };
  }
}

/** Bytes in hexadecimal, as the JSON files have blobs. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A value as the JSON files have it. */
export function valueText({ value }: Value): string {
  return value instanceof Uint8Array ? hexOf(value) : `${value}`;
}

/** Decoded entries in the form, and the order, of the files beside the images. */
export function asExpected(entries: readonly DecodedEntry[]): ExpectedEntry[] {
  return sortedByKey(entries.map((entry) => ({
    namespace: entry.namespace,
    key: entry.key,
    type: entry.type,
    value: valueText(entry),
  })));
}

function sortedByKey(entries: ExpectedEntry[]): ExpectedEntry[] {
  const id = ({ namespace, key }: ExpectedEntry) => `${namespace}\0${key}`;
  return entries.sort((a, b) => (id(a) < id(b) ? -1 : 1));
}

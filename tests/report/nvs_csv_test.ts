import { assert, assertEquals } from "@std/assert";
import { pbkdf2Sync } from "node:crypto";
import { type NvsCsvFile, readNvsCsvs } from "../../src/input/nvs_csv.ts";
import { formatProblem } from "../../src/problems/problem_text.ts";
import { Problems } from "../../src/problems/problems.ts";
import { decodePartition } from "../../src/nvs/decode.ts";
import type { DecodedPartition } from "../../src/nvs/decoded.ts";
import { diffPartitions } from "../../src/nvs/diff.ts";
import type { Item } from "../../src/nvs/item.ts";
import { encodePartition } from "../../src/nvs/partition.ts";
import { nvsCsv } from "../../src/report/nvs_csv.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";
import { deviceImages, vectorImages } from "../nvs/test_images.ts";
import { hostileImage, smallImage } from "./small_image.ts";

const utf8 = new TextEncoder();

/** What `image` reads from the CSV of a partition. */
function itemsOf(text: string): Item[] {
  const problems = new Problems();
  const file: NvsCsvFile = { path: "nvs.csv", chunks: [utf8.encode(text)] };
  const { items } = readNvsCsvs([file], () => new Uint8Array(), problems);
  assertEquals(problems.kept.map(formatProblem), []);
  return items;
}

/** Makes an image from the CSV of one, as `image` does. */
function again(partition: DecodedPartition): DecodedPartition {
  const { text, losses } = nvsCsv(partition);
  assertEquals(losses, []);
  return decodePartition(
    encodePartition(itemsOf(text), {
      sizeBytes: partition.sizeBytes,
      formatVersion: partition.formatVersion ?? 2,
    }),
  );
}

for (const { name, image } of [...vectorImages(), ...deviceImages()]) {
  Deno.test(`the CSV of ${name} makes an image with the same contents`, () => {
    const partition = decodePartition(image);
    const copy = again(partition);
    assertEquals(diffPartitions(partition, copy), []);
    assertEquals(copy.findings, []);
  });
}

Deno.test("the CSV of what generate made gives the same bytes", () => {
  for (const { name, image } of vectorImages()) {
    const partition = decodePartition(image);
    const { sizeBytes, formatVersion = 2 } = partition;
    const copy = encodePartition(itemsOf(nvsCsv(partition).text), { sizeBytes, formatVersion });
    assert(copy.length === image.length && copy.every((byte, at) => byte === image[at]), name);
  }
});

Deno.test("the CSV of a small image", () => {
  assertEquals(nvsCsv(decodePartition(smallImage().bytes)), {
    text: [
      "key,type,encoding,value",
      "device,namespace,,",
      "serial,data,string,SN-0001",
      "channel,data,u8,11",
      `cert,data,hex2bin,${"ab".repeat(70)}`,
      `text,data,string,"${"0123456789".repeat(5)}\n"`,
      "mac,data,hex2bin,0102ab",
      "void,namespace,,",
      "",
    ].join("\r\n"),
    losses: [],
  });
});

Deno.test("cells that need quotes come back as they were", () => {
  const image = new ImageBuilder(3).page(0, "active").namespace({ entry: 0, key: 'n,"' }, 1);
  const values = ["", " ", ' "a', ",", '"', "#", "a\n\n#b\n", "\ufeffx", "\t", "'=1+1", "日本 😀"];
  let entry = 1;
  for (const [at, value] of values.entries()) {
    image.text({ entry, key: ["namespace", " k ", '"', "a,b", "a\nb"][at] ?? `k${at}` }, value);
    entry += 1 + Math.ceil((utf8.encode(value).length + 1) / 32);
  }
  image.data({ entry, key: "empty", chunkIndex: 0 }, "blobData", new Uint8Array());
  image.index({ entry: entry + 1, key: "empty" }, 0, 1, 0);
  const partition = decodePartition(image.bytes);
  assertEquals([partition.findings, partition.entries.length], [[], values.length + 1]);
  assertEquals(diffPartitions(partition, again(partition)), []);
});

Deno.test("what a CSV cannot say is left out and named", () => {
  const { text, losses } = nvsCsv(decodePartition(hostileImage().bytes));
  assertEquals(losses, [
    "<b onclick=x>/utf8: the string is not UTF-8",
    "<b onclick=x>/cr: the string holds a carriage return, which no CSV cell keeps",
  ]);
  assertEquals(itemsOf(text).length, 1 + 3); // the namespace counts

  const image = smallImage()
    .data({ entry: 16, key: "nul" }, "string", utf8.encode("a\0b\0"))
    .number({ entry: 18, key: "#key" }, "u8", 1)
    .number({ entry: 19, key: "nan" }, "float", 0x7FC0_0000)
    .number({ entry: 20, key: "k" }, "u8", 1).patch(0, 20, 8, 0xFF);
  assertEquals(nvsCsv(decodePartition(image.bytes)).losses, [
    "device/nul: the string holds a NUL, which would end it",
    'device/#key: its key begins with "#", which marks a comment; choose another name',
    "device/nan: it is NaN, which image refuses",
    "device/\\xff: its key is not UTF-8",
  ]);
});

/** Access point credentials as the Wi-Fi driver stores them, with the master key of these texts. */
function accessPoint(ssidText: string, passwordText: string, ssid: Uint8Array): ImageBuilder {
  const pmkInfo = new Uint8Array(132);
  pmkInfo.set(pbkdf2Sync(passwordText, ssidText, 4096, 32, "sha1"), 100);
  const password = new Uint8Array(65);
  password.set(utf8.encode("password1"));
  return new ImageBuilder(3)
    .page(0, "active")
    .namespace({ entry: 0, key: "nvs.net80211" }, 1)
    .data({ entry: 1, key: "ap.ssid", chunkIndex: 0 }, "blobData", ssid)
    .index({ entry: 4, key: "ap.ssid" }, ssid.length, 1, 0)
    .data({ entry: 5, key: "ap.passwd", chunkIndex: 0 }, "blobData", password)
    .index({ entry: 9, key: "ap.passwd" }, password.length, 1, 0)
    .number({ entry: 10, key: "ap.authmode" }, "u8", 3)
    .data({ entry: 11, key: "ap.pmk_info", chunkIndex: 0 }, "blobData", pmkInfo)
    .index({ entry: 17, key: "ap.pmk_info" }, pmkInfo.length, 1, 0);
}

const SIZED_SSID = new Uint8Array(36);
SIZED_SSID[0] = 4;
SIZED_SSID.set(utf8.encode("myap"), 4);

Deno.test("Wi-Fi credentials are written in the form from which the master key comes", () => {
  const partition = decodePartition(accessPoint("myap", "password1", SIZED_SSID).bytes);
  assertEquals(partition.findings, []);
  const { text } = nvsCsv(partition);
  assert(text.includes("ap.ssid,data,blob_sz_fill(32;0x00),myap\r\n"), text);
  assert(text.includes("ap.passwd,data,blob_fill(65;0x00),password1\r\n"), text);
  assert(!text.includes("pmk_info"));
  assertEquals(diffPartitions(partition, again(partition)), []);

  const fromHex = accessPoint(SIZED_SSID.toHex(), "password1", SIZED_SSID).bytes;
  const hexPartition = decodePartition(fromHex);
  assertEquals(diffPartitions(hexPartition, again(hexPartition)), []);
});

Deno.test("a Wi-Fi companion that image would make otherwise is named", () => {
  const { losses, text } = nvsCsv(
    decodePartition(accessPoint("other", "network", SIZED_SSID).bytes),
  );
  assertEquals(losses, [
    "nvs.net80211/ap.pmk_info: image adds this Wi-Fi companion with other contents",
  ]);
  itemsOf(text);

  const station = new ImageBuilder(3)
    .page(0, "active")
    .namespace({ entry: 0, key: "n" }, 1)
    .text({ entry: 1, key: "sta.ssid" }, "factory");
  const lost = nvsCsv(decodePartition(station.bytes)).losses;
  assertEquals(
    lost,
    ["sta.apinfo", "sta.pmk", "sta.apsw"].map((key) =>
      `n/${key}: is not there, but image adds it to the Wi-Fi keys`
    ),
  );

  const open = accessPoint("myap", "password1", SIZED_SSID)
    .number({ entry: 10, key: "ap.authmode" }, "u8", 0);
  const refused = nvsCsv(decodePartition(open.bytes));
  assertEquals(refused.losses, [
    "nvs.net80211/ap.pmk_info: image refuses this Wi-Fi companion beside ap.ssid",
  ]);
  itemsOf(refused.text);
});

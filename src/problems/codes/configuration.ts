import type { ProblemCode } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of configurations, and of the rows of NVS CSVs, which have the same rules. */
export const CONFIGURATION_CODES = {
  "swapped-files": {
    title: "Configuration and values are swapped",
    text: "The configuration comes first, then the values: the configuration has a row for each " +
      "key, the values have a row for each device. Give the two paths the other way round.",
    example: ["mfg_gen generate conf.csv values.csv Dev 0x3000"],
  },
  "wrong-csv": {
    title: "A CSV of another kind",
    text: "There are three kinds of CSV: a configuration (name,type,encoding, without a header), " +
      "values (a header of keys and a row for each device) and an NVS CSV (header " +
      "key,type,encoding,value: the contents of one partition). generate and verify take a " +
      "configuration and values, image takes NVS CSVs.",
    example: ["mfg_gen image nvs.csv nvs.bin 0x3000"],
  },
  "configuration-header": {
    title: "A configuration with a header",
    text: "A configuration has no header: its first row is a namespace. NVS CSVs, which image " +
      "takes, begin with one. Remove the line.",
    example: ["device,namespace,", "serial,data,string"],
  },
  "configuration-row": {
    title: "A row that is no namespace and no key",
    text: "A namespace is written as name,namespace, with nothing behind it. A key is written as " +
      "key,type,encoding, and REPEAT as a fourth cell if one value holds for all devices. Keys " +
      "stand below the namespace that they belong to.",
    example: ["device,namespace,", "serial,data,string", "fw,data,u32,REPEAT"],
  },
  "name-not-allowed": {
    title: "A name that a device cannot store",
    text: "Names of keys and namespaces have 1 to 15 bytes (a character beyond ASCII has two to " +
      'four), no NUL, and do not begin with "#", which marks a comment. The firmware has to use ' +
      "the same name, so shorten it there too.",
    example: ["battery_serial_no    17 bytes, too long", "bat_serial_no        13 bytes"],
  },
  "type-unknown": {
    title: "An unknown type",
    text: 'The second cell of a row is "namespace", "data" (the value is in the values file) or ' +
      '"file" (the values file has the path of a file, whose contents are the value), in small ' +
      "letters.",
    example: ["ca_cert,file,binary"],
  },
  "encoding-unknown": {
    title: "An unknown encoding",
    text:
      "The third cell of a key's row says how its value is stored: u8, i8, u16, i16, u32, i32, " +
      "u64, i64, float, double, string, hex2bin, base64, binary, blob_fill(SIZE;0xNN) or " +
      "blob_sz_fill(SIZE;0xNN). They are written in small letters, without spaces.",
    example: ["level,data,U8    unknown", "level,data,u8    right"],
  },
  "encoding-not-for-file": {
    title: "A number that is to come from a file",
    text: 'A file holds a string or a blob. Write type "data" and put the number into the values ' +
      "file, or choose the encoding string, binary, hex2bin or base64.",
    example: ["level,data,u8"],
  },
  "repeat-unknown": {
    title: "A fourth cell that is not REPEAT",
    text:
      "The fourth cell of a key's row is empty, or says REPEAT: the value of the first device " +
      "then holds for all of them.",
    example: ["fw,data,u32,REPEAT"],
  },
  "repeated-key": {
    title: "A key that occurs twice",
    text: "A namespace has each key once. Espressif's tool writes both, and which one a device " +
      "finds depends on the page that it is in. Remove one of the rows. The same key in another " +
      "namespace is another key.",
    example: ['conf.csv:9:1: key "serial": occurs twice in namespace "device" (first in line 2)'],
  },
  "too-many-namespaces": {
    title: "More namespaces than a partition holds",
    text: "A partition holds 254 namespaces. Beyond that a device mixes their keys up. Put keys " +
      "together in fewer namespaces.",
    example: ["conf.csv: has 300 namespaces; a partition holds at most 254"],
  },
  "wifi-companion": {
    title: "A key that is written by itself",
    text:
      "With keys such as sta.ssid, the generator writes further entries that the Wi-Fi driver " +
      "wants, as Espressif's does. A row for one of those would make it occur twice. Remove the " +
      "row.",
    example: ['conf.csv:4:1: key "sta.pmk": is written by itself with "sta.ssid"'],
  },
  "nvs-csv-header": {
    title: "An NVS CSV without its header",
    text: "An NVS CSV begins with the line key,type,encoding,value; the columns may stand in " +
      "another order.",
    example: ["key,type,encoding,value", "device,namespace,,", "serial,data,string,SN-0001"],
  },
  "nvs-csv-row": {
    title: "A row of an NVS CSV with cells too many, too few or in another order",
    text: "Each key has four cells: key, type, encoding and value. A value that holds a comma " +
      "stands in double quotes. The header may name the columns in another order, and the cells " +
      "of all rows follow it.",
    example: ['greeting,data,string,"Hello, world"'],
  },
} as const satisfies Partial<Record<ProblemCode, Explanation>>;

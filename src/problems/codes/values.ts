import type { ProblemCode } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of texts, headers, rows and cells. */
export const VALUES_CODES = {
  "not-text": {
    title: "A file that is no text",
    text: "CSVs are text in UTF-8, or in UTF-16 with a byte order mark. An old Windows code page " +
      "is neither: save the file again as UTF-8 (in Excel: CSV UTF-8).",
    example: ["values.csv:7: is not UTF-8; save the file as UTF-8"],
  },
  "workbook": {
    title: "A workbook in the place of a CSV",
    text: "A workbook of a spreadsheet holds much more than a table. Save the sheet as a CSV: in " +
      'Excel by File > Save As as "CSV UTF-8 (Comma delimited)", in LibreOffice as "Text CSV" ' +
      "with the character set Unicode (UTF-8).",
    example: ["values.csv: is an Excel workbook (.xlsx), no CSV"],
  },
  "csv-quotes": {
    title: "Quotes that do not pair",
    text:
      "A cell that begins with a double quote ends with one, and a quote inside it is written " +
      "twice. Without the closing quote everything up to the end of the file is one cell.",
    example: ['"He said ""no""",7'],
  },
  "empty-file": {
    title: "A file with nothing in it",
    text: "The file has no row that counts. Check the path, and whether the file was saved.",
    example: ["values.csv: is empty; it needs a header of keys and a row for each device"],
  },
  "no-device": {
    title: "Values without a device",
    text: "The values file has a header and no row below it that has a value.",
    example: ["serial,level", "SN-0001,7"],
  },
  "missing-column": {
    title: "A key without a column",
    text: "Each key of the configuration has a column of the same name in the values file, in " +
      "the same letters. Add it, or remove the key from the configuration.",
    example: ['values.csv:1: key "level": has no column; add one named "level"'],
  },
  "column-order": {
    title: "Columns in another order than the keys",
    text: "The columns stand in the order of the configuration's keys; other columns may stand " +
      "between them. The order is what tells keys of one name in two namespaces apart. Move the " +
      "column, or the row of the configuration.",
    example: ["conf.csv: serial, level, fw", "values.csv: serial,fw,level    wrong order"],
  },
  "surplus-column": {
    title: "More columns of a name than keys",
    text: "A key's name stands in the header once for each namespace that has the key. Remove or " +
      "rename the column.",
    example: ["serial,level,serial"],
  },
  "unknown-column": {
    title: "An option that names no column",
    text: "--fileid and --unique name columns of the values file, as its header writes them.",
    example: ["--fileid serial"],
  },
  "cell-count": {
    title: "A row with too few or too many cells",
    text: "Each row has as many cells as the header. A cell that holds the separator stands in " +
      "double quotes; empty cells at the end keep their separators.",
    example: ["serial,note,level", 'SN-0001,"Lot 7, late",3'],
  },
  "repeat-conflict": {
    title: "A REPEAT key with two values",
    text:
      "REPEAT says that the first device's value holds for all devices; further down the cell " +
      "is empty or says the same. Espressif's tool overwrites another value in silence. Remove " +
      "REPEAT if devices differ.",
    example: ['values.csv:9:3 (SN-0008): key "fw": differs from the first device\'s (line 2)'],
  },
  "value-missing": {
    title: "A cell without a value",
    text: "Numbers, and paths of files, cannot be empty. A string can.",
    example: ['values.csv:4:2 (SN-0003): key "level": has no value; a u8 takes 0 to 255'],
  },
  "not-a-number": {
    title: "A cell that is no number of its encoding",
    text: "Whole numbers are decimal or begin with 0x, 0o or 0b; float and double take a decimal " +
      "point, not a comma. Units and spaces do not belong into the cell.",
    example: ["12 V    no number", "12      right"],
  },
  "value-out-of-range": {
    title: "A number that its encoding cannot hold",
    text: "u8 holds 0 to 255, i8 -128 to 127, u16 0 to 65535, i16 -32768 to 32767, and so on. " +
      "Choose a larger encoding in the configuration (and in the firmware), or mend the value.",
    example: ['values.csv:12:2 (SN-0011): key "level": 300 does not fit u8'],
  },
  "not-hex": {
    title: "A cell that is no hex",
    text: "hex2bin takes two hex digits a byte, without 0x and without anything between. An odd " +
      "number of digits often means that a spreadsheet dropped a zero in front: give the column " +
      "the format Text.",
    example: ["0A1B2C    3 bytes"],
  },
  "not-base64": {
    title: "A cell that is no base64",
    text: 'base64 takes A-Z, a-z, 0-9, "+" and "/", filled up with "=" to a multiple of four ' +
      "characters. White space is passed over.",
    example: ["AQIDBA==    4 bytes"],
  },
  "nul-in-string": {
    title: "A string with a NUL in it",
    text:
      "A device would end the string there. For bytes of any value use the encoding binary or " +
      "hex2bin.",
    example: ['key "token": the string holds a NUL at character 5'],
  },
  "value-too-large": {
    title: "A string or blob that is too long",
    text: "A string has at most 3999 bytes and its NUL, a blob 508000 bytes (1984 with " +
      "--version 1); blob_fill and blob_sz_fill say their own size. Shorten the value, or divide " +
      "it over several keys.",
    example: ['key "ca_cert": has 5120 bytes; the encoding leaves room for 4096'],
  },
  "partition-full": {
    title: "Data that do not fit the partition",
    text:
      "What a device gets needs more pages than the partition has, of which one stays free for " +
      "the device. The message says which size the fullest device needs: give that size, here " +
      "and in the partition table, or less data.",
    example: ['the data of "Dev-7" needs 0x5000, has 0x3000; give a larger size, or less data'],
  },
  "file-id-not-allowed": {
    title: "A file id that cannot be in a file name",
    text:
      "The value of the --fileid column ends each file's name, so it has no slash, no control " +
      "character, is no name that Windows reserves, and does not end in a dot. Take another " +
      "column, or mend the value.",
    example: ['values.csv:3:1: key "serial": file id "A/7" holds "/"'],
  },
  "file-id-repeated": {
    title: "Two devices with one file id",
    text:
      "Their files would have one name. Upper and lower case count as the same, since Windows " +
      "and macOS take them so. Give each device its own, or count with --prefix_num.",
    example: ['file id "sn-7" was used in line 4 already'],
  },
  "value-repeated": {
    title: "A value that --unique wants once",
    text:
      "The columns of --unique have another value in each row. The message names the row that " +
      "had it first.",
    example: ['values.csv:9:1 (row 9, SN-0008): key "mac": has the value of line 3 again'],
  },
  "unique-and-repeat": {
    title: "A key that is both --unique and REPEAT",
    text: "REPEAT gives all devices one value, --unique wants another for each. Leave one out.",
    example: ["--unique fw    with    fw,data,u32,REPEAT"],
  },
  "unknown-device": {
    title: "An id of --only that no device has",
    text:
      "--only takes file ids, as the values file or the names of the images have them, or the " +
      "number of a device as #N.",
    example: ["--only SN-0317,#12"],
  },
  "ambiguous-device": {
    title: "An id of --only that means two devices",
    text: "A file id such as #7 is also the number of another device. Give the devices file ids " +
      "that do not begin with #.",
    example: ["--only '#7'"],
  },
} as const satisfies Partial<Record<ProblemCode, Explanation>>;

import type { WarningCode } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of what may be wrong with input that can be used as it is. */
export const WARNING_CODES = {
  "shortened-number": {
    title: "A number that a spreadsheet shortened",
    text: "A warning. Spreadsheets show long numbers as 1.23E+11 and save them like that: the " +
      "other digits are lost. Give the column the format Text, and enter the values again.",
    example: ["123456789012    entered", "1.23457E+11     saved"],
  },
  "spreadsheet-error": {
    title: "A spreadsheet's error in the place of a value",
    text: "A warning. #REF!, #N/A, #NAME? and the like are what a formula shows that fails, #### " +
      "is a column too narrow for its number. Mend the cell in the spreadsheet.",
    example: ["SN-0007,#REF!"],
  },
  "lost-zeros": {
    title: "Zeros in front that are missing",
    text:
      "A warning. Other cells of the column begin with zeros, and this one is shorter by just " +
      "as many: a spreadsheet that took it for a number drops them. Give the column the format " +
      "Text.",
    example: ["00123", "124      was 00124"],
  },
  "repeated-value": {
    title: "A serial number that occurs twice",
    text: "A warning. The column is called serial, sn, mac, uid or device_id, or is the file id, " +
      "and a value occurs again. --unique KEY makes that an error, --strict all warnings.",
    example: ["--unique mac"],
  },
  "partition-size": {
    title: "A size that no NVS partition has",
    text: "A warning. The size is a number, and the partition table has no NVS partition of so " +
      "many bytes: the image may be for another one. Write the partition's name as the size.",
    example: ["mfg_gen generate conf.csv values.csv Dev fctry --partition-table partitions.csv"],
  },
  "key-partition-flag": {
    title: "A partition for keys that flash encryption leaves out",
    text: "A warning. Without the flag encrypted, the keys of NVS are in the flash in clear, for " +
      "whoever reads it. Early boards go without; give production the flag.",
    example: ["nvs_keys, data, nvs_keys, , 0x1000, encrypted"],
  },
  "covered-partition": {
    title: "A partition that one image for a programmer covers",
    text: "A warning. flash-plan --format bin writes one image a device, from its lowest to its " +
      "highest offset, and fills gaps with 0xFF. A partition in between is erased with it. Add " +
      "what belongs there by --with, or use --format hex, which has no gaps to fill.",
    example: ['one image a device covers "phy_init" (0xf000), of which it holds nothing'],
  },
} as const satisfies Record<WarningCode, Explanation>;

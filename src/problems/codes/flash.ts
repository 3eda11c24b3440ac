import type { Code } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of what `flash-plan` refuses. */
export const FLASH_CODES = {
  "chip-without-hmac": {
    title: "An HMAC key for a chip without HMAC peripheral",
    text: "The chip cannot derive keys from an eFuse block. Its images have to be made with " +
      "--keygen or --inputkey, and their keys go into a partition of subtype nvs_keys.",
    example: ["mfg_gen generate conf.csv values.csv Dev 0x3000 --keygen"],
  },
  "efuse-block": {
    title: "An eFuse block that the HMAC key cannot have",
    text: "The chip has no such key block, or flash encryption, which is on, took it for its own " +
      "key. The firmware has to name the same block (CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID).",
    example: ["--hmac-block 3"],
  },
  "key-not-planned": {
    title: "An encrypted image without its key, or a key for no image",
    text: "A board that gets an encrypted image and no key makes keys of its own at its first " +
      "start, and never reads the image. Keys of --keygen and --inputkey need an nvs_keys " +
      "partition, HMAC keys need --hmac-block, and given ones need their file.",
    example: ["nvs_keys,data,nvs_keys,,0x1000,encrypted", "--hmac-block 0"],
  },
  "partition-size": {
    title: "A partition of another size than what goes into it",
    text: "An image has exactly the bytes of its partition, and a key partition 0x1000 at least. " +
      "Make the batch with the size of the partition, or mend the table.",
    example: ["nvs,data,nvs,0x9000,0x6000"],
  },
  "flash-overlap": {
    title: "Two files for one place of the flash",
    text: "Files of the application and of the batch share a sector, or one does not fit its " +
      "partition, or goes where the partition table has nothing. Table and files are mostly of " +
      "different builds.",
    example: ["build/partition_table/partition-table.bin", "build/flash_args"],
  },
  "flash-encryption": {
    title: "Something that flash encryption does not allow",
    text: "In release mode the chip encrypts nothing that comes over UART, so keys have to be " +
      "written before. A programmer does not encrypt either: with flash encryption on, only " +
      "esptool can write what it covers.",
    example: ["--flash-encryption development --format esptool"],
  },
  "flash-args": {
    title: "Arguments for esptool that are not understood",
    text: "--with takes the file flash_args that ESP-IDF writes into its build folder: options " +
      "of mode, frequency and size, then a line of offset and path for each file.",
    example: ["0x8000 partition_table/partition-table.bin", "0x10000 app.bin"],
  },
  "device-not-done": {
    title: "A device whose files are not all there",
    text: "A run was interrupted or is under way, or a recorded file is gone. generate --resume " +
      "finishes the batch.",
    example: ["mfg_gen generate conf.csv values.csv Dev 0x3000 --outdir out --resume"],
  },
  "changed-file": {
    title: "A file that is not what the manifest records",
    text: "Its size or SHA-256 is another. It was changed or damaged after it was made, and is " +
      "not flashed. Put the right one back, or let generate --resume mend it.",
    example: ["mfg_gen verify conf.csv values.csv Dev 0x3000 --outdir out"],
  },
} as const satisfies Partial<Record<Code, Explanation>>;

import type { Flag } from "./flag.ts";

/** The options of `flash-plan` alone. */
export const FLASH_FLAGS = [
  {
    name: "chip",
    values: ["CHIP"],
    help: "the chip of the boards, as esptool calls it: esp32, esp32s3...",
    commands: ["flash-plan"],
  },
  {
    name: "keys-partition",
    values: ["NAME"],
    help: "the nvs_keys partition for the keys (default: the only one)",
    commands: ["flash-plan"],
  },
  {
    name: "hmac-block",
    values: ["N"],
    help: "the eFuse block BLOCK_KEYN that the HMAC key of each device is burned into",
    commands: ["flash-plan"],
  },
  {
    name: "flash-encryption",
    values: ["{off,development,release}"],
    help: "flash encryption in the eFuses of the boards, before the plan (default: off)",
    commands: ["flash-plan"],
  },
  {
    name: "flash-encryption-key",
    values: ["FILE"],
    help: "their flash encryption key, or a folder with NAME.bin a device: encrypts key partitions",
    commands: ["flash-plan"],
  },
  {
    name: "with",
    values: ["FLASH_ARGS"],
    help: "build/flash_args of ESP-IDF, whose files are written in the same call",
    commands: ["flash-plan"],
  },
  {
    name: "format",
    values: ["{esptool,hex,bin}"],
    help: "arguments for esptool, or a file a device for a programmer (default: esptool)",
    commands: ["flash-plan"],
  },
] as const satisfies readonly Flag[];

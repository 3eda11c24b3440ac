import type { Code } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of images, flash dumps and partition tables, and of what is wrong outside of files. */
export const IMAGE_CODES = {
  "not-an-image": {
    title: "A file that is no image of an NVS partition",
    text: "An image has a multiple of 4096 bytes and begins with a page of NVS, if it is not " +
      "encrypted. The message says what the file is instead, where that is known.",
    example: ["keys.bin: is a key partition; give an image, and this with --keys"],
  },
  "not-encrypted": {
    title: "An image that is not encrypted",
    text: "There is nothing to decrypt: the image reads as it is.",
    example: ["mfg_gen inspect Dev-7.bin"],
  },
  "option-not-for-image": {
    title: "An option for flash dumps, and an image",
    text:
      "--partition, --partition-table and --partition-table-offset find a partition in a dump of " +
      "the whole flash. The file is the partition alone: leave them out.",
    example: ["mfg_gen inspect nvs.bin"],
  },
  "dump-cut-short": {
    title: "A dump that ends too early",
    text: "The partition lies behind the end of the file. Read the whole flash.",
    example: ["esptool read-flash 0 ALL flash.bin"],
  },
  "partition-table": {
    title: "A partition table that cannot be used",
    text: "The table of the dump, or the one that was given, is damaged, breaks a rule of " +
      "ESP-IDF, or is not where it was looked for. Give the table of the build with " +
      "--partition-table (its CSV or its binary), or its place with --partition-table-offset.",
    example: ["mfg_gen inspect flash.bin --partition-table partitions.csv"],
  },
  "partition-choice": {
    title: "No partition to choose, or several",
    text: "The table has no NVS partition of that name, or several of them. --partition NAME " +
      "chooses one of a dump; with --partition-table the size of an image may be such a name.",
    example: ["mfg_gen inspect flash.bin --partition fctry"],
  },
  "partition-flag": {
    title: "An NVS partition with the wrong flag in the partition table",
    text: "The flag encrypted puts a partition under flash encryption. NVS does not start on it " +
      "(ESP_ERR_NVS_WRONG_ENCRYPTION), since it encrypts its entries itself, with keys of its own: " +
      "leave the flag out. A partition of 0x1000 or 0x2000 bytes has no page to spare, so NVS can " +
      "only read it: it needs the flag readonly.",
    example: ["fctry, data, nvs, , 0x6000, encrypted    before", "fctry, data, nvs, , 0x6000,"],
  },
  "key-partition": {
    title: "No place for the keys in the partition table",
    text: "Unless an HMAC key in the eFuses gives the keys (--key_protect_hmac), a device reads " +
      "them from a partition of type data, subtype nvs_keys, of 0x1000 bytes at least. Add one, " +
      "with the flag encrypted.",
    example: ["nvs_keys, data, nvs_keys, , 0x1000, encrypted"],
  },
  "key-not-found": {
    title: "A key to remove that is not there",
    text: "edit --unset names a key of the image as namespace:key.",
    example: ["mfg_gen edit in.bin out.bin --unset device:level"],
  },
  "item-not-kept": {
    title: "A value that an edited image could not keep",
    text:
      "The image holds a name that is no text, or a number whose bits would change. It is left " +
      "as it is: make a new image from CSVs.",
    example: ["the value is NaN, whose bits cannot be kept"],
  },
  "birth-not-found": {
    title: "An image that no batch is known to have made",
    text:
      "diff --birth looks in the manifest for the image that a device was made with. None fits, " +
      "several do, or the file is no longer what was recorded.",
    example: ["mfg_gen diff --birth out/manifest-Dev.csv flash.bin"],
  },
  "encrypted-without-key": {
    title: "An encrypted image, and no key",
    text: "The image cannot be read without its key, so nothing is listed. Exit status 5. The " +
      "manifest names the key file of each image; give a key partition with --key, an HMAC key " +
      "with --hmac-key, or a folder of keys with --keys.",
    example: ["mfg_gen inspect out/bin/Dev-7.bin --key out/keys/keys-Dev-7.bin"],
  },
  "no-key-fits": {
    title: "A folder of keys of which none fits",
    text:
      "Every key partition and every file of 32 bytes below the folder was tried. Exit status " +
      "5. The keys are those of another batch, or the image is damaged. The report counts the " +
      "files that were tried and those that could not be read.",
    example: ["mfg_gen inspect returned.bin --keys out/keys"],
  },
  "ambiguous-keys": {
    title: "Different keys that fit one image",
    text: "Parts of the image were encrypted with different keys, as of an image that was put " +
      "together of two. Exit status 5. Give the one that is meant with --key.",
    example: ["mfg_gen inspect returned.bin --key out/keys/keys-Dev-7.bin"],
  },
  "usage": {
    title: "A command line that cannot be understood",
    text:
      "The message names the argument. mfg_gen COMMAND --help lists what a command takes. Exit " +
      "status 2; nothing was read or written.",
    example: ["mfg_gen generate --help"],
  },
  "io": {
    title: "The system failed to read or write",
    text:
      "A full disk, a missing permission, a drive that went away, a file that another program " +
      "holds. Exit status 4. What the manifest records is whole: mend the cause, then go on with " +
      "the same command and --resume.",
    example: ["error: Cannot write out/bin/Dev-7.bin: no space left on device"],
  },
} as const satisfies Partial<Record<Code, Explanation>>;

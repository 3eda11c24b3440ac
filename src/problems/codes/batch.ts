import type { ProblemCode } from "../code.ts";
import type { Explanation } from "../explanation.ts";

/** Of files, keys and what earlier runs left. */
export const BATCH_CODES = {
  "file-missing": {
    title: "A file that is not there",
    text: "Paths, also those in cells, are taken from the folder that the program is started in. " +
      "Check the spelling, and capitals too.",
    example: ['values.csv:2:3 (SN-0001): key "ca_cert": file "certs/1.pem" does not exist'],
  },
  "not-a-file": {
    title: "A path that is no regular file",
    text: "Inputs are read more than once, so a folder, a pipe or a device cannot be one. Save " +
      "what a pipe gives to a file first.",
    example: ["values.csv: is a folder; name a CSV file"],
  },
  "not-a-folder": {
    title: "A path that is no folder",
    text: "A folder is needed here. Something else has the name, or a part of the path.",
    example: ["out: is a file; give another --outdir"],
  },
  "file-too-large": {
    title: "A file far larger than it can be",
    text: "Key files, images, tables and files of cells have a largest size. This is another file.",
    example: ["keys.bin: has 16777216 bytes; this is not a key file"],
  },
  "file-unreadable": {
    title: "A file that cannot be read",
    text: "The system refuses, often for lack of permission, or because another program has the " +
      "file open. Run as a user who may read it, or close the other program.",
    example: ['file "certs/1.pem" cannot be read: permission denied'],
  },
  "file-exists": {
    title: "A file that exists already",
    text:
      "Nothing is ever overwritten: a board may carry the key in it. Choose another --outdir, " +
      "prefix or name, move the file away, or, for a batch that was interrupted, go on with " +
      "--resume.",
    example: ["out/bin/Dev-1.bin: exists already"],
  },
  "created-csv-exists": {
    title: "A _created.csv of another try",
    text: "With REPEAT keys, the filled-in values are written as <values>_created.csv beside the " +
      "values file, as Espressif's tool does. One with other contents is there, from an earlier " +
      "try. It holds secrets in clear: move or remove it, name another place with --created-csv " +
      "PATH, or do without by --created-csv none.",
    example: ["values_created.csv: exists already, with other contents"],
  },
  "output-clash": {
    title: "One path for two files",
    text: "Two outputs, or an output and an input, would be the same file. Give one of them " +
      "another name.",
    example: ["--kp_hmac_keyfile keys-Dev-1.bin    is the key partition's name"],
  },
  "one-key-for-all": {
    title: "One file for the HMAC keys of many devices",
    text: "--kp_hmac_keyfile names one file, but each device gets a key of its own: each would " +
      "overwrite the last. Leave the option out, and each key gets its own file.",
    example: ["--key_protect_hmac --keygen --kp_hmac_keygen"],
  },
  "output-folder": {
    title: "An output folder that cannot be used",
    text: "The folder, or a part of its path, is a file, does not exist, or may not be written to.",
    example: ["out/bin: is a file; a folder is needed there"],
  },
  "not-a-manifest": {
    title: "A file that has the manifest's name and is none",
    text:
      "The manifest is the record of finished devices. A file with another first line has its " +
      "name: move it away, or take another --outdir or prefix.",
    example: ["out/manifest-Dev.csv: has another header"],
  },
  "other-batch": {
    title: "A batch that changed since it was begun",
    text: "--resume goes on with the same configuration, values, size and options that shape the " +
      "images; the message names what changed. Give the same again, or start anew in another " +
      "--outdir.",
    example: ["the run to resume had other inputs or options: the values changed"],
  },
  "keys-lost": {
    title: "Recorded keys that are damaged or gone",
    text:
      "The manifest says that a device has keys, and a board may carry them, so no others are " +
      "made in silence. Put the key files back from your copy. If the boards were never flashed, " +
      "--resume --rekey gives just these devices new keys and images.",
    example: ['out/keys/keys-Dev-7.bin: the recorded keys of "Dev-7" are damaged or gone'],
  },
  "image-lost": {
    title: "A recorded image that cannot be made again",
    text: "The image is damaged or gone, and what would be made now is not what the manifest " +
      "recorded. Put it back from a copy, or start anew in another --outdir.",
    example: ["out/bin/Dev-7.bin: is damaged or gone"],
  },
  "unrecorded-file": {
    title: "A file that the manifest does not know",
    text: "It stands where this batch would write, is not what it would write, and no row says " +
      "whose it is. Keys and images are never cleared away: move it away yourself.",
    example: ["out/bin/Dev-7.bin: exists already, and is not what this batch would write"],
  },
  "key-file": {
    title: "A file that holds no usable key",
    text: "A key partition has 4096 bytes with two different keys of 32 bytes and their CRC; an " +
      "HMAC key has 32 bytes. generate-key makes them. A flash encryption key has 32 bytes, or 64 " +
      "for XTS-AES-256, as espsecure generate-flash-encryption-key makes it.",
    example: ["keys.bin: has a wrong CRC; it is damaged, or no key partition"],
  },
  "wrong-key": {
    title: "A key that does not fit the image",
    text:
      "Decrypted with this key, the image makes no sense. keys/ has the key of each image, the " +
      "manifest says which; --keys FOLDER tries all of a folder.",
    example: ['keys.bin: does not fit "Dev-7.bin"; give the key it was encrypted with'],
  },
} as const satisfies Partial<Record<ProblemCode, Explanation>>;

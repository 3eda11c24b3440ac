/**
 * The codes of what can be wrong. They are stable: programs rely on them.
 *
 * @module
 */

/** Code of a problem: input that is refused. */
export type ProblemCode =
  // Of configurations, and of the rows of NVS CSVs.
  | "swapped-files"
  | "wrong-csv"
  | "configuration-header"
  | "configuration-row"
  | "name-not-allowed"
  | "type-unknown"
  | "encoding-unknown"
  | "encoding-not-for-file"
  | "repeat-unknown"
  | "repeated-key"
  | "too-many-namespaces"
  | "wifi-companion"
  | "nvs-csv-header"
  | "nvs-csv-row"
  // Of texts, headers, rows and cells.
  | "not-text"
  | "workbook"
  | "csv-quotes"
  | "empty-file"
  | "no-device"
  | "missing-column"
  | "column-order"
  | "surplus-column"
  | "unknown-column"
  | "cell-count"
  | "repeat-conflict"
  | "value-missing"
  | "not-a-number"
  | "value-out-of-range"
  | "not-hex"
  | "not-base64"
  | "nul-in-string"
  | "value-too-large"
  | "partition-full"
  | "file-id-not-allowed"
  | "file-id-repeated"
  | "value-repeated"
  | "unique-and-repeat"
  | "unknown-device"
  | "ambiguous-device"
  // Of files, keys and what earlier runs left.
  | "file-missing"
  | "not-a-file"
  | "not-a-folder"
  | "file-too-large"
  | "file-unreadable"
  | "file-exists"
  | "created-csv-exists"
  | "output-clash"
  | "one-key-for-all"
  | "output-folder"
  | "not-a-manifest"
  | "other-batch"
  | "keys-lost"
  | "image-lost"
  | "unrecorded-file"
  | "key-file"
  | "wrong-key"
  // Of images, dumps and partition tables.
  | "not-an-image"
  | "not-encrypted"
  | "option-not-for-image"
  | "dump-cut-short"
  | "partition-table"
  | "partition-choice"
  | "partition-flag"
  | "key-partition"
  | "key-not-found"
  | "item-not-kept"
  | "birth-not-found"
  // Of flash plans.
  | "chip-without-hmac"
  | "efuse-block"
  | "key-not-planned"
  | "partition-size"
  | "flash-overlap"
  | "flash-encryption"
  | "flash-args"
  | "device-not-done"
  | "changed-file";

/** Code of a warning: input that can be used as it is, and may be wrong. */
export type WarningCode =
  | "shortened-number"
  | "spreadsheet-error"
  | "lost-zeros"
  | "repeated-value"
  | "partition-size"
  | "key-partition-flag"
  | "covered-partition";

/** Any code that can be explained: also why an image cannot be read, and what ends a run. */
export type Code =
  | ProblemCode
  | WarningCode
  | "encrypted-without-key"
  | "no-key-fits"
  | "ambiguous-keys"
  | "usage"
  | "io";

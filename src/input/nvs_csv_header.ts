/** The columns of an NVS CSV, in the order that is written. */
export const NVS_CSV_COLUMNS = ["key", "type", "encoding", "value"] as const;

/** Whether a first row is the header of an NVS CSV; other columns do no harm. */
export function isNvsCsvHeader(cells: readonly string[]): boolean {
  return NVS_CSV_COLUMNS.every((name) => cells.includes(name));
}

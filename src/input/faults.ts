/**
 * Faults of whole texts to problems.
 *
 * @module
 */

import type { Problems } from "../problems/problems.ts";
import type { CsvFault } from "./csv_records.ts";
import { TextError } from "./text_lines.ts";

/** Takes what `csvRecords` finds wrong with a file's quotes. */
export function csvFaultsTo(problems: Problems, file: string): (fault: CsvFault) => void {
  return ({ message, ...place }) => problems.add({ file, ...place }, "csv-quotes", message);
}

/** Reports that a file is no text; throws any other error on. */
export function reportTextError(error: unknown, file: string, problems: Problems): void {
  if (!(error instanceof TextError)) throw error;
  problems.add({ file, line: error.line }, error.code, error.message);
}

/**
 * Every code with its explanation: the one table behind `mfg_gen explain` and
 * docs/problems.md.
 *
 * @module
 */

import type { Code } from "./code.ts";
import { BATCH_CODES } from "./codes/batch.ts";
import { CONFIGURATION_CODES } from "./codes/configuration.ts";
import { FLASH_CODES } from "./codes/flash.ts";
import { IMAGE_CODES } from "./codes/images.ts";
import { VALUES_CODES } from "./codes/values.ts";
import { WARNING_CODES } from "./codes/warnings.ts";
import type { Explanation } from "./explanation.ts";

/** What each code means, in the order in which a page lists them. */
export const EXPLANATIONS: Readonly<Record<Code, Explanation>> = {
  ...CONFIGURATION_CODES,
  ...VALUES_CODES,
  ...BATCH_CODES,
  ...IMAGE_CODES,
  ...FLASH_CODES,
  ...WARNING_CODES,
};

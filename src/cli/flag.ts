import type { CommandName } from "./command_table.ts";

/** An option, by its name in Espressif's spelling. */
export interface Flag {
  name: string;
  /** Placeholders of its values; none for a switch. */
  values: readonly string[];
  help: string;
  /** What it means to a command for which `help` is not right. */
  helpOf?: Partial<Record<CommandName, string>>;
  commands: readonly CommandName[];
  /** May be given several times; each time one value. */
  isRepeatable?: boolean;
  /** Accepted for scripts that give it, and not shown. */
  hidden?: boolean;
}

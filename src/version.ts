import config from "../deno.json" with { type: "json" };

/** Version of the program, as `deno.json` says. */
export const VERSION: string = config.version;

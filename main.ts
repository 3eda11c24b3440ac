import { runCli } from "./src/cli/run.ts";
import { denoHost } from "./src/host/deno_host.ts";

Deno.exitCode = await runCli(Deno.args, denoHost());

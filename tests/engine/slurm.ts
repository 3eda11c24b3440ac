/**
 * A Slurm cluster of this one machine, in a folder of its own: its controller,
 * its node daemon and their authentication, without any of the system's.
 *
 * @module
 */

import { join } from "@std/path";
import { sleep } from "./running.ts";

const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "srun", "sinfo"];
const START_MILLISECONDS = 15_000;

/** Why there can be no cluster here; `undefined` if there can. */
export function slurmFault(): string | undefined {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "the daemons need root on Linux";
  const missing = PROGRAMS.find((program) => !isInstalled(program));
  return missing === undefined ? undefined : `${missing} is not installed`;
}

function isInstalled(program: string): boolean {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin`;
  return path.split(":").some((folder) => {
    try {
      return Deno.statSync(join(folder, program)).isFile;
    } catch {
      return false;
    }
  });
}

/** A running cluster. */
export class SlurmCluster {
  readonly #folder: string;
  readonly #children: Deno.ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a cluster whose files are in an empty folder. */
  static async start(folder: string): Promise<SlurmCluster> {
    const cluster = new SlurmCluster(folder);
    try {
      cluster.#configure();
      await cluster.#startDaemons();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** The environment in which Slurm's commands find the cluster. */
  get environment(): Record<string, string> {
    return {
      SLURM_CONF: join(this.#folder, "slurm.conf"),
      PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin`,
    };
  }

  /** Ends the daemons. */
  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await Promise.race([child.status, sleep(5000)]);
    }
  }

  #configure(): void {
    const host = Deno.hostname().split(".")[0]!;
    const path = (name: string) => join(this.#folder, name);
    for (const name of ["state", "spool"]) Deno.mkdirSync(path(name));
    const key = crypto.getRandomValues(new Uint8Array(1024));
    Deno.writeFileSync(path("munge.key"), key, { mode: 0o600 });
    const [controllerPort, nodePort] = [freePort(), freePort()];
    Deno.writeTextFileSync(
      path("slurm.conf"),
      [
        "ClusterName=test",
        `SlurmctldHost=${host}(127.0.0.1)`,
        "SlurmUser=root",
        "SlurmdUser=root",
        `SlurmctldPort=${controllerPort}`,
        `SlurmdPort=${nodePort}`,
        "AuthType=auth/munge",
        `AuthInfo=socket=${path("munge.sock")}`,
        "CredType=cred/munge",
        `StateSaveLocation=${path("state")}`,
        `SlurmdSpoolDir=${path("spool")}`,
        `SlurmctldPidFile=${path("slurmctld.pid")}`,
        `SlurmdPidFile=${path("slurmd.pid")}`,
        `SlurmctldLogFile=${path("slurmctld.log")}`,
        `SlurmdLogFile=${path("slurmd.log")}`,
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "JobAcctGatherType=jobacct_gather/none",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core",
        "MpiDefault=none",
        "ReturnToService=2",
        // The example asks for two processors a task, and two tasks are to run at once.
        "SlurmdParameters=config_overrides",
        `NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN`,
        `PartitionName=all Nodes=${host} Default=YES State=UP MaxTime=10`,
        "",
      ].join("\n"),
    );
    const hasVersion1 = isFolder("/sys/fs/cgroup/memory");
    const plugin = hasVersion1 ? "cgroup/v1" : "cgroup/v2";
    Deno.writeTextFileSync(path("cgroup.conf"), `CgroupPlugin=${plugin}\nIgnoreSystemd=yes\n`);
  }

  async #startDaemons(): Promise<void> {
    const path = (name: string) => join(this.#folder, name);
    this.#spawn("munged", [
      "--foreground",
      "--force",
      `--socket=${path("munge.sock")}`,
      `--key-file=${path("munge.key")}`,
      `--pid-file=${path("munged.pid")}`,
      `--log-file=${path("munge.log")}`,
      `--seed-file=${path("munge.seed")}`,
      "--num-threads=2",
    ]);
    await this.#until("munged", () => isThere(path("munge.sock")));
    this.#spawn("slurmctld", ["-D", "-i"]);
    this.#spawn("slurmd", ["-D"]);
    await this.#until("the node", async () => {
      const { stdout } = await new Deno.Command("timeout", {
        args: ["2", "sinfo", "--noheader", "--format=%t"],
        env: this.environment,
        stderr: "null",
      }).output();
      return new TextDecoder().decode(stdout).trim() === "idle";
    });
  }

  #spawn(program: string, args: readonly string[]): void {
    const child = new Deno.Command(program, {
      args: [...args],
      env: this.environment,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#children.push(child);
  }

  async #until(what: string, isDone: () => boolean | Promise<boolean>): Promise<void> {
    for (let waited = 0; waited < START_MILLISECONDS; waited += 200) {
      if (await isDone()) return;
      await sleep(200);
    }
    throw new Error(`Cannot start Slurm: ${what} is not up after ${START_MILLISECONDS / 1000} s`);
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

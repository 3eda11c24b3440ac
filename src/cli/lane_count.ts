import type { Host } from "../ports/host.ts";

/** Devices for which a second lane pays: starting its thread costs as much as some hundred devices. */
const DEVICES_PER_LANE = 500;
/** More lanes than this only wait for the same disk. */
const MAX_CHOSEN_LANES = 4;

/** How many lanes to use: as many as `jobs` says, or as pay for so many devices on this machine. */
export function chosenLanes({ cores }: Host, jobs: number | undefined, devices: number): number {
  if (jobs !== undefined) return Math.max(1, Math.min(jobs, devices));
  const limit = Math.min(cores, MAX_CHOSEN_LANES);
  return Math.max(1, Math.min(limit, Math.floor(devices / DEVICES_PER_LANE)));
}

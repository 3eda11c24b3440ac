import type { DeviceReport, Difference } from "../verify/device_verifier.ts";
import { countOf, printable } from "./text.ts";

/** Devices kept with what is wrong with them; all are counted. */
const MAX_KEPT_DEVICES = 1000;

/** A device that differs. */
export interface DeviceFailure {
  /** Number in the values file, from 1. */
  number: number;
  fileId: string;
  image: string;
  /** What is wrong, by kind: no value and no key. */
  faults: readonly string[];
}

/** Collects the devices of a batch that differ; memory does not grow with it. */
export class DeviceFailures {
  readonly kept: DeviceFailure[] = [];
  /** Devices that were looked at. */
  deviceCount = 0;
  /** Devices that differ. */
  total = 0;

  add({ number, fileId, image, differences }: DeviceReport): void {
    this.deviceCount++;
    if (differences.length === 0) return;
    this.total++;
    if (this.kept.length === MAX_KEPT_DEVICES) return;
    this.kept.push({ number, fileId, image, faults: faultsOf(image, differences) });
  }
}

/** What is wrong, a line each: kinds and counts, since keys of a damaged image may be anything. */
function faultsOf(image: string, differences: readonly Difference[]): string[] {
  const subject = (path: string) => path === image ? "" : `${path} `;
  const faults: string[] = [];
  const rules = new Map<string, number>();
  let keyCount = 0;
  for (const difference of differences) {
    switch (difference.kind) {
      case "file":
        faults.push(printable(subject(difference.path) + difference.message));
        break;
      case "manifest":
        faults.push(
          printable(`${subject(difference.path)}is not the file that the manifest records`),
        );
        break;
      case "finding": {
        const { rule } = difference.finding;
        rules.set(rule, (rules.get(rule) ?? 0) + 1);
        break;
      }
      case "key":
        keyCount++;
        break;
      default:
        throw new TypeError(`Cannot name a difference "${difference satisfies never}"`);
    }
  }
  if (rules.size > 0) {
    const counted = [...rules].map(([rule, count]) => count === 1 ? rule : `${rule} (${count})`);
    faults.push(`is damaged: ${counted.join(", ")}`);
  }
  if (keyCount > 0) {
    const differ = keyCount === 1 ? "differs" : "differ";
    faults.push(`${countOf(keyCount, "key")} ${differ} from the CSVs`);
  }
  return faults;
}

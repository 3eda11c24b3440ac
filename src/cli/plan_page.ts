import { createHash } from "node:crypto";
import { filesOf, PLAN_FILE } from "../flash_plan/steps.ts";
import type { DevicePlan } from "../flash_plan/device.ts";
import type { FlashPlanSpec } from "../flash_plan/spec.ts";
import { pathBelow } from "../plan/names.ts";
import { isSamePath } from "../plan/same_path.ts";
import { IoError } from "../ports/file_system.ts";
import type { Host } from "../ports/host.ts";
import type { Problems } from "../problems/problems.ts";
import { formatWarning, type Warnings } from "../problems/warnings.ts";
import { planHtml } from "../report/plan_html.ts";
import type { RawArgs } from "./args.ts";
import { timeText } from "./batch_report.ts";
import type { FlashPlanReport } from "./flash_plan_report.ts";
import { writeAllOrNone } from "./key_files.ts";
import { checkNewFile, outputFile } from "./output_path.ts";

const OTHER_PAGE = "give another name with --report";

/** The page of `flash-plan --report`. */
export class PlanPage {
  /** As the user gave it. */
  readonly path: string;
  readonly #host: Host;

  private constructor(host: Host, path: string) {
    this.#host = host;
    this.path = path;
  }

  /** `undefined` if no page is wanted. @throws {UsageError} If the option names no file. */
  static of(host: Host, args: RawArgs): PlanPage | undefined {
    const given = args.value("report");
    if (given === undefined) return undefined;
    return new PlanPage(host, outputFile("--report", given, host.files.isWindows));
  }

  /** Finds out, before anything is written, whether the page can have its place. */
  check({ outdir }: FlashPlanSpec, problems: Problems): void {
    checkNewFile(this.#host.files, this.path, problems, OTHER_PAGE);
    this.#checkOther(pathBelow(outdir, PLAN_FILE), problems);
  }

  /** The same, of the files of a device. */
  checkDevice(plan: DevicePlan, spec: FlashPlanSpec, problems: Problems): void {
    for (const path of filesOf(plan, spec)) this.#checkOther(path, problems);
  }

  #checkOther(path: string, problems: Problems): void {
    if (!isSamePath(path, this.path, ".")) return;
    problems.add({ file: this.path }, "output-clash", `is a file of the plan; ${OTHER_PAGE}`);
  }

  /**
   * Writes the page; it is on the disk when this resolves.
   *
   * @returns What the user should know, a sentence each.
   * @throws {IoError} If it cannot be written; the plan stands all the same.
   */
  async write(
    { manifest }: FlashPlanSpec,
    report: FlashPlanReport,
    warnings: Warnings,
  ): Promise<string[]> {
    const { files } = this.#host;
    const digest = createHash("sha256");
    for (const chunk of files.readChunks(manifest)) digest.update(chunk);
    const remarks = [...warnings.all.map(formatWarning), ...report.notes()];
    const view = report.view(digest.digest("hex"), timeText(this.#host.localTime()), remarks);
    const content = new TextEncoder().encode(planHtml(view));
    try {
      return await writeAllOrNone(this.#host, [{ path: this.path, content }]);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      const { action, path, reason } = error;
      throw new IoError(action, path, `${reason}; the plan is written, its page is not`);
    }
  }
}

import { stat } from "node:fs/promises";
import { millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment, SavedPipeline, SavedPlace } from "../environment.ts";
import { formatStuck } from "../format-stuck.ts";
import { jsonText } from "../json-text.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { stateDefault } from "../run-flags.ts";

/**
 * `pipe why-stuck [target]`: what holds event time, by the saved state of a pipeline that runs or
 * has been stopped.
 *
 * @param foundStuck called when a pipeline is stuck, which the exit code tells
 */
export function addWhyStuckCommand(
  program: Command,
  environment: CliEnvironment,
  foundStuck: () => void,
): void {
  program
    .command("why-stuck")
    .description("tell which partition or task holds event time; exit code 1 if one does")
    .argument("[target]", "a pipeline file, or a directory of saved state (default: --state)")
    .option("--state <directory>", "directory of saved state", stateDefault)
    .option("--log <place>", "log that the pipelines ran on; instead of --state")
    .option("--json", "the report as JSON, one pipeline a line", false)
    .action(async (target: string | undefined, options: SavedPlace & { json: boolean }) => {
      for (const saved of await savedOf(target, options, environment)) {
        const report = await environment.whyStuck(saved);
        if (report.isStuck) foundStuck();
        environment.stdout(options.json ? `${jsonText(report)}\n` : formatStuck(report));
      }
    });
}

async function savedOf(
  target: string | undefined,
  { state, log }: SavedPlace,
  environment: CliEnvironment,
): Promise<readonly SavedPipeline[]> {
  const place = { state, ...(log === undefined ? {} : { log }) };
  if (target !== undefined && !(await isDirectory(target))) {
    const { pipeline } = await loadPipeline(target, environment);
    return [{ pipeline: pipeline.name, ...place }];
  }
  const from = target === undefined ? place : { state: target };
  const saved = await environment.savedPipelines(from);
  if (saved.length === 0) throw millraceError("FILE_NOT_FOUND", { path: from.log ?? from.state });
  return saved;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

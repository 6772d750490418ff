import { stat } from "node:fs/promises";
import { millraceError } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment, SavedPipeline } from "../environment.ts";
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
    .option("--json", "the report as JSON, one pipeline a line", false)
    .action(async (target: string | undefined, options: { state: string; json: boolean }) => {
      for (const saved of await savedOf(target, options.state, environment)) {
        const report = await environment.whyStuck(saved);
        if (report.isStuck) foundStuck();
        environment.stdout(options.json ? `${jsonText(report)}\n` : formatStuck(report));
      }
    });
}

async function savedOf(
  target: string | undefined,
  state: string,
  environment: CliEnvironment,
): Promise<readonly SavedPipeline[]> {
  if (target !== undefined && !(await isDirectory(target))) {
    const { pipeline } = await loadPipeline(target, environment);
    return [{ pipeline: pipeline.name, state }];
  }
  const directory = target ?? state;
  const saved = await environment.savedPipelines(directory);
  if (saved.length === 0) throw millraceError("FILE_NOT_FOUND", { path: directory });
  return saved;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

import type { Command } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { runFlags, withPlanFlags } from "../run-flags.ts";

/** `pipe check <file>`: everything that can be found wrong without running. */
export function addCheckCommand(program: Command, environment: CliEnvironment): void {
  withPlanFlags(program.command("check"))
    .description("check a pipeline without running it; reports all problems together")
    .argument("<file>", "a .ts or .js file that exports a pipeline by default")
    .option("--json", "the result as JSON", false)
    .action(async (file: string, options: Record<string, unknown>) => {
      const loaded = await loadPipeline(file, environment);
      const { logical, physical } = loaded.plan(runFlags(options, process.env));
      const steps = logical.nodes.length;
      if (options["json"] === true) {
        const result = {
          pipeline: logical.name,
          problems: [],
          steps,
          stages: physical.stages.length,
        };
        environment.stdout(`${JSON.stringify(result)}\n`);
      } else {
        environment.stdout(`${logical.name}: no problems in ${steps} steps\n`);
      }
    });
}

import { explainLogical, explainMermaid, explainPhysical } from "@millrace/planner";
import { type Command, Option } from "commander";
import type { CliEnvironment } from "../environment.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { runFlags, withPlanFlags } from "../run-flags.ts";

/** `pipe explain <file>`: what would run, as text, Mermaid or JSON. */
export function addExplainCommand(program: Command, environment: CliEnvironment): void {
  withPlanFlags(program.command("explain"))
    .description("show the plan of a pipeline")
    .argument("<file>", "a .ts or .js file that exports a pipeline by default")
    .addOption(
      new Option("--format <format>", "form of the plan")
        .choices(["text", "mermaid", "json"])
        .default("text"),
    )
    .option("--logical", "the plan as written, before the rules (text and json)", false)
    .action(async (file: string, options: Record<string, unknown>) => {
      const loaded = await loadPipeline(file, environment);
      const { logical, physical } = loaded.plan(runFlags(options, process.env));
      const isLogical = options["logical"] === true;
      const { name, parameters, nodes } = logical;
      switch (options["format"]) {
        case "json":
          environment.stdout(
            `${JSON.stringify(isLogical ? { name, parameters, nodes } : physical, undefined, 2)}\n`,
          );
          break;
        case "mermaid":
          environment.stdout(`${explainMermaid(physical)}\n`);
          break;
        default:
          environment.stdout(
            `${isLogical ? explainLogical(logical) : explainPhysical(physical)}\n`,
          );
      }
    });
}

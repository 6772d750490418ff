import { assertUserInput } from "@millrace/core";
import type { Command } from "commander";
import type { CliEnvironment, TestFlags } from "../environment.ts";
import { formatTestReport } from "../format-test-report.ts";
import { jsonText } from "../json-text.ts";
import { loadPipeline } from "../load-pipeline.ts";
import { showSteps } from "../progress-bar.ts";
import { runFlags, wholeNumber, withPlanFlags } from "../run-flags.ts";
import { isSound } from "../test-report.ts";

const rowsMax = 1_000_000;
const seedsMax = 1_000_000;
const seedMax = 2 ** 31;

/**
 * `pipe test <file>`: runs a pipeline several times over the same rows, and compares.
 *
 * @param foundProblem called when there is something to mend
 */
export function addTestCommand(
  program: Command,
  environment: CliEnvironment,
  foundProblem: () => void,
): void {
  withPlanFlags(program.command("test"))
    .description("run a pipeline over its sources without writing anything, again and under faults")
    .argument("<file>", "a .ts or .js file that exports a pipeline by default")
    .option("--simulate", "run it under faults too, on a simulated cluster")
    .option("--seeds <count>", "runs under faults (default 100)", wholeNumber(seedsMax))
    .option("--seed <seed>", "one run under the faults of a seed", wholeNumber(seedMax, 0))
    .option("--faults <names>", "what may go wrong, such as crash,lose-response (default all)")
    .option(
      "--fuzz <rows>",
      "rows to make for each source, in place of its own",
      wholeNumber(rowsMax),
    )
    .option("--rows <count>", "rows to read of each source (default 10,000)", wholeNumber(rowsMax))
    .option("--golden <directory>", "files that what stands in the sinks is compared with")
    .option("--update", "write those files in place of comparing")
    .option("--log <place>", "log that has the topics of its sources")
    .option("--json", "the report as JSON", false)
    .action(async (file: string, options: Record<string, unknown>) => {
      const flags = testFlags(options);
      const isJson = options["json"] === true;
      const { module, release, plan } = await loadPipeline(file, environment, true);
      try {
        plan(runFlags(options, process.env));
        const steps = showSteps(environment, { isJson, word: "seeds" });
        const report = await environment.test(module, flags, steps.show).finally(steps.stop);
        if (!isSound(report)) foundProblem();
        if (isJson) environment.stdout(`${jsonText(report)}\n`);
        else environment.stdout(formatTestReport(report, file));
      } finally {
        await release();
      }
    });
}

function testFlags(options: Record<string, unknown>): TestFlags {
  const given = options as {
    readonly simulate?: boolean;
    readonly seeds?: number;
    readonly seed?: number;
    readonly faults?: string;
    readonly fuzz?: number;
    readonly rows?: number;
    readonly golden?: string;
    readonly update?: boolean;
  };
  const { golden: directory, update: isUpdate = false } = given;
  assertUserInput(!isUpdate || directory !== undefined, "--update needs --golden");
  const { seed, fuzz, faults, rows = 10_000, seeds: count = 100 } = given;
  const { partitions = 1, parameters, log } = runFlags(options, process.env);
  const all = Array.from({ length: count }, (_, index) => index + 1);
  const isSimulated = given.simulate === true || seed !== undefined;
  return {
    partitions,
    parameters,
    ...(log === undefined ? {} : { log }),
    rowsMax: rows,
    ...(fuzz === undefined ? {} : { fuzzRows: fuzz }),
    ...(directory === undefined ? {} : { golden: { directory, isUpdate } }),
    seeds: !isSimulated ? [] : seed === undefined ? all : [seed],
    ...(faults === undefined ? {} : { faults: faults.split(",").map((name) => name.trim()) }),
  };
}

import type { PipelineTestReport, TestFlags } from "@millrace/cli";
import { assertUserInput, type Log, millraceError, quote } from "@millrace/core";
import { isPipeline, type Pipeline } from "@millrace/dsl";
import { type FaultKind, survivedFaults } from "@millrace/log/simulated";
import type { LogPlace } from "../../run/open-log.ts";
import { connectors } from "../../run/registries.ts";
import { withSavedLog } from "../../run/saved-log.ts";
import { checkPipeline } from "./check-pipeline.ts";
import { generateRows } from "./generate-rows.ts";

const fuzzSeed = 1;

/**
 * Checks the pipeline that a module exports by default; each of its lives loads the module anew.
 *
 * @param placeOf where the log of that name is
 * @throws PLAN_ARGUMENT_INVALID for a fault that is none; as `checkPipeline`
 */
export async function testModule(
  module: URL,
  flags: TestFlags,
  given: {
    readonly placeOf: (log: string) => LogPlace;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<PipelineTestReport> {
  const { partitions, parameters, rowsMax, fuzzRows, seeds, log } = flags;
  const options = {
    partitions,
    parameters,
    connectors,
    rowsMax,
    seeds,
    faults: flags.faults === undefined ? survivedFaults : flags.faults.map(faultOf),
    ...(flags.golden === undefined ? {} : { golden: flags.golden }),
    onProgress: given.onProgress,
    ...(fuzzRows === undefined
      ? {}
      : {
          generate: (logical: Parameters<typeof generateRows>[0]) =>
            generateRows(logical, { rows: fuzzRows, partitions, seed: fuzzSeed }),
        }),
  };
  let lives = 0;
  const load = (): Promise<Pipeline> => {
    lives += 1;
    return importAnew(module, lives);
  };
  const check = (opened?: Log): Promise<PipelineTestReport> =>
    checkPipeline(load, { ...options, log: opened });
  return log === undefined ? check() : withSavedLog(given.placeOf(log), check);
}

/** A module under another address is another module: nothing that it keeps is shared. */
async function importAnew(module: URL, life: number): Promise<Pipeline> {
  const { default: pipeline } = (await import(`${module.href}?life=${life}`)) as {
    readonly default?: unknown;
  };
  if (isPipeline(pipeline)) return pipeline;
  const problem = "it does not export a pipeline by default";
  throw millraceError("PIPELINE_FILE_INVALID", { path: module.pathname, problem });
}

function faultOf(name: string): FaultKind {
  const found = survivedFaults.find((kind) => kind === name);
  const known = survivedFaults.join(", ");
  assertUserInput(found !== undefined, `${quote(name)} is not a fault; there are ${known}`);
  return found;
}

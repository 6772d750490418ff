import type { CodePlace } from "@millrace/plan";

/** Why results of a pipeline are not the same in every run. */
export interface FunctionFinding {
  /** It asks for the time, for random numbers, or does not do the same again. */
  readonly kind: "clock" | "random" | "changing";
  /** Id of the step. */
  readonly step: string;
  /** Such as `map`, `onTimer`. */
  readonly function: string;
  readonly place?: CodePlace;
  /** What it does. */
  readonly sentence: string;
}

/** A condition, and for how many rows it was true and was not. */
export interface BranchCoverage {
  readonly condition: string;
  readonly taken: number;
  readonly notTaken: number;
}

/** How much of an operator the rows have come through. */
export interface OperatorCoverage {
  /** Ids of its steps. */
  readonly steps: readonly string[];
  readonly place?: CodePlace;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly branches: readonly BranchCoverage[];
}

/** A run under faults whose result was not that of the undisturbed one. */
export interface FailedSeed {
  readonly seed: number;
  /** What went wrong on purpose: not many more than the failure needs. */
  readonly faults: readonly string[];
  readonly problems: readonly string[];
}

/** How what sinks hold compares with files of it. */
export interface GoldenReport {
  readonly directory: string;
  /** Whether the files were written in place of being compared. */
  readonly isUpdated: boolean;
  readonly problems: readonly string[];
}

/** What a test of a pipeline has come to: plain data. */
export interface PipelineTestReport {
  readonly pipeline: string;
  /** Rows that each source gave. */
  readonly sources: readonly { readonly id: string; readonly rows: number }[];
  /** Rows that stood in each sink in the end of the undisturbed run. */
  readonly sinks: readonly { readonly id: string; readonly rows: number }[];
  readonly deadLetters: number;
  readonly coverage: readonly OperatorCoverage[];
  /** Why results are not the same in every run, where that was seen. */
  readonly findings: readonly FunctionFinding[];
  /** What differs when the same rows come in other batches. */
  readonly batchProblems: readonly string[];
  /** Absent where it was not asked for. */
  readonly golden?: GoldenReport;
  /** Seeds that were tried, and how much went wrong on purpose in all of them. */
  readonly seeds: number;
  readonly faults: number;
  readonly failedSeeds: readonly FailedSeed[];
}

/** Whether nothing was found that has to be mended. */
export function isSound(report: PipelineTestReport): boolean {
  const { findings, batchProblems, failedSeeds, golden } = report;
  const problems = [...findings, ...batchProblems, ...failedSeeds, ...(golden?.problems ?? [])];
  return problems.length === 0;
}

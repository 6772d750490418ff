import { basename } from "node:path";
import { countText } from "./format-topics.ts";
import { formatCount } from "./progress-bar.ts";
import {
  type BranchCoverage,
  type FailedSeed,
  type FunctionFinding,
  type GoldenReport,
  isSound,
  type OperatorCoverage,
  type PipelineTestReport,
} from "./test-report.ts";

const width = 10;

/** What a test of a pipeline has come to, for people. */
export function formatTestReport(report: PipelineTestReport, file: string): string {
  const { pipeline, sources, sinks, deadLetters, coverage, findings, batchProblems } = report;
  const { failedSeeds, seeds, faults, golden } = report;
  const sum = isSound(report) ? "nothing was found" : "something has to be mended";
  const lines = [
    `${pipeline}: ${sum}`,
    ...sources.map(({ id, rows }) => entry("read", `${countText(rows, "row")} from ${id}`)),
    ...sinks.map(({ id, rows }) => entry(id, countText(rows, "row"))),
    ...(deadLetters === 0 ? [] : [entry("dead", countText(deadLetters, "dead letter"))]),
    ...coverageLines(coverage),
    entry(
      "batches",
      batchProblems.length === 0 ? "others give the same" : "others give other rows:",
    ),
    ...batchProblems.map(below),
    ...goldenLines(golden),
    ...(seeds === 0 ? [] : [entry("faults", seedsText(seeds, faults, failedSeeds))]),
    ...failedSeeds.flatMap((failed) => failedLines(failed, file)),
    ...findings.map(findingText),
  ];
  return `${lines.join("\n")}\n`;
}

function entry(name: string, text: string): string {
  return `  ${name.padEnd(width)}  ${text}`;
}

function below(text: string): string {
  return `    ${text}`;
}

function coverageLines(coverage: readonly OperatorCoverage[]): string[] {
  const reached = coverage.filter(({ rowsIn }) => rowsIn > 0);
  const branches = coverage.flatMap((operator) => operator.branches);
  const sides = branches.flatMap(({ taken, notTaken }) => [taken, notTaken]);
  const taken = sides.filter((rows) => rows > 0);
  return [
    entry("operators", `${reached.length} of ${coverage.length} have seen rows`),
    ...coverage.filter(({ rowsIn }) => rowsIn === 0).map((operator) => below(unseenText(operator))),
    ...(sides.length === 0
      ? []
      : [entry("branches", `${taken.length} of ${sides.length} sides were taken`)]),
    ...reached.flatMap((operator) =>
      operator.branches.flatMap((branch) => sideText(operator, branch)),
    ),
  ];
}

function unseenText({ steps, place }: OperatorCoverage): string {
  return `${steps.join(", ")}${placeText(place)} has seen no row`;
}

function sideText({ steps, place }: OperatorCoverage, branch: BranchCoverage): string[] {
  const never = branch.taken === 0 ? "true" : branch.notTaken === 0 ? "false" : undefined;
  if (never === undefined) return [];
  return [below(`${steps.join(", ")}${placeText(place)}: ${branch.condition} was never ${never}`)];
}

function goldenLines(golden: GoldenReport | undefined): string[] {
  if (golden === undefined) return [];
  const { directory, isUpdated, problems } = golden;
  const said = problems.length === 0 ? "the sinks hold what it says" : "the sinks hold other rows:";
  const text = isUpdated ? "written" : said;
  return [entry("golden", `${directory}: ${text}`), ...problems.map(below)];
}

function seedsText(seeds: number, faults: number, failed: readonly FailedSeed[]): string {
  const tried = `${countText(seeds, "run")} under ${countText(faults, "fault")}`;
  return failed.length === 0
    ? `${tried} gave the same`
    : `${formatCount(failed.length)} of ${tried} gave something else:`;
}

function failedLines({ seed, faults, problems }: FailedSeed, file: string): string[] {
  return [
    below(`seed ${seed}, again with: pipe test ${file} --seed ${seed}`),
    ...faults.map((fault) => `      after ${fault}`),
    ...problems.map((problem) => `      ${problem}`),
  ];
}

/** `map-1 (pipeline.ts:14): the function of map reads …` */
function findingText({ step, place, function: name, sentence }: FunctionFinding): string {
  return `${step}${placeText(place)}: the function of ${name} ${sentence}.`;
}

function placeText(place: FunctionFinding["place"]): string {
  return place === undefined ? "" : ` (${basename(place.file)}:${place.line})`;
}

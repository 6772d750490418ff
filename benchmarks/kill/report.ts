import { countsOf, table } from "../../pipelines/nexmark/kafka/rounds/report.ts";
import type { KillResult } from "./run-round.ts";

/** The report of rounds, as Markdown. */
export function reportOf(results: readonly KillResult[]): string {
  const groups = new Map<string, KillResult[]>();
  for (const result of results) {
    const name = `${result.log}, ${result.kind}`;
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  const flawed = results.filter(({ isFlawless }) => !isFlawless);
  return [
    "# Processes killed",
    "",
    "Made by `npm run kill`; each line of the `.jsonl` files is a round. A round runs a pipeline with",
    "windows, a join, timers and a running sum, kills processes with SIGKILL, and compares all that it",
    "gave out with a model of plain loops: rows lost, doubled, and out of their key's order. Recovery is",
    "from the start of the next process to its first commit. Where a bit of the log was flipped, the run",
    "may also end with an error that says so; LMDB may end the process over its own pages.",
    "",
    ...table(
      [
        "log, killed at",
        "rounds",
        "flawless",
        "kills",
        "broker restarts",
        "rows",
        "lost",
        "doubled",
        "disordered",
        "recovery p50 in s",
        "p99",
      ],
      [...groups].toSorted().map(([name, group]) => rowOf(name, group)),
    ),
    "",
    `Workers started again after: ${countsOf(results.flatMap(({ failures }) => failures ?? []))}.`,
    `Runs after a flipped bit ended with: ${countsOf(results.flatMap(({ afterFlip }) => afterFlip ?? []))}.`,
    "",
    ...(flawed.length === 0 ? [] : ["## Flawed rounds", "", ...flawed.map(lineOf), ""]),
  ].join("\n");
}

function rowOf(name: string, results: readonly KillResult[]): string[] {
  const sum = (of: (each: KillResult) => number | undefined): string =>
    results.reduce((total, each) => total + (of(each) ?? 0), 0).toLocaleString("en");
  const recoveries = results
    .flatMap(({ recoveriesMs }) => recoveriesMs ?? [])
    .toSorted((a, b) => a - b);
  return [
    name,
    String(results.length),
    String(results.filter(({ isFlawless }) => isFlawless).length),
    sum(({ kills }) => kills),
    sum(({ brokerRestarts }) => brokerRestarts),
    sum(({ rows }) => rows),
    sum(({ lost }) => lost),
    sum(({ doubled }) => doubled),
    sum(({ disordered }) => disordered),
    secondsAt(recoveries, 0.5),
    secondsAt(recoveries, 0.99),
  ];
}

function secondsAt(sortedMs: readonly number[], share: number): string {
  const ms = sortedMs[Math.min(sortedMs.length - 1, Math.floor(share * sortedMs.length))];
  return ms === undefined ? "" : (ms / 1000).toFixed(2);
}

function lineOf({ log, round, seed, kind, problem, examples = [] }: KillResult): string {
  return `- ${log}, round ${round} (seed ${seed}): ${kind}: ${problem ?? examples.join("; ")}`;
}

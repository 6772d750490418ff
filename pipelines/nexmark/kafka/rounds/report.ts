import type { RoundResult } from "./run-round.ts";

/** The report of rounds, as Markdown. */
export function reportOf(results: readonly RoundResult[]): string {
  const kinds = [...new Set(results.map(({ kind }) => kind))].toSorted();
  const flawed = results.filter(({ isFlawless }) => !isFlawless);
  return [
    "# Rounds of Nexmark on Kafka",
    "",
    "Made by `npm run kafka-rounds`; each line of `rounds.jsonl` is a round. A round is flawless if the",
    "result equals DuckDB's and every batch of the pipeline's topics is as it must be: of one transaction,",
    "with the right sequence number, of an epoch that was not over.",
    "",
    ...table(
      [
        "disturbed by",
        "rounds",
        "flawless",
        "rows",
        "wrong",
        "missing",
        "kills",
        "zombies",
        "broker restarts",
      ],
      [
        ...kinds.map((kind) =>
          rowOf(
            kind,
            results.filter((each) => each.kind === kind),
          ),
        ),
        rowOf("**all**", results),
      ],
    ),
    "",
    ...table(
      [
        "in the log of",
        "batches",
        "committed transactions",
        "aborted",
        "records committed",
        "aborted",
        "violations",
      ],
      [
        ...kinds.map((kind) =>
          logRowOf(
            kind,
            results.filter((each) => each.kind === kind),
          ),
        ),
        logRowOf("**all**", results),
      ],
    ),
    "",
    `Queries: ${countsOf(results.map(({ query }) => query))}.`,
    `Formats: ${countsOf(results.map(({ format }) => format))}.`,
    `Processes: ${countsOf(results.map(({ processes }) => String(processes)))}.`,
    `Stages of zombies: ${countsOf(results.flatMap(({ stage }) => stage ?? []))}.`,
    `Workers started again after: ${countsOf(results.flatMap(({ failures }) => failures?.map(({ code }) => code) ?? []))}.`,
    `Requests and answers disturbed: ${disturbancesOf(results)}.`,
    "",
    ...(flawed.length === 0 ? [] : ["## Flawed rounds", "", ...flawed.map(lineOf), ""]),
  ].join("\n");
}

function rowOf(name: string, results: readonly RoundResult[]): string[] {
  const sum = (of: (each: RoundResult) => number | undefined): string =>
    results.reduce((total, each) => total + (of(each) ?? 0), 0).toLocaleString("en");
  return [
    name,
    String(results.length),
    String(results.filter(({ isFlawless }) => isFlawless).length),
    sum(({ rows }) => rows),
    sum(({ wrong }) => wrong),
    sum(({ missing }) => missing),
    sum(({ kills }) => kills),
    sum(({ zombies }) => zombies),
    sum(({ brokerRestarts }) => brokerRestarts),
  ];
}

function logRowOf(name: string, results: readonly RoundResult[]): string[] {
  const logs = results.flatMap(({ log }) => log ?? []);
  const sum = (of: (each: (typeof logs)[number]) => number): string =>
    logs.reduce((total, each) => total + of(each), 0).toLocaleString("en");
  return [
    name,
    sum(({ batches }) => batches),
    sum(({ transactions }) => transactions.committed),
    sum(({ transactions }) => transactions.aborted),
    sum(({ records }) => records.committed),
    sum(({ records }) => records.aborted),
    sum(({ violations }) => violations.length),
  ];
}

/** A table of Markdown; columns after the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? "---" : "--:"))),
    ...rows.map(line),
  ];
}

/** How often each name is there, as text. */
export function countsOf(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names.toSorted()) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return "none";
  return [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
}

function disturbancesOf(results: readonly RoundResult[]): string {
  const sums = { requestsLost: 0, answersLost: 0, answersDelayed: 0, answersDoubled: 0 };
  for (const { disturbances } of results) {
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
      sums[name] += disturbances?.[name] ?? 0;
    }
  }
  const { requestsLost, answersLost, answersDelayed, answersDoubled } = sums;
  return `${requestsLost} requests lost, ${answersLost} answers lost, ${answersDelayed} delayed, ${answersDoubled} doubled`;
}

function lineOf(result: RoundResult): string {
  const { round, seed, kind, query, problem, wrong = 0, missing = 0, log } = result;
  const what = problem ?? log?.violations[0] ?? `${wrong} rows wrong, ${missing} missing`;
  return `- round ${round} (seed ${seed}): ${kind}, ${query}: ${what.split("\n")[0]}`;
}

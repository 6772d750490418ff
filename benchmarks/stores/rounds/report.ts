import { stores } from "../stores/store-list.ts";
import type { RoundResult } from "./run-round.ts";

const head = [
  "store, disturbed by",
  "rounds",
  "flawless",
  "rows",
  "wrong",
  "missing",
  "kills",
  "store restarts",
  "waits for the store",
];

/** The report of rounds, as Markdown. */
export function reportOf(results: readonly RoundResult[]): string {
  const groups = [...new Set(results.map(groupOf))].toSorted();
  const flawed = results.filter(({ isFlawless }) => !isFlawless);
  const tested = stores.map(({ version }) => version).join(", ");
  return [
    "# Rounds of stores",
    "",
    "Made by `npm run stores`; each line of `rounds.jsonl` is a round. A process that writes a table of",
    "copies and one of totals, which are updated, is killed at random moments, or its store is, or both",
    `in turn. A round is flawless if both tables are DuckDB's answer, row for row. Tested: ${tested}.`,
    "",
    line(head),
    line(head.map((_, index) => (index === 0 ? "---" : "--:"))),
    ...groups.map((group) =>
      rowOf(
        group,
        results.filter((each) => groupOf(each) === group),
      ),
    ),
    rowOf("**all**", results),
    "",
    ...(flawed.length === 0 ? [] : ["## Flawed rounds", "", ...flawed.map(flawOf), ""]),
  ].join("\n");
}

const groupOf = ({ store, kind }: RoundResult): string => `${store}, ${kind}`;

function rowOf(name: string, results: readonly RoundResult[]): string {
  const sum = (of: (each: RoundResult) => number): string =>
    results.reduce((total, each) => total + of(each), 0).toLocaleString("en");
  return line([
    name,
    String(results.length),
    sum(({ isFlawless }) => (isFlawless ? 1 : 0)),
    sum(({ rows }) => rows),
    sum(({ wrong }) => wrong),
    sum(({ missing }) => missing),
    sum(({ kills }) => kills),
    sum(({ storeRestarts }) => storeRestarts),
    sum(({ waits }) => waits),
  ]);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function flawOf({ store, round, seed, kind, problem, wrong, missing }: RoundResult): string {
  const what = problem ?? `${wrong} rows wrong, ${missing} missing`;
  return `- ${store}, round ${round} (seed ${seed}): ${kind}: ${what.split("\n")[0]}`;
}

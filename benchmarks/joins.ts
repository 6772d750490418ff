// Joins by operator, against a Map over objects and DuckDB on one thread. All three must agree.
import type { OperatorSpec } from "@millrace/plan";
import { keep } from "./harness/compare.ts";
import { measureAlone, measureInTurn } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { DuckDbJoins } from "./joins/duckdb-joins.ts";
import { auctionsAndBids, denseSides, type JoinInput, objectsOf } from "./joins/join-rows.ts";
import { millraceJoin, selected } from "./joins/millrace-joins.ts";
import { plainAsOf, plainJoin } from "./joins/plain-joins.ts";

interface JoinCase {
  readonly name: string;
  readonly input: JoinInput;
  readonly spec: OperatorSpec;
  readonly swap?: boolean;
  readonly plain: (
    left: ReturnType<typeof objectsOf>,
    right: ReturnType<typeof objectsOf>,
  ) => number;
  readonly sql: string;
  /** Rows per CPU second. */
  readonly goal?: number;
}

const nexmark = auctionsAndBids(1_000_000);
const dense = denseSides(100_000, 24, 6_000);
const within = (spanMs: number, from = -spanMs): JoinCase["plain"] => {
  return (left, right) =>
    plainJoin({
      left,
      right,
      isPair: (l, r) => r.time >= l.time + from && r.time <= l.time + spanMs,
    });
};

const cases: JoinCase[] = [
  {
    name: "interval join, a bid with its auction within 10 s",
    input: nexmark,
    spec: { kind: "intervalJoin", ...selected, joinKind: "inner", lowerMs: 0, upperMs: 10_000 },
    plain: within(10_000, 0),
    sql: "l JOIN r ON l.key = r.key AND r.time BETWEEN l.time AND l.time + 10000",
    goal: 5e6,
  },
  {
    name: "interval join, 12 pairs a row",
    input: dense,
    spec: { kind: "intervalJoin", ...selected, joinKind: "inner", lowerMs: -6_000, upperMs: 6_000 },
    plain: within(6_000),
    sql: "l JOIN r ON l.key = r.key AND r.time BETWEEN l.time - 6000 AND l.time + 6000",
  },
  {
    name: "join, bids with auctions",
    input: nexmark,
    spec: {
      kind: "join",
      ...selected,
      joinKind: "inner",
      areUpdating: [false, false],
      isUpdating: false,
    },
    plain: (left, right) => plainJoin({ left, right, isPair: () => true }),
    sql: "l JOIN r ON l.key = r.key",
  },
  {
    name: "window join, bids with auctions of 10 s",
    input: nexmark,
    spec: {
      kind: "windowJoin",
      ...selected,
      joinKind: "inner",
      window: { kind: "tumbling", sizeMs: 10_000, offsetMs: 0 },
    },
    plain: (left, right) =>
      plainJoin({
        left,
        right,
        isPair: (l, r) => Math.floor(l.time / 10_000) === Math.floor(r.time / 10_000),
      }),
    sql: "l JOIN r ON l.key = r.key AND l.time // 10000 = r.time // 10000",
  },
  {
    name: "as-of join, bids with the auction by then",
    input: nexmark,
    spec: {
      kind: "asOfJoin",
      ...selected,
      columns: selected.columns.map((column) =>
        column.name === "left"
          ? { ...column, expression: { ...column.expression, name: "right.value" } as never }
          : column.name === "right"
            ? { ...column, expression: { ...column.expression, name: "left.value" } as never }
            : column,
      ),
      joinKind: "inner",
    },
    swap: true,
    plain: plainAsOf,
    sql: "r ASOF JOIN l ON l.key = r.key AND r.time >= l.time",
  },
];

async function measure(given: JoinCase): Promise<BenchLine[]> {
  const { input } = given;
  const rows = input.left.times.length + input.right.times.length;
  const ours = millraceJoin(given.spec, input, given.swap);
  const alone = await measureAlone(() => keep(ours()));
  const [left, right] = [objectsOf(input.left), objectsOf(input.right)];
  const duck = await DuckDbJoins.open(input);
  try {
    const counts = [ours(), given.plain(left, right), await duck.join(given.sql)];
    if (new Set(counts).size !== 1) throw new Error(`${given.name}: rows ${counts.join(", ")}`);
    const found = await measureInTurn(
      [
        { name: "ours", run: () => keep(ours()) },
        { name: "plain", run: () => keep(given.plain(left, right)) },
        { name: "duckdb", run: async () => keep(await duck.join(given.sql)) },
      ],
      { warmUps: 2, repeats: 5 },
    );
    const rate = (name: string): number => rows / ((found.get(name)?.cpuMs ?? Number.NaN) / 1e3);
    const line = { case: given.name, value: rate("ours"), unit: "rows/cpu-s" };
    return [
      {
        case: `${given.name}, alone in the process`,
        value: rows / (alone.cpuMs / 1e3),
        unit: "rows/cpu-s",
        ...(given.goal === undefined ? {} : { baseline: given.goal, against: "goal" }),
      },
      { ...line, baseline: rate("plain"), against: "Map over objects" },
      { ...line, baseline: rate("duckdb"), against: "DuckDB, one thread" },
    ];
  } finally {
    duck.close();
  }
}

const lines: BenchLine[] = [];
for (const given of cases) lines.push(...(await measure(given)));
printLines("joins", lines);

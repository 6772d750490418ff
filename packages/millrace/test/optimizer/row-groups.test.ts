import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { filesConnector } from "@millrace/connectors/files";
import { faultyLog, MemoryStore, type OutputRow, rowsOf } from "@millrace/conformance";
import {
  type Connector,
  type Log,
  seededRandom,
  type SinkDescriptor,
  systemClock,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { planPipeline } from "@millrace/planner";
import { Run } from "@millrace/runtime";
import fc from "fast-check";
import {
  count,
  type InferRow,
  max,
  minutes,
  type Pipeline,
  pipeline,
  sum,
  t,
  tumbling,
} from "millrace";
import { parquet } from "millrace/files";
import { beforeAll, expect, test } from "vitest";
import { createOperatorWithModels } from "../../src/run/registries.ts";

const Reading = t.row({
  at: t.timestamp(),
  place: t.utf8(),
  day: t.date(),
  level: t.int32(),
  wide: t.int64(),
  exact: t.int64({ as: "bigint" }),
  heat: t.float64(),
  single: t.float64(),
  rare: t.int32().nullable(),
  kind: t.enum(["calm", "wild"]),
});
type Reading = InferRow<typeof Reading>;

const rowCount = 40_960;
const groupRows = 2_048;
const file = join(mkdtempSync(join(tmpdir(), "row-groups-")), "readings.parquet");

/**
 * Twenty row groups. Values differ little within a group and much between groups; some rows come
 * minutes late, and some hours. The `case` makes a few values not numbers.
 */
const select = `
  SELECT TIMESTAMP '2026-01-05' + to_seconds(i // 4 - (i * 7919) % 100
      - CASE WHEN i % 97 = 96 THEN 7200 WHEN i % 11 = 10 THEN (i * 7919) % 2400 ELSE 0 END) AS at,
    'p' || chr(CAST(97 + g % 13 AS INTEGER)) || (i % 5) AS place,
    DATE '2026-01-05' + CAST(g % 9 AS INTEGER) AS day,
    CAST((g * 37) % 100 + i % 4 AS INTEGER) AS level,
    (g * 11) % 20 * 1000000000 + i % 10 AS wide,
    9007199254740993 + (g * 3) % 20 * 1000 + i % 7 AS exact,
    CASE WHEN i % 4001 = 7 THEN 'nan'::DOUBLE ELSE ((g * 7) % 20) / 3.0 + (i % 10) / 100.0 END AS heat,
    CAST(((g * 13) % 20) / 3.0 + (i % 10) / 100.0 AS FLOAT) AS single,
    CASE WHEN g % 3 > 0 AND i % 2 = 0 THEN CAST(g AS INTEGER) END AS rare,
    CASE WHEN g % 4 = 0 THEN 'wild' ELSE 'calm' END AS kind
  FROM (SELECT range AS i, range // ${groupRows} AS g FROM range(${rowCount}))`;

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(
    `COPY (${select}) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE ${groupRows})`,
  );
});

interface Condition {
  readonly kind: (typeof conditionKinds)[number];
  /** From 0 to 99: which value. */
  readonly at: number;
}

const conditionKinds = [
  "level",
  "levelFraction",
  "place",
  "places",
  "day",
  "at",
  "wide",
  "exact",
  "heat",
  "single",
  "rare",
  "someRare",
  "kind",
  "either",
] as const;

const conditions: fc.Arbitrary<readonly Condition[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...conditionKinds), at: fc.nat({ max: 99 }) }),
  { minLength: 1, maxLength: 2 },
);

// oxlint-disable-next-line typescript/no-explicit-any -- conditions are chosen when it runs
function conditionOf(row: any, { kind, at }: Condition): any {
  switch (kind) {
    case "level":
      return row.level.gt(at);
    case "levelFraction":
      return row.level.lte(at + 0.5);
    case "place":
      return row.place.eq(`p${"abcdefghijklmz"[at % 14]}${at % 6}`);
    case "places":
      return row.place.isIn([`pa${at % 5}`, `pb${at % 7}`]);
    case "day":
      return row.day.lt(`2026-01-${String(5 + (at % 10)).padStart(2, "0")}`);
    case "at":
      return row.at.gte(Date.UTC(2026, 0, 5) + at * 110_000);
    case "wide":
      return row.wide.lt((at % 20) * 1_000_000_000 + 5);
    case "exact":
      return row.exact.gte(9_007_199_254_740_993n + BigInt((at % 20) * 1000 + 6));
    case "heat":
      return row.heat.gte((at % 20) / 3 + 0.05);
    case "single":
      return row.single.lt((at % 20) / 3 + 0.05);
    case "rare":
      return row.rare.gt(at / 5);
    case "someRare":
      return row.rare.isNotNull();
    case "kind":
      return row.kind.eq(at % 2 === 0 ? "wild" : "calm");
    case "either":
      return row.level.gt(at).or(row.kind.eq("wild"));
  }
}

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function readings(chosen: readonly Condition[]): Pipeline {
  return pipeline("readings", (p) => {
    let stream = p.source("readings", parquet(file, Reading), {
      eventTime: (row) => row.at,
      outOfOrderness: minutes(2),
    });
    for (const condition of chosen) stream = stream.where((row) => conditionOf(row, condition));
    const totals = stream
      .keyBy("place")
      .window(tumbling(minutes(10)))
      .aggregate("sums", (row) => ({
        rows: count(),
        level: sum(row.level),
        rare: max(row.rare),
      }));
    totals.sink("totals", store);
    totals.late().sink("late", store);
  });
}

/** The files connector, which counts what its readers read and leave out. */
function countingFiles(counts: { read: number; skipped: number }): Connector {
  return {
    openSource: async (context) => {
      const source = await filesConnector.openSource!(context);
      return {
        ...source,
        openReader: async (partition, position) => {
          const reader = await source.openReader(partition, position);
          return {
            read: async (rowsMax) => {
              const batch = await reader.read(rowsMax);
              if (typeof batch === "string") return batch;
              counts.read += batch.rows.numRows;
              counts.skipped += batch.skipped?.count ?? 0;
              return batch;
            },
            progress: () => reader.progress(),
            close: () => reader.close(),
          };
        },
      };
    },
  };
}

interface Written {
  readonly rows: Record<string, OutputRow[]>;
  readonly counts: { read: number; skipped: number };
  /** As the run says. */
  readonly rowsRead: number;
}

async function written(
  chosen: readonly Condition[],
  settings: { partitions: number; isOptimized: boolean; batchRows?: number },
  log: Log = openMemoryLog(),
): Promise<Written> {
  const planned = planPipeline(readings(chosen).build(), { ...settings, parameters: {} });
  const memory = new MemoryStore();
  const counts = { read: 0, skipped: 0 };
  const { functions, validators } = planned.logical;
  const environment = {
    log,
    clock: systemClock,
    connectors: {
      files: () => Promise.resolve(countingFiles(counts)),
      store: () => Promise.resolve(memory.connector()),
    },
    createOperator: createOperatorWithModels,
  };
  for (let start = 0; start < 200; start += 1) {
    const run = new Run({ physical: planned.physical, functions, validators }, environment, {
      batchRows: settings.batchRows ?? 1_000,
      isFresh: start === 0,
    });
    const summary = await run.finished.catch(() => undefined);
    if (summary === undefined) continue;
    const sinks = ["totals", "late"].map((sink) => [
      sink,
      memory.batches(sink).flatMap(rowsOf).map(visible).toSorted(byText),
    ]);
    return {
      rows: Object.fromEntries(sinks) as Record<string, OutputRow[]>,
      counts,
      rowsRead: summary.rowsRead,
    };
  }
  throw new Error("the run does not finish");
}

function visible(row: OutputRow): OutputRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("$")));
}

function textOf(row: OutputRow): string {
  return JSON.stringify(row, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

function byText(left: OutputRow, right: OutputRow): number {
  return textOf(left) < textOf(right) ? -1 : 1;
}

test.each([1, 2, 4])(
  "row groups left unread change no window and no late row (%i partitions)",
  async (partitions) => {
    const total = { read: 0, skipped: 0, late: 0, sums: 0 };
    const law = fc.asyncProperty(conditions, async (chosen) => {
      const whole = await written(chosen, { partitions, isOptimized: false });
      const skipping = await written(chosen, { partitions, isOptimized: true });
      expect(skipping.rows).toEqual(whole.rows);
      expect(whole.counts).toEqual({ read: rowCount, skipped: 0 });
      expect(skipping.counts.read + skipping.counts.skipped).toBe(rowCount);
      total.read += skipping.counts.read;
      total.skipped += skipping.counts.skipped;
      total.late += whole.rows["late"]?.length ?? 0;
      total.sums += whole.rows["totals"]?.length ?? 0;
    });
    await fc.assert(law, { seed: partitions, numRuns: 15 });
    for (const found of Object.values(total)) expect(found).toBeGreaterThan(100);
  },
);

test("a condition on one of twenty row groups reads that one alone", async () => {
  const chosen = [{ kind: "level", at: 98 }] as const;
  const { counts, rowsRead } = await written(chosen, { partitions: 1, isOptimized: true });
  expect(counts).toEqual({ read: groupRows, skipped: rowCount - groupRows });
  expect(rowsRead).toBe(rowCount);
});

test.each([1, 2, 3])("crashes leave no trace of row groups left unread (seed %i)", async (seed) => {
  const chosen = [{ kind: "level", at: 60 }] as const;
  const random = seededRandom(seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.3) return "none";
    faults += 1;
    return (["crash", "unknown-committed", "unknown-lost"] as const)[faults % 3] ?? "none";
  });
  const settings = { partitions: 2, isOptimized: true, batchRows: 100 };
  const disturbed = await written(chosen, settings, log);
  const whole = await written(chosen, { partitions: 2, isOptimized: false });
  expect(faults).toBeGreaterThan(0);
  expect(disturbed.counts.skipped).toBeGreaterThan(0);
  expect(disturbed.rows).toEqual(whole.rows);
});

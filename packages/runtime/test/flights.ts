import { columnOf, makeBatch, batchSchema, rowsToBatch, sliceRows } from "@millrace/columnar";
import { type MemoryStore, type PartitionRows, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type Clock,
  type Connector,
  type DataType,
  type Json,
  type Log,
  type RowSchema,
  seededRandom,
  systemClock,
} from "@millrace/core";
import { modelRegistry } from "@millrace/models";
import { createOperator } from "@millrace/operators";
import type { LogicalPlan } from "@millrace/plan";
import { planPipeline } from "@millrace/planner";
import { Run, type RunSettings, type TaskThreads } from "@millrace/runtime";
import type { RecordBatch } from "apache-arrow";

const hourMs = 3_600_000;
const time: DataType = { kind: "timestamp", unit: "ms", nullable: true };
const solidTime: DataType = { kind: "timestamp", unit: "ms", nullable: false };
const text: DataType = { kind: "utf8", nullable: false };
const float: DataType = { kind: "float64", nullable: false };
const whole: DataType = { kind: "int64", as: "number", nullable: false };

export const flightSchema: RowSchema = {
  fields: [
    { name: "at", type: time },
    { name: "origin", type: text },
    { name: "delay", type: float },
  ],
};

export interface Flight {
  readonly at: number | null;
  readonly origin: string;
  readonly delay: number;
}

/** Flights of `hours` hours in rough order of time: at most `disorderMs` behind the latest. */
export function someFlights(options: {
  count: number;
  hours: number;
  seed: number;
  disorderMs?: number;
}): Flight[] {
  const random = seededRandom(options.seed);
  return Array.from({ length: options.count }, (_, index) => ({
    at: Math.floor(
      (index / options.count) * options.hours * hourMs -
        random.next() * (options.disorderMs ?? 60_000),
    ),
    origin: `airport-${Math.floor(random.next() ** 2 * 12)}`,
    delay: Math.floor(random.next() * 100) / 4,
  }));
}

/**
 * The hourly count and sum of delays per origin, its late rows, and a copy of the rows above 20.
 */
export const flightPlan: LogicalPlan = {
  name: "flights",
  parameters: [],
  functions: new Map(),
  validators: new Map(),
  problems: [],
  nodes: [
    {
      kind: "source",
      id: "flights",
      inputs: [],
      keys: [],
      schema: flightSchema,
      connector: "rows",
      options: {},
      sourceIndex: 0,
      eventTime: { kind: "column", name: "at", type: time },
      outOfOrdernessMs: 60_000,
    },
    { kind: "keyBy", id: "by", inputs: ["flights"], keys: ["origin"], schema: flightSchema },
    {
      kind: "windowAggregate",
      id: "hourly",
      inputs: ["by"],
      keys: ["origin"],
      window: { kind: "tumbling", sizeMs: hourMs, offsetMs: 0 },
      allowedLatenessMs: 0,
      schema: {
        fields: [
          { name: "origin", type: text },
          { name: "windowStart", type: solidTime },
          { name: "windowEnd", type: solidTime },
          { name: "flights", type: whole },
          { name: "delay", type: float },
        ],
      },
      columns: [
        {
          name: "flights",
          expression: { kind: "column", name: "$0", type: whole },
          calls: [{ function: "count", distinct: false, type: whole }],
        },
        {
          name: "delay",
          expression: { kind: "column", name: "$0", type: float },
          calls: [
            {
              function: "sum",
              argument: { kind: "column", name: "delay", type: float },
              distinct: false,
              type: float,
            },
          ],
        },
      ],
    },
    { kind: "late", id: "hourly-late", inputs: ["hourly"], keys: [], schema: flightSchema },
    sinkNode("windows", "hourly"),
    sinkNode("late", "hourly-late"),
  ],
};

function sinkNode(id: string, input: string) {
  return {
    kind: "sink",
    id,
    inputs: [input],
    keys: [],
    schema: { fields: [] },
    connector: "store",
    options: {} as Json,
    guarantee: "exactly-once",
  } as const;
}

/** What the windows must be: an independent, single-threaded model. */
export function expectedWindows(flights: readonly Flight[]): string[] {
  const windows = new Map<string, { flights: number; delay: number }>();
  let latest = -Infinity;
  for (const flight of flights) {
    if (flight.at === null) continue;
    const watermark = latest - 60_000;
    latest = Math.max(latest, flight.at);
    const start = Math.floor(flight.at / hourMs) * hourMs;
    if (start + hourMs <= watermark) continue;
    const key = `${flight.origin} ${start}`;
    const window = windows.get(key) ?? { flights: 0, delay: 0 };
    windows.set(key, { flights: window.flights + 1, delay: window.delay + flight.delay });
  }
  return [...windows].map(([key, w]) => `${key} ${w.flights} ${w.delay}`).sort();
}

/** The windows in a store, in the model's form. */
export function storedWindows(store: MemoryStore): string[] {
  return store
    .batches("windows")
    .flatMap((batch) => rowsOf(batch))
    .map(
      (row) =>
        `${String(row["origin"])} ${Number(row["windowStart"])} ${Number(row["flights"])} ${Number(row["delay"])}`,
    )
    .sort();
}

/** Rows dealt out to partitions in runs, as files would be. */
export function partitionRows(flights: readonly Flight[], partitions: number): PartitionRows {
  const size = Math.ceil(flights.length / partitions);
  return partitionsOf(
    Array.from({ length: partitions }, (_, index) =>
      flights.slice(index * size, (index + 1) * size),
    ),
  );
}

/** The rows of each partition. */
export function partitionsOf(partitions: readonly (readonly Flight[])[]): PartitionRows {
  return {
    partitions: partitions.map((flights) => rowsToBatch(flightSchema, flights)),
    take: takeFlights,
  };
}

/** Rows and columns of a batch of flights. */
export function takeFlights(
  batch: RecordBatch,
  { from, to }: { readonly from: number; readonly to: number },
  columns: readonly string[],
): RecordBatch {
  const rows = sliceRows(batch, from, to);
  const fields = columns.map((name) => {
    const field = flightSchema.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`no column ${name}`);
    return field;
  });
  const data = columns.map((name) => columnOf(rows, name));
  return makeBatch(batchSchema(fields), data, rows.numRows);
}

/** A run of `flightPlan` over a log and a store that outlive it. */
export function runFlights(options: {
  log: Log;
  store: MemoryStore;
  rows: PartitionRows | Connector;
  clock?: Clock;
  plan?: LogicalPlan;
  partitions?: number;
  settings?: Partial<RunSettings>;
  threads?: TaskThreads;
}): Run {
  const { log, store, rows, plan = flightPlan, partitions = 1, settings } = options;
  const source = "partitions" in rows ? rowsSource(rows) : rows;
  const { physical } = planPipeline(plan, { partitions, parameters: {} });
  return new Run(
    { physical, functions: plan.functions, validators: plan.validators },
    {
      log,
      clock: options.clock ?? systemClock,
      connectors: {
        rows: () => Promise.resolve(source),
        store: () => Promise.resolve(store.connector()),
      },
      createOperator: (planned, context) =>
        createOperator(planned, { ...context, models: modelRegistry }),
      threads: options.threads,
    },
    { batchRows: 100, isFresh: false, ...settings },
  );
}

import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type Connector,
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import {
  count,
  cumulate,
  hopping,
  hours,
  type InferRow,
  instant,
  last,
  minutes,
  pipeline,
  run,
  session,
  type Stream,
  sum,
  t,
} from "millrace";
import { expect, test } from "vitest";

const Ride = t.row({ at: t.timestamp(), city: t.utf8(), km: t.int32() });
type Ride = InferRow<typeof Ride>;

/** Most are within the pipeline's two minutes; some are minutes late, and some hours. */
const rides: Ride[] = Array.from({ length: 4_000 }, (_, index) => {
  const hoursLate = index % 97 === 96 ? 2 * 3_600_000 : 0;
  const minutesLate = index % 11 === 10 ? ((index * 7919) % 40) * 60_000 : 0;
  return {
    at: instant(index * 20_000 - ((index * 7919) % 120_000) - minutesLate - hoursLate),
    city: ["Bern", "Oslo", "Rome", "Wien", "Łódź"][(index * 7) % 5] ?? "",
    km: (index * 31) % 100,
  };
});

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

const windows = {
  hopping: hopping(hours(1), minutes(25), { offset: minutes(5) }),
  cumulate: cumulate(minutes(20), hours(2)),
  session: session(minutes(3)),
};

const everyWindow = pipeline("every-window", (p) => {
  const options = { outOfOrderness: minutes(2) };
  const [left, right] = (["left", "right"] as const).map((connector) => {
    const descriptor = { role: "source", connector, options: {}, rowType: Ride } as const;
    return p.source(connector, descriptor, { ...options, eventTime: (ride) => ride.at });
  }) as [Stream<Ride>, Stream<Ride>];
  const byCity = left.union(right).keyBy("city");
  for (const [kind, window] of Object.entries(windows)) {
    const totals = byCity
      .window(window, { allowedLateness: minutes(1) })
      .aggregate(kind, (ride) => ({
        rides: count(),
        km: sum(ride.km),
        kinds: count(ride.km).distinct(),
        lastKm: last(ride.km),
      }));
    totals.sink(`${kind}-totals`, store);
    totals.late().sink(`${kind}-late`, store);
  }
});

/** Two sources of one partition each, so that lateness is the same in all runs. */
const [leftRides, rightRides] = [0, 1].map((rest) =>
  rowsSource({
    partitions: [
      rowsToBatch(
        Ride.schema,
        rides.filter((_, index) => index % 2 === rest),
      ),
    ],
    take(batch, { from, to }, columns) {
      const rows = sliceRows(batch, from, to);
      const fields = columns.map((name) => Ride.schema.fields.find((f) => f.name === name)!);
      const data = columns.map((name) => columnOf(rows, name));
      return makeBatch(batchSchema(fields), data, rows.numRows);
    },
  }),
);

function connectorsTo(memory: MemoryStore): ConnectorRegistry {
  return {
    left: () => Promise.resolve(leftRides as Connector),
    right: () => Promise.resolve(rightRides as Connector),
    store: () => Promise.resolve(memory.connector()),
  };
}

function stored(memory: MemoryStore): Record<string, string[]> {
  const sinks = Object.keys(windows).flatMap((kind) => [`${kind}-totals`, `${kind}-late`]);
  return Object.fromEntries(
    sinks.map((sink) => {
      const rows = memory.batches(sink).flatMap((batch) => rowsOf(batch));
      const visible = rows.map((row) =>
        JSON.stringify(Object.entries(row).filter(([name]) => !name.startsWith("$"))),
      );
      return [sink, visible.sort()];
    }),
  );
}

async function outputs(partitions: number, batchRows: number): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  const summary = await run(everyWindow, { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  return stored(memory);
}

test("all windows give the same rows with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  expect(Object.entries(whole).filter(([, rows]) => rows.length === 0)).toEqual([]);
  for (const [partitions, batchRows] of [
    [1, 7],
    [2, 100],
    [4, 1_000],
  ] as const) {
    expect(await outputs(partitions, batchRows)).toEqual(whole);
  }
});

test.each([1, 2, 3])("crashes leave no trace in any window (seed %i)", async (seed) => {
  const random = seededRandom(seed);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.3) return "none";
    faults += 1;
    return (["crash", "unknown-committed", "unknown-lost"] as const)[faults % 3] ?? "none";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  for (let start = 0; start < 200; start += 1) {
    const options = { partitions: 2, batchRows: 50, connectors, log };
    const outcome = await run(everyWindow, options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(stored(memory)).toEqual(await outputs(1, 65_536));
});

import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type Connector,
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
  type UpdatingSinkDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import {
  count,
  countWindow,
  daily,
  globalWindow,
  hopping,
  hours,
  type InferRow,
  instant,
  last,
  max,
  mean,
  minutes,
  pipeline,
  run,
  session,
  type Stream,
  sum,
  t,
  tumbling,
} from "millrace";
import { expect, test } from "vitest";

const Ride = t.row({ at: t.timestamp(), city: t.utf8(), km: t.int32() });
type Ride = InferRow<typeof Ride>;

/** One in twenty is beyond the pipeline's two minutes: most by minutes, some by hours. */
const rides: Ride[] = Array.from({ length: 1_200 }, (_, index) => {
  const isBeyond = index % 20 === 19;
  const late = isBeyond ? (index % 7 === 0 ? 30 * 3_600_000 : ((index * 7919) % 25) * 60_000) : 0;
  return {
    at: instant(1_711_760_000_000 + index * 45_000 - ((index * 7919) % 120_000) - late),
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
const table: UpdatingSinkDescriptor = {
  ...store,
  updatesKey: ["city", "windowStart", "windowEnd"],
};

const windows = {
  tumbling: tumbling(minutes(20)),
  hopping: hopping(hours(1), minutes(25), { offset: minutes(5) }),
  session: session(minutes(3)),
  daily: daily({ timeZone: "Europe/Berlin" }),
};
const emits = {
  end: "on-end",
  change: "on-change",
  every: { every: minutes(7) },
} as const;

const changing = pipeline("changing", (p) => {
  const [left, right] = (["left", "right"] as const).map((connector) => {
    const descriptor = { role: "source", connector, options: {}, rowType: Ride } as const;
    return p.source(connector, descriptor, {
      outOfOrderness: minutes(2),
      eventTime: (ride) => ride.at,
    });
  }) as [Stream<Ride>, Stream<Ride>];
  const byCity = left.union(right).keyBy("city");
  for (const [kind, window] of Object.entries(windows)) {
    const allowedLateness = minutes(10);
    const once = byCity.window(window, { allowedLateness }).aggregate(`${kind}-once`, (ride) => ({
      rides: count(),
      km: sum(ride.km),
      on: last(ride.km),
    }));
    once.sink(`${kind}-once-rows`, store);
    once.late().sink(`${kind}-once-late`, store);
    for (const [name, emit] of Object.entries(emits)) {
      const totals = byCity
        .window(window, { allowedLateness, emit })
        .aggregate(`${kind}-${name}`, (ride) => ({
          rides: count(),
          km: sum(ride.km),
          on: last(ride.km),
        }));
      totals.sink(`${kind}-${name}-rows`, table);
      totals.late().sink(`${kind}-${name}-late`, store);
    }
  }
});

const inOrder = pipeline("in-order", (p) => {
  const [left, right] = (["left", "right"] as const).map((connector) => {
    const descriptor = { role: "source", connector, options: {}, rowType: Ride } as const;
    return p.source(connector, descriptor, {
      outOfOrderness: minutes(2),
      eventTime: (ride) => ride.at,
    });
  }) as [Stream<Ride>, Stream<Ride>];
  const byCity = left.union(right).keyBy("city");
  byCity
    .over("recent", { within: minutes(15) }, (ride) => ({ rides: count(), most: max(ride.km) }))
    .over("last", { rows: 11 }, (ride) => ({ mean11: mean(ride.km) }))
    .sink("over-rows", store);
  const global = {
    seven: countWindow(7),
    running: globalWindow({ everyRows: 10 }),
    clock: globalWindow({ every: minutes(30) }),
  };
  for (const [kind, window] of Object.entries(global)) {
    byCity
      .window(window)
      .aggregate(kind, (ride) => ({ rides: count(), km: sum(ride.km), on: last(ride.km) }))
      .sink(`${kind}-rows`, store);
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

/** The rows of a sink that stand, sorted; a row that is taken back must stand. */
function standing(memory: MemoryStore, sink: string): string[] {
  const counts = new Map<string, number>();
  for (const row of memory.batches(sink).flatMap((batch) => rowsOf(batch))) {
    const visible = Object.entries(row).filter(([name]) => !name.startsWith("$"));
    const text = JSON.stringify(visible);
    const left = (counts.get(text) ?? 0) + Number(row["$weight"] ?? 1);
    expect(left).toBeGreaterThanOrEqual(0);
    counts.set(text, left);
  }
  return [...counts].flatMap(([text, n]) => Array.from({ length: n }, () => text)).sort();
}

const changingSinks = Object.keys(windows).flatMap((kind) =>
  ["once", ...Object.keys(emits)].flatMap((name) => [
    `${kind}-${name}-rows`,
    `${kind}-${name}-late`,
  ]),
);
const orderedSinks = ["over-rows", "seven-rows", "running-rows", "clock-rows"];

function allStanding(memory: MemoryStore, sinks: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(sinks.map((sink) => [sink, standing(memory, sink)]));
}

const cases = [
  ["changing windows", changing, changingSinks],
  ["frames and global windows", inOrder, orderedSinks],
] as const;

async function outputs(
  which: (typeof cases)[number],
  partitions: number,
  batchRows: number,
): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  const summary = await run(which[1], { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  return allStanding(memory, which[2]);
}

test("changes come to the rows of windows that are given out once, late rows too", async () => {
  const found = await outputs(cases[0], 2, 100);
  for (const kind of Object.keys(windows)) {
    const once = [found[`${kind}-once-rows`], found[`${kind}-once-late`]];
    expect(once[0]?.length).toBeGreaterThan(3);
    for (const name of Object.keys(emits)) {
      expect([found[`${kind}-${name}-rows`], found[`${kind}-${name}-late`]]).toEqual(once);
    }
  }
  // One in twenty is beyond what the sources allow for, and most of these beyond what windows do.
  expect(found["tumbling-end-late"]?.length).toBeGreaterThan(5);
});

test.each(cases)(
  "%s give the same rows with 1, 2 and 4 partitions and any batch size",
  async (...which) => {
    const whole = await outputs(which, 1, 65_536);
    expect(Object.entries(whole).filter(([, rows]) => rows.length === 0)).toEqual([]);
    for (const [partitions, batchRows] of [
      [1, 30],
      [2, 100],
      [4, 300],
    ] as const) {
      expect(await outputs(which, partitions, batchRows)).toEqual(whole);
    }
  },
);

test.each(cases)("crashes leave no trace in %s", async (...which) => {
  const random = seededRandom(1);
  let faults = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.endsWith(".control") || random.next() >= 0.1) return "none";
    faults += 1;
    return (["crash", "unknown-committed", "unknown-lost"] as const)[faults % 3] ?? "none";
  });
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  for (let start = 0; start < 300; start += 1) {
    const options = { partitions: 2, batchRows: 200, connectors, log };
    const outcome = await run(which[1], options).then(
      (summary) => summary.outcome,
      () => "crashed",
    );
    if (outcome === "finished") break;
  }
  expect(faults).toBeGreaterThan(0);
  expect(allStanding(memory, which[2])).toEqual(await outputs(which, 1, 65_536));
});

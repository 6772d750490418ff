import { batchSchema, columnOf, makeBatch, rowsToBatch, sliceRows } from "@millrace/columnar";
import { faultyLog, MemoryStore, rowsOf, rowsSource } from "@millrace/conformance";
import {
  type Connector,
  type ConnectorRegistry,
  seededRandom,
  type SinkDescriptor,
  type SourceDescriptor,
} from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import {
  approxDistinct,
  count,
  first,
  hours,
  type InferRow,
  instant,
  last,
  max,
  mean,
  min,
  minutes,
  pipeline,
  run,
  seasonal,
  stddev,
  sum,
  t,
  theta,
  tumbling,
  when,
} from "millrace";
import { expect, test } from "vitest";

const Trip = t.row({
  at: t.timestamp(),
  city: t.utf8(),
  km: t.float64(),
  seats: t.int32().nullable(),
  tags: t.list(t.utf8()),
});
type Trip = InferRow<typeof Trip>;

const trips: Trip[] = Array.from({ length: 6_000 }, (_, index) => ({
  at: instant(index * 45_000 - ((index * 7919) % 30_000)),
  city: ["Bern", "Oslo", "Rome", "Wien", "Łódź"][(index * 7) % 5] ?? "",
  km: ((index * 31) % 400) / 4,
  seats: index % 11 === 0 ? null : index % 4,
  tags: index % 3 === 0 ? ["night", "long"] : ["day"],
}));

const store: SinkDescriptor = {
  role: "sink",
  connector: "store",
  options: {},
  guarantee: "exactly-once",
};

function source(connector: string): SourceDescriptor<Trip> {
  return { role: "source", connector, options: {}, rowType: Trip };
}

const Tag = t.row({ city: t.utf8(), tag: t.utf8(), km: t.float64() });

const everything = pipeline("everything", (p) => {
  const longFrom = p.parameter("longFrom", t.float64(), 50);
  const options = { eventTime: (trip: { at: never }) => trip.at, outOfOrderness: minutes(1) };
  const left = p.source("left", source("left"), options as never);
  const right = p.source("right", source("right"), options as never);
  const all = left.union(right);

  const { long, short } = all.split({ long: (trip) => trip.km.gte(longFrom), short: "rest" });
  short
    .filter((trip) => trip.seats !== null && trip.seats > 0)
    .rename({ km: "distance" })
    .drop("tags", "at")
    .sink("short", store);
  long
    .flatMap(Tag, (trip) => trip.tags.map((tag) => ({ city: trip.city, tag, km: trip.km })))
    .where((tag) => tag.tag.ne("day"))
    .sink("tags", store);

  const hourly = all
    .withColumns((trip) => ({
      size: when(trip.km.gt(75), "far").when(trip.km.gt(25), "middle").otherwise("near"),
      carried: trip.km.times(trip.seats.orElse(0)),
    }))
    .keyBy("city", "size")
    .window(tumbling(hours(1)))
    .aggregate("hours", (trip) => ({
      trips: count(),
      seated: count(trip.seats),
      carried: sum(trip.carried),
      spread: max(trip.km).minus(min(trip.km)),
      deviation: stddev(trip.km),
      firstKm: first(trip.km),
      lastKm: last(trip.km),
      kinds: approxDistinct(trip.seats),
      nightKm: mean(trip.km).filter(trip.tags.has("night")),
    }));
  hourly.sink("hourly", store);
  hourly
    .where((hour) => hour.size.eq("far"))
    .detect("unusual-loads", {
      value: "carried",
      detector: seasonal({ period: hours(24), warmup: 1 }),
    })
    .select("city", "windowStart", "score", "isAnomaly")
    .sink("unusual", store);
  hourly
    .keyBy("city")
    .window(tumbling(hours(6)))
    .aggregate("quarter-days", (hour) => ({ trips: sum(hour.trips), hours: count() }))
    .forecast("trips-forecast", {
      value: "trips",
      model: theta({ season: hours(24), gaps: "zero" }),
      horizon: hours(24),
      levels: [0.8],
    })
    .sink("forecasts", store);
});

function dataOf(rows: readonly Trip[], partitions: number) {
  const size = Math.ceil(rows.length / partitions);
  return {
    partitions: Array.from({ length: partitions }, (_, index) =>
      rowsToBatch(Trip.schema, rows.slice(index * size, (index + 1) * size)),
    ),
    take: (
      batch: ReturnType<typeof rowsToBatch>,
      { from, to }: { from: number; to: number },
      columns: readonly string[],
    ) => {
      const rowsHere = sliceRows(batch, from, to);
      const fields = columns.map((name) => Trip.schema.fields.find((f) => f.name === name)!);
      return makeBatch(
        batchSchema(fields),
        columns.map((name) => columnOf(rowsHere, name)),
        rowsHere.numRows,
      );
    },
  };
}

const halves = [0, 1].map((rest) => trips.filter((_, index) => index % 2 === rest));

function connectorsTo(memory: MemoryStore): ConnectorRegistry {
  const [left, right] = halves.map((rows) => rowsSource(dataOf(rows, 1)));
  return {
    left: () => Promise.resolve(left as Connector),
    right: () => Promise.resolve(right as Connector),
    store: () => Promise.resolve(memory.connector()),
  };
}

async function outputs(partitions: number, batchRows: number): Promise<Record<string, string[]>> {
  const memory = new MemoryStore();
  const connectors = connectorsTo(memory);
  const summary = await run(everything, { partitions, batchRows, connectors });
  expect(summary.outcome).toBe("finished");
  expect(summary.rowsLate).toBe(0);
  return stored(memory);
}

/** What the sinks hold, by sink, as sorted texts. */
function stored(memory: MemoryStore): Record<string, string[]> {
  const sinks = ["short", "tags", "hourly", "unusual", "forecasts"];
  return Object.fromEntries(
    sinks.map((sink) => [
      sink,
      memory
        .batches(sink)
        .flatMap((batch) => rowsOf(batch))
        .map((row) => JSON.stringify(visible(row)))
        .sort(),
    ]),
  );
}

/** Without hidden columns; floats rounded, as their sums depend on the order of additions. */
function visible(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => !name.startsWith("$"))
      .map(([name, value]) => [
        name,
        typeof value === "number"
          ? Number(value.toPrecision(9))
          : typeof value === "bigint"
            ? Number(value)
            : value,
      ]),
  );
}

test("all steps give the same rows with 1, 2 and 4 partitions and any batch size", async () => {
  const whole = await outputs(1, 65_536);
  for (const rows of Object.values(whole)) expect(rows.length).toBeGreaterThan(0);
  for (const [partitions, batchRows] of [
    [1, 7],
    [2, 100],
    [4, 1_000],
  ] as const) {
    expect(await outputs(partitions, batchRows)).toEqual(whole);
  }
});

const faultKinds = ["crash", "unknown-committed", "unknown-lost"] as const;

test.each([1, 2, 3, 4])(
  "crashes in commits and around sink writes leave no trace in any sink (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    let faults = 0;
    const log = faultyLog(openMemoryLog(), (writerId) => {
      if (writerId.endsWith(".control")) return "none";
      if (random.next() >= 0.1) return "none";
      faults += 1;
      return faultKinds[Math.floor(random.next() * 3)] ?? "none";
    });
    const memory = new MemoryStore();
    const mayCrash = (): void => {
      if (random.next() >= 0.1) return;
      faults += 1;
      throw new Error("crash around a sink's write");
    };
    memory.beforeWrite = mayCrash;
    memory.afterWrite = mayCrash;
    const connectors = connectorsTo(memory);
    for (let start = 0; start < 200; start += 1) {
      const options = { partitions: 2, batchRows: 300, connectors, log };
      const outcome = await run(everything, options).then(
        (summary) => summary.outcome,
        () => "crashed",
      );
      if (outcome === "finished") break;
    }
    expect(faults).toBeGreaterThan(0);
    expect(stored(memory)).toEqual(await outputs(1, 65_536));
  },
);

test("the steps compute what plain TypeScript computes", async () => {
  const { short, tags, hourly } = await outputs(1, 500);
  const expectedShort = trips
    .filter((trip) => trip.km < 50 && trip.seats !== null && trip.seats > 0)
    .map((trip) => JSON.stringify({ city: trip.city, distance: trip.km, seats: trip.seats }));
  expect(short).toEqual(expectedShort.sort());
  const expectedTags = trips
    .filter((trip) => trip.km >= 50)
    .flatMap((trip) => trip.tags.filter((tag) => tag !== "day").map((tag) => [trip, tag] as const))
    .map(([trip, tag]) => JSON.stringify({ city: trip.city, tag, km: trip.km }));
  expect(tags).toEqual(expectedTags.sort());
  const groups = new Map<string, Trip[]>();
  for (const trip of trips) {
    const size = trip.km > 75 ? "far" : trip.km > 25 ? "middle" : "near";
    const key = JSON.stringify([trip.city, size, Math.floor(trip.at / 3_600_000) * 3_600_000]);
    groups.set(key, [...(groups.get(key) ?? []), trip]);
  }
  const actual = (hourly ?? []).map((text) => JSON.parse(text) as Record<string, number>);
  expect(actual).toHaveLength(groups.size);
  for (const row of actual) {
    const group = groups.get(JSON.stringify([row["city"], row["size"], row["windowStart"]])) ?? [];
    const kms = group.map((trip) => trip.km);
    const inOrder = group.toSorted((a, b) => a.at - b.at);
    expect(row["trips"]).toBe(group.length);
    expect(row["seated"]).toBe(group.filter((trip) => trip.seats !== null).length);
    expect(row["spread"]).toBeCloseTo(Math.max(...kms) - Math.min(...kms), 6);
    expect(row["carried"]).toBeCloseTo(
      group.reduce((total, trip) => total + trip.km * (trip.seats ?? 0), 0),
      4,
    );
    expect(row["firstKm"]).toBe(inOrder[0]?.km);
    expect(row["lastKm"]).toBe(inOrder.at(-1)?.km);
    const seats = new Set(group.map((trip) => trip.seats).filter((each) => each !== null));
    expect(row["kinds"]).toBe(seats.size);
    const night = group.filter((trip) => trip.tags.includes("night")).map((trip) => trip.km);
    if (night.length === 0) expect(row["nightKm"]).toBeNull();
    else expect(row["nightKm"]).toBeCloseTo(night.reduce((a, b) => a + b) / night.length, 6);
  }
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultyLog } from "@millrace/conformance";
import { type Log, offset, recordValue, seededRandom } from "@millrace/core";
import { count, hours, type InferRow, instant, minutes, pipeline, run, start, sum, t } from "millrace";
import { tumbling } from "millrace";
import { csv, json, openLmdbLog, openMemoryLog, openTopic, topic } from "millrace/log";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const Ride = t.row({ at: t.timestamp(), city: t.utf8(), km: t.int32() });
type Ride = InferRow<typeof Ride>;
const Hourly = t.row({
  city: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  rides: t.int64(),
  km: t.int64(),
});

const rides: Ride[] = Array.from({ length: 3_000 }, (_, index) => ({
  at: instant(1_767_225_600_000 + index * 20_000 - ((index * 7919) % 110_000)),
  city: ["Bern", "Oslo", "Rome", "Wien", "Łódź"][(index * 7) % 5] ?? "",
  km: (index * 31) % 100,
}));

const times = {
  eventTime: (ride: { at: never }) => ride.at,
  outOfOrderness: minutes(2),
};

/** Rides of a topic → rides per city and hour, in a topic. */
const hourly = pipeline("hourly", (p) => {
  p.source("rides", topic("rides", json(Ride), { until: "end" }), {
    eventTime: (ride) => ride.at,
    outOfOrderness: minutes(2),
  })
    .keyBy("city")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (ride) => ({ rides: count(), km: sum(ride.km) }))
    .sink("out", topic("hourly", json(Hourly)));
});

/** Rides of at least 50 km, keyed, as they are. */
const far = pipeline("far", (p) => {
  p.source("rides", topic("rides", json(Ride), { until: "end" }))
    .where((ride) => ride.km.gte(50))
    .keyBy("city")
    .sink("out", topic("far", csv(Ride), { partitions: 3 }));
});

const sorted = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted();

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function publish(log: Log, partitions: number): Promise<void> {
  const input = await openTopic(log, "rides", json(Ride), { partitions, keyBy: ["city"] });
  for (let from = 0; from < rides.length; from += 500) {
    await input.append(rides.slice(from, from + 500));
  }
  await input.close();
}

async function hourlyIn(log: Log): Promise<string[]> {
  return sorted(await all((await openTopic(log, "hourly", json(Hourly))).rows()));
}

/** Hours by hand. */
function expectedHours(): string[] {
  const totals = new Map<string, InferRow<typeof Hourly>>();
  for (const { at, city, km } of rides) {
    const from = Math.floor(at / 3_600_000) * 3_600_000;
    const key = `${city} ${from}`;
    const known = totals.get(key) ?? {
      city,
      windowStart: instant(from),
      windowEnd: instant(from + 3_600_000),
      rides: 0,
      km: 0,
    };
    totals.set(key, { ...known, rides: known.rides + 1, km: known.km + km });
  }
  return sorted([...totals.values()]);
}

describe.each(["memory", "LMDB"] as const)("topics of a log in %s", (kind) => {
  let directory: string;
  let log: Log;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-topics-"));
    log = kind === "memory" ? openMemoryLog() : await openLmdbLog({ directory, sync: "os" });
  });

  afterEach(async () => {
    await log.close();
    await rm(directory, { recursive: true, force: true });
  });

  test.each([
    [1, 1, 65_536],
    [1, 4, 100],
    [3, 2, 7],
    [4, 1, 1_000],
    [2, 4, 300],
  ])("%i topic partitions in %i tasks, %i rows a batch", async (inTopic, partitions, batchRows) => {
    await publish(log, inTopic);
    const summary = await run(hourly, { log, partitions, batchRows });
    expect(summary).toMatchObject({ outcome: "finished", rowsRead: rides.length, rowsLate: 0 });
    expect(summary.sinkRows).toEqual({ out: expectedHours().length });
    expect(await hourlyIn(log)).toEqual(expectedHours());
  });

  test.each([1, 2, 3])("crashes double and lose nothing in the topic (seed %i)", async (seed) => {
    await publish(log, 3);
    const random = seededRandom(seed);
    let faults = 0;
    const faulty = faultyLog(log, (writerId) => {
      if (writerId.endsWith(".control") || random.next() >= 0.3) return "none";
      faults += 1;
      return (["crash", "unknown-committed", "unknown-lost"] as const)[faults % 3] ?? "none";
    });
    let outcome = "";
    for (let starts = 0; starts < 300 && outcome !== "finished"; starts += 1) {
      const options = { log: faulty, partitions: 2, batchRows: 50 };
      outcome = await run(hourly, options).then(
        (summary) => summary.outcome,
        () => "crashed",
      );
    }
    expect(faults).toBeGreaterThan(0);
    expect(await hourlyIn(log)).toEqual(expectedHours());
  });

  test("the key's hash chooses the partition, whichever task writes", async () => {
    await publish(log, 1);
    await run(far, { log, partitions: 2 });
    const output = await openTopic(log, "far", csv(Ride));
    expect(output.partitions).toBe(3);
    const cities = new Map<string, Set<number>>();
    for (let partition = 0; partition < 3; partition += 1) {
      for (const { city } of await all(output.rows({ partition }))) {
        cities.set(city, (cities.get(city) ?? new Set()).add(partition));
      }
    }
    expect([...cities.values()].map((places) => places.size)).toEqual([1, 1, 1, 1, 1]);
    const kept = rides.filter((ride) => ride.km >= 50);
    expect(sorted(await all(output.rows()))).toEqual(sorted(kept));
  });
});

test("a topic that one pipeline writes is read by another one", async () => {
  const Total = t.row({ rides: t.int64() });
  const busy = pipeline("busy", (p) => {
    p.source("hours", topic("hourly", json(Hourly), { until: "end" }))
      .where((hour) => hour.rides.gte(36))
      .select("rides")
      .sink("out", topic("busy", json(Total)));
  });
  const log = openMemoryLog();
  await publish(log, 2);
  await run(hourly, { log });
  await run(busy, { log, partitions: 2 });
  const found = await all((await openTopic(log, "busy", json(Total))).rows());
  const expected = expectedHours()
    .map((text) => JSON.parse(text) as { rides: number })
    .filter((hour) => hour.rides >= 36);
  expect(sorted(found)).toEqual(sorted(expected.map((hour) => ({ rides: hour.rides }))));
  expect(found.length).toBeGreaterThan(0);
});

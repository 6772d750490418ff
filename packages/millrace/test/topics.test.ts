import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultyLog } from "@millrace/conformance";
import { isMillraceError, type Log, seededRandom } from "@millrace/core";
import { decodeDeadLetters } from "@millrace/runtime";
import {
  count,
  hours,
  type InferRow,
  instant,
  minutes,
  type Pipeline,
  pipeline,
  run,
  type RunSummary,
  start,
  sum,
  t,
  tumbling,
} from "millrace";
import {
  csv,
  json,
  openLmdbLog,
  openMemoryLog,
  openTopic,
  topic,
  type TopicOptions,
} from "millrace/log";
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

/** Every ride as it comes, without an end. */
const copy = ({ offsetOutOfRange, ...options }: TopicOptions = {}): Pipeline =>
  pipeline("copy", (p) => {
    const reading = offsetOutOfRange === undefined ? {} : { offsetOutOfRange };
    p.source("rides", topic("rides", json(Ride), reading)).sink(
      "out",
      topic("copied", json(Ride), options),
    );
  });

async function codeOf(outcome: Promise<unknown>): Promise<string | undefined> {
  try {
    await outcome;
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

async function lengthOf(log: Log, name: string): Promise<number> {
  const info = (await log.topics()).find((candidate) => candidate.name === name);
  let records = 0;
  for (let partition = 0; partition < (info?.partitions ?? 0); partition += 1) {
    const { start: from, end } = await log.bounds(name, partition);
    records += Number(end - from);
  }
  return records;
}

/** Runs an endless pipeline until it has written so many rows since its fresh start. */
async function runUntil(
  endless: Pipeline,
  log: Log,
  rows: number,
  options: { fresh?: boolean; partitions?: number } = {},
): Promise<RunSummary> {
  const running = await start(endless, { log, ...options });
  try {
    while ((running.status()?.sinkRows["out"] ?? 0) < rows) {
      await Promise.race([new Promise((done) => setTimeout(done, 5)), running.finished]);
    }
    return await running.stop();
  } finally {
    await running.close();
  }
}

test("records have the topic's columns in their order, whatever the stream's order is", async () => {
  const log = openMemoryLog();
  await (await openTopic(log, "rides", json(Ride))).append(rides.slice(0, 10));
  const turned = pipeline("turned", (p) => {
    p.source("rides", topic("rides", json(Ride), { until: "end" }))
      .select("km", "city", "at")
      .sink("out", topic("turned", csv(Ride)));
  });
  await run(turned, { log });
  expect(await all((await openTopic(log, "turned", csv(Ride))).rows())).toEqual(rides.slice(0, 10));
});

test("a source without an end goes on with what comes later, in this run and in the next", async () => {
  const log = openMemoryLog();
  const input = await openTopic(log, "rides", json(Ride), { partitions: 3, keyBy: ["city"] });
  await input.append(rides.slice(0, 100));
  const running = await start(copy(), { log, partitions: 2 });
  while ((await lengthOf(log, "copied")) < 100) await new Promise((done) => setTimeout(done, 5));
  await input.append(rides.slice(100, 200));
  while ((await lengthOf(log, "copied")) < 200) await new Promise((done) => setTimeout(done, 5));
  await running.stop();
  await input.append(rides.slice(200, 300));
  const again = await runUntil(copy(), log, 300, { partitions: 2 });
  expect(again.isContinued).toBe(true);
  const output = await openTopic(log, "copied", json(Ride));
  expect(sorted(await all(output.rows()))).toEqual(sorted(rides.slice(0, 300)));
});

test("a fresh start keeps what is in the topic, or with replace makes it anew", async () => {
  const log = openMemoryLog();
  await (await openTopic(log, "rides", json(Ride))).append(rides.slice(0, 10));
  await runUntil(copy(), log, 10);
  await runUntil(copy(), log, 10, { fresh: true });
  expect(await lengthOf(log, "copied")).toBe(20);
  await runUntil(copy({ whenFresh: "replace" }), log, 10, { fresh: true });
  expect(await lengthOf(log, "copied")).toBe(10);
});

test.each([
  ["rides", "the input of the source rides was changed"],
  ["copied", "the topic copied was deleted and made anew"],
])("when %s was deleted and made anew the run stops: RUN_STATE_MISMATCH", async (name, problem) => {
  const log = openMemoryLog();
  await (await openTopic(log, "rides", json(Ride))).append(rides.slice(0, 10));
  await runUntil(copy(), log, 10);
  await log.deleteTopics([name]);
  await openTopic(log, name, json(Ride));
  await expect(run(copy(), { log })).rejects.toMatchObject({
    code: "RUN_STATE_MISMATCH",
    message: expect.stringContaining(problem),
  });
});

test("records that were truncated before they were read: LOG_OFFSET_OUT_OF_RANGE", async () => {
  const log = openMemoryLog();
  const input = await openTopic(log, "rides", json(Ride));
  await input.append(rides.slice(0, 10));
  await runUntil(copy(), log, 10);
  await input.append(rides.slice(10, 20));
  await log.truncate("rides", 0, (await log.bounds("rides", 0)).end);
  expect(await codeOf(run(copy(), { log }))).toBe("LOG_OFFSET_OUT_OF_RANGE");
  await input.append(rides.slice(20, 30));
  const again = await runUntil(copy({ offsetOutOfRange: "earliest" }), log, 20);
  expect(again).toMatchObject({ isContinued: true, rowsDeadLettered: 1 });
  const copied = await all((await openTopic(log, "copied", json(Ride))).rows());
  expect(copied).toEqual([...rides.slice(0, 10), ...rides.slice(20, 30)]);
});

test("a topic that nobody made is LOG_TOPIC_UNKNOWN and names the source", async () => {
  await expect(run(copy(), { log: openMemoryLog() })).rejects.toMatchObject({
    code: "LOG_TOPIC_UNKNOWN",
    where: { pipeline: "copy", operatorId: "rides" },
  });
});

test("a topic of a pipeline's own is neither source nor sink: CONNECTOR_CONFIG_INVALID", async () => {
  const log = openMemoryLog();
  await (await openTopic(log, "rides", json(Ride))).append(rides.slice(0, 10));
  await runUntil(copy(), log, 10);
  const peek = (from: string, to: string): Pipeline =>
    pipeline("peek", (p) => {
      p.source("from", topic(from, json(Ride))).sink("to", topic(to, json(Ride)));
    });
  expect(await codeOf(run(peek("copy.control", "out"), { log }))).toBe("CONNECTOR_CONFIG_INVALID");
  expect(await codeOf(run(peek("rides", "copy.control"), { log }))).toBe(
    "CONNECTOR_CONFIG_INVALID",
  );
  expect(await codeOf(openTopic(log, "copy.control", json(Ride)))).toBe("CONNECTOR_CONFIG_INVALID");
});

test("a fresh start deletes no topic of the user's, whatever its name", async () => {
  const log = openMemoryLog();
  await (await openTopic(log, "copy.kept", json(Ride))).append(rides.slice(0, 3));
  await (await openTopic(log, "rides", json(Ride))).append(rides.slice(0, 10));
  await runUntil(copy(), log, 10, { fresh: true });
  expect(await lengthOf(log, "copy.kept")).toBe(3);
});

test("a record that the format refuses is a dead letter with partition and offset", async () => {
  const log = openMemoryLog();
  const input = await openTopic(log, "rides", json(Ride), { partitions: 2 });
  await input.append(rides.slice(0, 2));
  const writer = await log.openWriter("raw", await log.joinGroup("raw"));
  for (const text of ['{"at":0}', "no json", JSON.stringify(rides[2])]) {
    writer.append("rides", 1, new TextEncoder().encode(text));
  }
  await writer.commit();
  await expect(all(input.rows())).rejects.toMatchObject({
    code: "TOPIC_RECORD_REFUSED",
    params: { partition: 1, offset: "0" },
  });
  const summary = await run(hourly, { log, batchRows: 2 });
  expect(summary).toMatchObject({ rowsRead: 5, rowsDeadLettered: 2 });
  const letters = await log.openReader(
    "hourly.dead-letters",
    0,
    (await log.bounds("hourly.dead-letters", 0)).start,
  );
  const { buffer } = await letters.read(1 << 20);
  expect(decodeDeadLetters(buffer)).toMatchObject([
    { code: "RECORD_FIELD_MISSING", partition: 1, offset: 0, place: { topic: "rides" } },
    { code: "RECORD_MALFORMED", partition: 1, offset: 1, raw: "no json", operatorId: "rides" },
  ]);
});

test("an older run of the pipeline cannot write to the topic any more", async () => {
  const log = openMemoryLog();
  const input = await openTopic(log, "rides", json(Ride));
  await input.append(rides.slice(0, 10));
  const older = await start(copy(), { log });
  while ((await lengthOf(log, "copied")) < 10) await new Promise((done) => setTimeout(done, 5));
  const newer = await start(copy(), { log });
  while (newer.status() === undefined) await new Promise((done) => setTimeout(done, 5));
  await input.append(rides.slice(10, 20));
  expect(await codeOf(older.finished)).toBe("LOG_WRITER_FENCED");
  while ((await lengthOf(log, "copied")) < 20) await new Promise((done) => setTimeout(done, 5));
  await newer.stop();
  expect(await lengthOf(log, "copied")).toBe(20);
});

test("appending counts the partitions up, or goes by the key's hash", async () => {
  const log = openMemoryLog();
  const byTurn = await openTopic(log, "by-turn", json(Ride), { partitions: 2 });
  for (const ride of rides.slice(0, 3)) await byTurn.append([ride]);
  expect(await all(byTurn.rows())).toEqual([rides[0], rides[2], rides[1]]);
  await byTurn.append([]);
  expect(await lengthOf(log, "by-turn")).toBe(3);
  expect(await codeOf(openTopic(log, "by-turn", json(Ride), { partitions: 3 }))).toBe(
    "LOG_TOPIC_MISMATCH",
  );
  const keyBy = ["town" as "city"];
  expect(await codeOf(openTopic(log, "by-key", json(Ride), { keyBy }))).toBe(
    "PLAN_ARGUMENT_INVALID",
  );
});

test("several writers of one topic do not fence each other", async () => {
  const log = openMemoryLog();
  const writers = [
    await openTopic(log, "rides", json(Ride)),
    await openTopic(log, "rides", json(Ride)),
  ];
  for (const ride of rides.slice(0, 4)) {
    for (const writer of writers) await writer.append([ride]);
  }
  expect(await lengthOf(log, "rides")).toBe(8);
});

describe("a directory that pipelines share as their log", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-shared-"));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  test("two pipelines at the same time: one reads what the other writes", async () => {
    const log = await openLmdbLog({ directory });
    const input = await openTopic(log, "rides", json(Ride), { partitions: 2 });
    await openTopic(log, "copied", json(Ride), { partitions: 2 });
    const onward = pipeline("onward", (p) => {
      p.source("copied", topic("copied", json(Ride))).sink("out", topic("onward", json(Ride)));
    });
    const both = [await start(copy(), { log: directory }), await start(onward, { log: directory })];
    await input.append(rides.slice(0, 50));
    await input.append(rides.slice(50, 100));
    while ((await lengthOf(log, "onward")) < 100) await new Promise((done) => setTimeout(done, 5));
    expect(await codeOf(start(copy(), { log: directory }))).toBe("RUN_ALREADY_RUNNING");
    for (const running of both) await running.stop();
    const output = await openTopic(log, "onward", json(Ride));
    expect(sorted(await all(output.rows()))).toEqual(sorted(rides.slice(0, 100)));
    await log.close();
  });
});

import { randomUUID } from "node:crypto";
import { type RecordRanges, systemClock } from "@millrace/core";
import { instant, pipeline, run, t } from "millrace";
import {
  binaryCloudEvents,
  json,
  openKafkaLog,
  openMemoryLog,
  openTopic,
  recordHeader,
  recordKey,
  recordTime,
  topic,
  withMetadata,
} from "millrace/log";
import { expect, test } from "vitest";
import { describeWithKafka } from "../../../dev/services/describe.mjs";

const Flight = t.row({ origin: t.utf8() });
const keyed = withMetadata(json(Flight), {
  flightId: recordKey(t.int64()),
  sentAt: recordTime(),
  trace: recordHeader("traceparent"),
});

async function collected<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Two tombstones: of the key 7, and of none. */
function tombstones(): RecordRanges {
  const buffer = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 7, 0]);
  return {
    count: 2,
    buffer,
    valueStart: new Int32Array(2),
    valueLength: Int32Array.of(-1, -1),
    meta: {
      keyStart: new Int32Array(2),
      keyLength: Int32Array.of(8, -1),
      timestamp: Float64Array.of(Number.NaN, 5),
      headersStart: Int32Array.of(8, 8),
    },
  };
}

describeWithKafka("keys, times and headers of Kafka's records", (kafka) => {
  const flights = [
    { origin: "BER", flightId: 7, sentAt: 1000, trace: "a" },
    { origin: "OSL", flightId: -1, sentAt: 2000, trace: null },
  ];

  test("are read as columns, and written", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const [from, to] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
    await (await openTopic(log, from, keyed)).append(flights as never);
    const Out = withMetadata(json(t.row({ origin: t.utf8() })), {
      flightId: recordKey(t.int64()),
      trace: recordHeader("trace"),
    });
    const copy = pipeline(`copy-${randomUUID()}`, (p) => {
      p.source("flights", topic(from, keyed, { until: "end" }))
        .where((flight) => flight.sentAt.gt(instant(1500)))
        .select("origin", "flightId", "trace")
        .sink("out", topic(to, Out));
    });
    await run(copy, { log });
    expect(await collected((await openTopic(log, from, keyed)).rows())).toEqual(flights);
    expect(await collected((await openTopic(log, to, Out)).rows())).toEqual([
      { origin: "OSL", flightId: -1, trace: null },
    ]);
    await log.close();
  });

  test.each(["dead-letter", "skip"] as const)("tombstones: %s", async (fate) => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const name = `t-${randomUUID()}`;
    const opened = await openTopic(log, name, keyed);
    await opened.append([flights[0]] as never);
    const writer = await log.openAppender();
    writer.appendAll(name, 0, tombstones());
    await writer.commit();
    await opened.append([flights[1]] as never);
    await writer.close();
    const out = `t-${randomUUID()}`;
    const count = pipeline(`count-${randomUUID()}`, (p) => {
      p.source("flights", topic(name, keyed, { until: "end", tombstones: fate }))
        .select("origin")
        .sink("out", topic(out, json(Flight)));
    });
    const summary = await run(count, { log });
    expect(await collected((await openTopic(log, out, json(Flight))).rows())).toEqual([
      { origin: "BER" },
      { origin: "OSL" },
    ]);
    expect(summary.rowsDeadLettered).toBe(fate === "skip" ? 0 : 2);
    await expect(collected(opened.rows())).rejects.toMatchObject({
      code: "TOPIC_RECORD_REFUSED",
      params: { problem: expect.stringContaining("deletes") as string },
    });
    await log.close();
  });

  test("of CloudEvents are their attributes", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const name = `t-${randomUUID()}`;
    const events = await openTopic(log, name, binaryCloudEvents(json(Flight)));
    const event = { ceId: "1", ceSource: "/s", ceType: "t", ceSubject: null, ceTime: null };
    await events.append([{ origin: "BER", ...event }]);
    expect(await collected(events.rows())).toEqual([{ origin: "BER", ...event }]);
    await log.close();
  });
});

test("are refused on a log that holds values only: LOG_VALUES_ONLY", async () => {
  const log = openMemoryLog();
  const opened = await openTopic(log, "flights", keyed);
  const row = { origin: "BER", flightId: 7, sentAt: 1000, trace: "a" };
  await expect(opened.append([row] as never)).rejects.toMatchObject({ code: "LOG_VALUES_ONLY" });
  await (await openTopic(log, "flights", json(Flight))).append([{ origin: "BER" }]);
  await expect(collected(opened.rows())).rejects.toMatchObject({ code: "LOG_VALUES_ONLY" });
  await log.close();
});

test("a tombstone's code is one of the catalogue: RECORD_TOMBSTONE", () => {
  expect(topic("flights", keyed, { tombstones: "skip" }).options).toMatchObject({
    tombstones: "skip",
  });
  expect(() => topic("flights", keyed, { tombstones: "delete" as "skip" })).toThrow("tombstones");
});

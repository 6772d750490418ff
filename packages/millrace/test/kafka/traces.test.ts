import { randomUUID } from "node:crypto";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { MemoryStore } from "@millrace/conformance";
import { systemClock } from "@millrace/core";
import { count, instant, type Pipeline, pipeline, run, seconds, t, tumbling } from "millrace";
import { json, openKafkaLog, openTopic, recordHeader, topic, withMetadata } from "millrace/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { store } from "../run-over-rows.ts";

const Order = t.row({ id: t.int32(), user: t.utf8(), at: t.timestamp() });
const Total = t.row({
  user: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
});
const traced = { trace: recordHeader("traceparent") };
const orderCount = 400;
/** Of a program that is not ours. */
const foreign = { trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" };

const exporter = new InMemorySpanExporter();

beforeEach(() => {
  exporter.reset();
});

afterEach(() => trace.disable());

function registerProvider(): void {
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
}

/** Counts orders per user and second, in a topic, and in a store by way of a sink topic. */
function totals(name: string): Pipeline {
  return pipeline(name, (p) => {
    const counted = p
      .source("orders", topic(`${name}-orders`, json(Order), { until: "end" }), {
        eventTime: (order) => order.at,
        outOfOrderness: seconds(1),
      })
      .keyBy("user")
      .window(tumbling(seconds(1)))
      .aggregate("totals", () => ({ orders: count() }));
    counted.sink("out", topic(`${name}-totals`, json(Total)));
    counted.sink("kept", store);
  });
}

/** Spans of a name, of one stage or sink. */
function spansOf(name: string, stage: string): ReadableSpan[] {
  return exporter
    .getFinishedSpans()
    .filter((span) => span.name === name && span.attributes["millrace.stage"] === stage);
}

function idsOf(spans: readonly ReadableSpan[]): Set<string> {
  return new Set(spans.map((span) => span.spanContext().spanId));
}

function linkedBy(spans: readonly ReadableSpan[]): string[] {
  return spans.flatMap((span) => span.links.map((link) => link.context.spanId));
}

describeWithKafka("traces of batches on Kafka", (kafka) => {
  async function runTotals(name: string): Promise<(string | null)[]> {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    try {
      const orders = await openTopic(log, `${name}-orders`, withMetadata(json(Order), traced), {
        partitions: 2,
        keyBy: ["user"],
      });
      await orders.append(
        Array.from({ length: orderCount }, (_, id) => ({
          id,
          user: `user ${id % 17}`,
          at: instant(1_700_000_000_000 + id * 50),
          trace: `00-${foreign.trace}-${foreign.span}-01`,
        })),
      );
      const memory = new MemoryStore();
      await run(totals(name), {
        log,
        partitions: 2,
        batchRows: 64,
        connectors: { store: async () => memory.connector() },
      });
      const written = await openTopic(log, `${name}-totals`, withMetadata(json(Total), traced));
      const headers: (string | null)[] = [];
      for await (const row of written.rows()) headers.push(row.trace);
      return headers;
    } finally {
      await log.close();
    }
  }

  test("lead from what was written back to what was read, also to others' spans", async () => {
    registerProvider();
    const name = `traced-${randomUUID()}`;
    const headers = await runTotals(name);
    const read = spansOf("millrace.batch", "stage-orders");
    expect(read.length).toBeGreaterThan(2);
    expect(new Set(linkedBy(read))).toEqual(new Set([foreign.span]));
    expect(read.reduce((sum, span) => sum + Number(span.attributes["millrace.rows"]), 0)).toBe(
      orderCount,
    );
    const shuffled = spansOf("millrace.commit", "stage-orders");
    const parents = shuffled.map((span) => span.parentSpanContext?.spanId ?? "none");
    const batches = idsOf(read);
    for (const each of [...parents, ...linkedBy(shuffled)]) expect(batches).toContain(each);
    // Each batch belongs to one commit, as its parent or by a link.
    expect([...parents, ...linkedBy(shuffled)].toSorted()).toEqual([...batches].toSorted());
    const counted = spansOf("millrace.batch", "stage-totals");
    expect(counted.length).toBeGreaterThan(0);
    const shuffledIds = idsOf(shuffled);
    for (const span of counted) {
      expect(span.links.length).toBeGreaterThan(0);
      for (const id of linkedBy([span])) expect(shuffledIds).toContain(id);
    }
    const committed = idsOf(spansOf("millrace.commit", "stage-totals"));
    const stored = spansOf("millrace.write", "kept");
    expect(linkedBy(stored).length).toBeGreaterThan(0);
    for (const id of linkedBy(stored)) expect(committed).toContain(id);
    // The first record of each transaction says who wrote it.
    const named = headers.filter((header) => header !== null);
    expect(named.length).toBeGreaterThan(0);
    expect(named.length).toBeLessThan(headers.length);
    for (const header of named) expect(committed).toContain(header.split("-")[2]);
    const [first] = counted as [ReadableSpan];
    expect(first.attributes).toMatchObject({
      "millrace.pipeline": name,
      "millrace.stage": "stage-totals",
      "millrace.input": expect.stringMatching(/\.repartition$/),
    });
    expect(context.active()).toBe(ROOT_CONTEXT);
  }, 60_000);

  test("are none, and no header is written, where no provider is registered", async () => {
    const headers = await runTotals(`plain-${randomUUID()}`);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(headers.length).toBeGreaterThan(0);
    expect(new Set(headers)).toEqual(new Set([null]));
  }, 60_000);
});

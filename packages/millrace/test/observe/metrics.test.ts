import { faultyLog } from "@millrace/conformance";
import type { ConnectorRegistry, Log } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { count, minutes, type Pipeline, pipeline, start, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";
import { type MetricsOptions, type MetricsServer, openMetrics } from "millrace/observe";
import { afterEach, expect, test, vi } from "vitest";
import { probe, scrape, sumOf } from "./metrics-text.ts";

const Order = t.row({ at: t.timestamp(), shop: t.utf8() });
const Total = t.row({
  shop: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
});
const startMs = Date.UTC(2026, 0, 1);

let server: MetricsServer | undefined;

afterEach(() => server?.close());

async function serve(options: Partial<MetricsOptions> = {}): Promise<string> {
  server = await openMetrics({ port: 0, ...options });
  return server.url;
}

/** Counts orders per shop and minute. */
function totals(name: string): Pipeline {
  return pipeline(name, (p) => {
    p.source("orders", topic("orders", json(Order)), {
      eventTime: (order) => order.at,
      outOfOrderness: minutes(1),
    })
      .keyBy("shop")
      .window(tumbling(minutes(1)))
      .aggregate("totals", () => ({ orders: count() }))
      .sink("out", topic(`${name}-totals`, json(Total)));
  });
}

/** A log with so many orders, a second apart, and a last record that is none. */
async function ordersLog(orders: number): Promise<Log> {
  const log = openMemoryLog();
  await log.createTopic({ name: "orders", partitions: 1, kind: "records" });
  const writer = await log.openAppender();
  const append = (record: unknown): void => {
    writer.append("orders", 0, new TextEncoder().encode(JSON.stringify(record)));
  };
  for (let row = 0; row < orders; row += 1) append({ at: startMs + row * 1_000, shop: "Bern" });
  append({ at: "broken" });
  await writer.commit();
  await writer.close();
  return log;
}

/** A promise that a test resolves. */
function makeGate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("metrics say what the run reports, and what is left to read", async () => {
  const url = await serve();
  const log = await ordersLog(600);
  const running = await start(totals("orders"), { log, metrics: server! });
  await vi.waitFor(() => expect(running.status()?.rowsRead).toBe(601));
  await vi.waitFor(async () => {
    expect(sumOf(await scrape(url), "millrace_commits_total")).toBeGreaterThan(0);
  });
  const series = await scrape(url);
  const of = (name: string, labels = {}) => sumOf(series, `millrace_${name}`, labels);
  const status = running.status()!;
  expect(of("input_rows_total", { input: "orders" })).toBe(601);
  expect(of("operator_rows_out_total", { operator: "totals" })).toBe(
    status.operators["totals"]?.rowsOut,
  );
  expect(of("output_rows_total", { output: "out" })).toBe(status.sinkRows["out"]);
  expect(of("dead_letters_total")).toBe(1);
  expect(of("state_bytes")).toBe(status.stateBytes);
  expect(of("consumer_lag_records", { topic: "orders" })).toBe(0);
  expect(of("run_ready", { pipeline: "orders" })).toBe(1);
  expect(of("run_partitions")).toBe(1);
  expect(of("rebalances_total")).toBe(1);
  // The last order is at 599 s, less the minute that orders may be behind.
  const watermark = of("input_watermark_timestamp_seconds", { input: "orders" });
  expect(watermark).toBeCloseTo(startMs / 1_000 + 539, -1);
  expect(of("commit_duration_seconds_count")).toBe(of("commits_total"));
  expect(of("commit_rows_sum", { stage: "stage-orders" })).toBe(601);
  expect(sumOf(series, "process_cpu_seconds_total")).toBeGreaterThan(0);
  await running.close();
  const after = await scrape(url);
  expect(sumOf(after, "millrace_input_rows_total", { input: "orders" })).toBe(601);
  expect(sumOf(after, "millrace_run_ready")).toBeUndefined();
});

test("a run that restores itself counts on, also what it reads again", async () => {
  const url = await serve();
  let faults = 1;
  const log = faultyLog(await ordersLog(100), (writer) => {
    return writer === "orders.stage-orders.0" && faults-- > 0 ? "unknown-lost" : "none";
  });
  const running = await start(totals("orders"), { log, metrics: server! });
  await vi.waitFor(async () => {
    const series = await scrape(url);
    const code = { code: "LOG_COMMIT_INDEFINITE" };
    expect(sumOf(series, "millrace_restarts_total", code)).toBe(1);
    expect(running.status()?.rowsRead).toBe(101);
    expect(sumOf(series, "millrace_input_rows_total", { input: "orders" })).toBe(202);
  });
  await running.close();
});

test("a run is not ready while it restores", async () => {
  const url = await serve();
  expect(await probe(url, "/readyz")).toEqual({
    status: 503,
    body: { status: "not ready", runs: [] },
  });
  const gate = makeGate();
  const inner = await ordersLog(10);
  const log: Log = {
    ...faultyLog(inner, () => "none"),
    openWriter: async (id, membership) => {
      if (id === "orders.stage-orders.0") await gate.opened;
      return inner.openWriter(id, membership);
    },
  };
  const running = await start(totals("orders"), { log, metrics: server! });
  await vi.waitFor(async () => {
    const restoring = { status: 503, body: { runs: [{ pipeline: "orders", state: "restoring" }] } };
    expect(await probe(url, "/readyz")).toMatchObject(restoring);
  });
  expect((await probe(url, "/healthz")).status).toBe(200);
  expect(sumOf(await scrape(url), "millrace_run_ready")).toBe(0);
  gate.open();
  await vi.waitFor(async () => {
    expect(await probe(url, "/readyz")).toEqual({
      status: 200,
      body: { status: "ready", runs: [{ pipeline: "orders", state: "running" }] },
    });
  });
  await running.close();
});

test("a run that has failed is told until its pipeline runs again; others go on", async () => {
  const url = await serve();
  const log = await ordersLog(10);
  const good = await start(totals("good"), { log, metrics: server! });
  const faulty = faultyLog(await ordersLog(10), (writer) => {
    return writer.startsWith("bad.stage") ? "unknown-lost" : "none";
  });
  const bad = await start(totals("bad"), { log: faulty, metrics: server! });
  await expect(bad.finished).rejects.toMatchObject({ code: "LOG_COMMIT_INDEFINITE" });
  const error = { code: "LOG_COMMIT_INDEFINITE" };
  expect(await probe(url, "/healthz")).toMatchObject({
    status: 503,
    body: { status: "failed", runs: [{ state: "running" }, { state: "failed", error }] },
  });
  expect((await probe(url, "/readyz")).status).toBe(503);
  const again = await start(totals("bad"), { log: await ordersLog(10), metrics: server! });
  await vi.waitFor(async () => expect((await probe(url, "/readyz")).status).toBe(200));
  expect((await probe(url, "/healthz")).status).toBe(200);
  const pipelines = (await scrape(url))
    .filter(({ name }) => name === "millrace_run_ready")
    .map(({ labels, value }) => [labels["pipeline"], value]);
  expect(pipelines).toEqual([
    ["good", 1],
    ["bad", 1],
  ]);
  await Promise.all([good.close(), again.close()]);
});

test("a turn that does not end is a task that is stuck", async () => {
  const url = await serve({ stuckAfterMs: 50 });
  const gate = makeGate();
  const connectors: ConnectorRegistry = {
    slow: async () => ({
      openSource: async () => ({
        partitionCount: 1,
        isBounded: true,
        fingerprint: "slow",
        openReader: async () => ({
          read: async () => (await gate.opened, "end"),
          progress: () => ({ done: 0, unit: "rows" }),
          close: async () => undefined,
        }),
        close: async () => undefined,
      }),
    }),
  };
  const source = { role: "source", connector: "slow", options: {}, rowType: Order } as const;
  const slow = pipeline("slow", (p) => {
    p.source("orders", source).sink("out", topic("out", json(Order)));
  });
  const running = await start(slow, { connectors, metrics: server! });
  await vi.waitFor(async () => {
    expect(await probe(url, "/healthz")).toMatchObject({
      status: 503,
      body: { runs: [{ stuck: { task: expect.stringContaining("orders"), seconds: 0 } }] },
    });
  });
  gate.open();
  expect((await running.finished).outcome).toBe("finished");
  expect((await probe(url, "/healthz")).status).toBe(200);
});

test("a scrape does without the consumer lag where the log does not answer", async () => {
  const url = await serve();
  const inner = await ordersLog(10);
  let isAway = false;
  const log: Log = {
    ...faultyLog(inner, () => "none"),
    bounds: (name, partition) => {
      return isAway ? Promise.reject(new Error("away")) : inner.bounds(name, partition);
    },
  };
  const running = await start(totals("orders"), { log, metrics: server! });
  await vi.waitFor(() => expect(running.status()?.rowsRead).toBe(11));
  isAway = true;
  const series = await scrape(url);
  expect(sumOf(series, "millrace_consumer_lag_records")).toBeUndefined();
  expect(sumOf(series, "millrace_lag_failures_total")).toBe(1);
  expect(sumOf(series, "millrace_input_rows_total", { input: "orders" })).toBe(11);
  isAway = false;
  await running.close();
});

test("other paths and methods are refused; a port that is taken, or is none, has a code", async () => {
  const url = await serve();
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
  const port = Number(new URL(url).port);
  await expect(openMetrics({ port })).rejects.toMatchObject({
    code: "METRICS_NOT_SERVED",
    params: { host: "127.0.0.1", port, problem: "the port is taken" },
  });
  await expect(openMetrics({ port: 0, host: "192.0.2.1" })).rejects.toMatchObject({
    code: "METRICS_NOT_SERVED",
    params: { problem: "the host is no address of this machine" },
  });
  await expect(openMetrics({ port: 70_000 })).rejects.toMatchObject({
    code: "PLAN_ARGUMENT_INVALID",
  });
});

test("a logger that throws ends the run, which says so", async () => {
  const fail = (): never => {
    throw new Error("disk full");
  };
  const nothing = (): void => undefined;
  const logger = { debug: fail, info: nothing, warn: nothing, error: fail };
  const running = await start(totals("orders"), { log: await ordersLog(10), logger });
  await expect(running.finished).rejects.toMatchObject({
    code: "RUN_FUNCTION_FAILED",
    params: { step: "logger" },
    where: { pipeline: "orders" },
  });
});

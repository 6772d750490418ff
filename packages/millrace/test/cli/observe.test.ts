import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { probe, scrape, type Series, sumOf } from "../observe/metrics-text.ts";
import { buildPackages, checkExit, jsonLines, type Running, Workspace } from "./workspace.ts";

const orderCount = 20_000;

const pipelineFile = `import { count, pipeline, seconds, sum, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";

const Order = t.row({ id: t.int64(), user: t.utf8(), at: t.timestamp() });
const Total = t.row({
  user: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
  ids: t.int64(),
});

export default pipeline("shop", (p) => {
  p.source("orders", topic("orders", json(Order), END), {
    eventTime: (order) => order.at,
    outOfOrderness: seconds(1),
  })
    .filter((order) => LIMIT)
    .keyBy("user")
    .window(tumbling(seconds(1)))
    .aggregate("totals", (order) => ({ orders: count(), ids: sum(order.id) }))
    .sink("out", topic("totals", json(Total)));
});
`;

/** Put before a pipeline, registers a provider in each thread that loads it. */
const tracedHead = `import { appendFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const exporter = {
  export(spans, done) {
    for (const { name, attributes, parentSpanContext } of spans) {
      const span = { name, attributes, threadId, isRoot: parentSpanContext === undefined };
      appendFileSync("spans.ndjson", JSON.stringify(span) + "\\n");
    }
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};
const spanProcessors = [new SimpleSpanProcessor(exporter)];
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
`;

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  const file = (end: string, limit = "order.id >= 0"): string =>
    pipelineFile.replace("END", end).replace("LIMIT", limit);
  await workspace.write("endless.ts", file("{}"));
  await workspace.write("whole.ts", file('{ until: "end" }'));
  await workspace.write("traced.ts", tracedHead + file('{ until: "end" }'));
  const failing = "Number(order.id) < 10_000 || (() => { process.exit(7); })()";
  await workspace.write("dies.ts", file('{ until: "end" }', failing));
}, 120_000);

afterAll(() => workspace.remove());

/** Makes a log of the name with orders of two partitions, and a record that is none. */
async function writeOrders(log: string): Promise<void> {
  const words = ["topics", "write", "orders", "--log", log, "--partitions", "2"];
  const lines = Array.from({ length: orderCount }, (_, id) => {
    const at = new Date(1_700_000_000_000 + id * 5).toISOString();
    return JSON.stringify({ id, user: `user ${id % 97}`, at });
  });
  const writing = workspace.start(words);
  writing.child.stdin?.end([...lines, '{"id":"none"}'].join("\n"));
  checkExit(await writing.ended, 0);
}

/** Where a run says that it serves metrics. */
async function urlOf(running: Running): Promise<string> {
  let stdout = "";
  running.child.stdout?.on("data", (chunk) => (stdout += String(chunk)));
  await running.wrote('"type":"metrics"');
  const line = jsonLines(stdout.slice(0, stdout.lastIndexOf("\n"))).find((each) => {
    return each["type"] === "metrics";
  });
  return String(line?.["url"]);
}

function expectCounts(series: readonly Series[], summary: Record<string, unknown>): void {
  const counts = summary as {
    readonly rowsRead: number;
    readonly rowsDeadLettered: number;
    readonly sinkRows: Readonly<Record<string, number>>;
    readonly stateBytes: number;
    readonly operators: Readonly<Record<string, { readonly rowsIn: number; rowsOut: number }>>;
  };
  const of = (name: string, labels = {}) => sumOf(series, `millrace_${name}`, labels);
  expect(of("input_rows_total", { input: "orders" })).toBe(counts.rowsRead);
  expect(of("dead_letters_total")).toBe(counts.rowsDeadLettered);
  expect(of("output_rows_total", { output: "out" })).toBe(counts.sinkRows["out"]);
  for (const [operator, { rowsIn, rowsOut }] of Object.entries(counts.operators)) {
    expect(of("operator_rows_in_total", { operator })).toBe(rowsIn);
    expect(of("operator_rows_out_total", { operator })).toBe(rowsOut);
  }
}

test.each([1, 3])(
  "metrics of a run with %i threads are those of its report",
  async (threads) => {
    const log = `log-${threads}`;
    await writeOrders(log);
    const words = ["run", "endless.ts", "--log", log, "--partitions", "2", "--json"];
    const running = workspace.start([...words, "--threads", `${threads}`, "--metrics-port", "0"]);
    onTestFinished(() => void running.child.kill("SIGKILL"));
    const url = await urlOf(running);
    await vi.waitFor(
      async () => {
        const series = await scrape(url);
        const commits = sumOf(series, "millrace_commits_total", { stage: "stage-totals" });
        expect(commits).toBeGreaterThan(0);
        expect(sumOf(series, "millrace_dead_letters_total")).toBe(1);
        expect(sumOf(series, "millrace_consumer_lag_records")).toBe(0);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(await probe(url, "/readyz")).toMatchObject({ status: 200, body: { status: "ready" } });
    expect(await probe(url, "/healthz")).toMatchObject({
      status: 200,
      body: { runs: [{ pipeline: "shop", state: "running" }] },
    });
    const series = await scrape(url);
    running.child.kill("SIGINT");
    const ended = await running.ended;
    checkExit(ended, 0);
    const summary = jsonLines(ended.stdout).find((line) => line["type"] === "summary")!;
    expectCounts(series, summary);
    expect(summary["rowsRead"]).toBe(orderCount + 1);
    const partitions = series
      .filter(({ name, labels }) => {
        return name === "millrace_input_rows_total" && labels["input"] === "orders";
      })
      .map(({ labels }) => labels["partition"]);
    expect(partitions.toSorted()).toEqual(["0", "1"]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  },
  60_000,
);

test("a log of ECS lines stands alone on stderr", async () => {
  await writeOrders("log-ecs");
  const words = ["run", "whole.ts", "--log", "log-ecs", "--partitions", "2"];
  const ended = await workspace.pipe([...words, "--log-format", "ecs", "--log-level", "debug"]);
  checkExit(ended, 0);
  const lines = jsonLines(ended.stderr);
  for (const line of lines) {
    expect(line).toMatchObject({
      "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      "log.level": expect.stringMatching(/^(debug|info|warn)$/),
      "ecs.version": expect.any(String),
      "event.action": expect.any(String),
      "service.name": "shop",
      "service.type": "millrace",
      message: expect.any(String),
    });
  }
  const actions = lines.map((line) => line["event.action"]);
  expect(actions.slice(0, 2)).toEqual(["run-started", "share-taken"]);
  expect(actions.filter((action) => action === "task-restored")).toHaveLength(4);
  expect(actions.at(-1)).toBe("run-finished");
  const of = (action: string) => lines.filter((line) => line["event.action"] === action);
  expect(of("share-taken")).toMatchObject([{ "millrace.partitions": [0, 1] }]);
  expect(of("dead-letters")).toMatchObject([
    { "log.level": "warn", "error.code": "RECORD_FIELD_TYPE", "millrace.dead_letters": 1 },
  ]);
  const rows = of("task-committed")
    .filter((line) => line["millrace.stage"] === "stage-orders")
    .map((line) => Number(line["millrace.rows"]));
  expect(rows.reduce((sum, each) => sum + each)).toBe(orderCount + 1);
  expect(ended.stdout).toContain("shop: finished after");
}, 60_000);

test("a log says why a run failed, or could not start; nothing is printed beside it", async () => {
  await writeOrders("log-dies");
  const words = ["--log", "log-dies", "--partitions", "2", "--threads", "2"];
  const died = await workspace.pipe(["run", "dies.ts", ...words, "--log-format", "ecs"]);
  checkExit(died, 1);
  expect(jsonLines(died.stderr).at(-1)).toMatchObject({
    "log.level": "error",
    "event.action": "run-failed",
    "event.outcome": "failure",
    "service.name": "shop",
    "error.code": "RUN_THREAD_DIED",
    "error.stack_trace": expect.stringContaining("MillraceError"),
  });
  const missing = await workspace.pipe(["run", "none.ts", "--log-format", "ecs"]);
  checkExit(missing, 3);
  expect(jsonLines(missing.stderr)).toMatchObject([
    { "event.action": "run-failed", "error.code": "PIPELINE_FILE_NOT_FOUND" },
  ]);
}, 60_000);

test("a log for people has a line for each event", async () => {
  await writeOrders("log-pretty");
  const words = ["run", "whole.ts", "--log", "log-pretty", "--log-format", "pretty"];
  const ended = await workspace.pipe([...words, "--log-level", "warn"]);
  checkExit(ended, 0);
  expect(ended.stderr).toMatch(/^[\d:.]{12} WARN {2}shop: 1 dead letter, such as RECORD_.*\n$/);
}, 60_000);

test("threads have spans where the pipeline's module registers a provider", async () => {
  await writeOrders("log-traced");
  const words = ["run", "traced.ts", "--log", "log-traced", "--partitions", "2"];
  checkExit(await workspace.pipe([...words, "--threads", "3"]), 0);
  const spans = jsonLines(await readFile(workspace.path("spans.ndjson"), "utf8"));
  const rows = spans
    .filter(({ name }) => name === "millrace.batch")
    .map(({ attributes }) => attributes as Readonly<Record<string, unknown>>)
    .filter((each) => each["millrace.stage"] === "stage-orders")
    .map((each) => Number(each["millrace.rows"]));
  expect(rows.reduce((sum, each) => sum + each)).toBe(orderCount);
  expect(new Set(spans.map((span) => span["threadId"])).size).toBeGreaterThan(1);
  expect(spans.some(({ name, isRoot }) => name === "millrace.commit" && !isRoot)).toBe(true);
  expect(spans.every(({ name, isRoot }) => name !== "millrace.batch" || isRoot)).toBe(true);
}, 60_000);

test("a port that is taken, or is none, has a code", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const words = ["run", "whole.ts", "--json", "--metrics-port"];
  const taken = await workspace.pipe([...words, `${port}`]);
  other.close();
  checkExit(taken, 3);
  expect(jsonLines(taken.stdout)).toMatchObject([{ error: { code: "METRICS_NOT_SERVED" } }]);
  for (const bad of ["70000", "-1", "x"]) {
    const refused = await workspace.pipe([...words, bad]);
    checkExit(refused, 3);
    expect(jsonLines(refused.stdout)).toMatchObject([{ error: { code: "COMMAND_LINE_INVALID" } }]);
  }
  const alone = await workspace.pipe(["run", "whole.ts", "--json", "--metrics-host", "::1"]);
  expect(jsonLines(alone.stdout)).toMatchObject([{ error: { code: "PLAN_ARGUMENT_INVALID" } }]);
}, 60_000);

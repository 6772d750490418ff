import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultyLog, MemoryStore } from "@millrace/conformance";
import { type Clock, type Operator, systemClock, yieldToEventLoop } from "@millrace/core";
import { openMemoryLog } from "@millrace/log";
import { createOperator } from "@millrace/operators";
import { Run, type RunEnvironment } from "@millrace/runtime";
import {
  count,
  hours,
  isMillraceError,
  minutes,
  type Pipeline,
  pipeline,
  plan,
  run,
  start,
  t,
  theta,
  tumbling,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";
import { modelRegistry } from "@millrace/models";
import { filesConnector } from "@millrace/connectors/files";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildPackages, checkExit, pipeFile, startProcess, Workspace } from "./cli/workspace.ts";
import { ordersFile, writeOrders } from "./cli/orders.ts";

const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });
const rows = 150;

let directory: string;
let input: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-failures-"));
  input = join(directory, "orders.ndjson");
  const lines = Array.from(
    { length: rows },
    (_, minute) => `{"placedAt":${1_767_225_600_000 + minute * 60_000},"shop":"Bern"}`,
  );
  await writeFile(input, `${lines.join("\n")}\n`);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const kept = { role: "sink", connector: "memory", options: {}, guarantee: "exactly-once" } as const;

/** Orders per shop and hour; of those that a function of the user's lets pass. */
function hourly(sink: ReturnType<typeof duckdb> | typeof kept, follow = false): Pipeline {
  return pipeline("orders", (p) => {
    p.source("orders", ndjson(input, Order, { follow }), {
      eventTime: (order) => order.placedAt,
      outOfOrderness: minutes(5),
    })
      .filter((order) => order.shop !== "")
      .keyBy("shop")
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ orders: count() }))
      .sink("table", sink);
  });
}

/** Pauses of no length. */
const impatientClock: Clock = { ...systemClock, sleep: () => yieldToEventLoop() };

function environment(createOperatorOf: RunEnvironment["createOperator"]): RunEnvironment {
  const store = new MemoryStore();
  return {
    log: openMemoryLog(),
    clock: systemClock,
    connectors: {
      files: () => Promise.resolve(filesConnector),
      memory: () => Promise.resolve(store.connector()),
    },
    createOperator: createOperatorOf,
  };
}

function codesOf(broken: Pipeline): string[] {
  try {
    plan(broken);
  } catch (error) {
    if (isMillraceError(error)) return error.problems.map((problem) => problem.code);
    throw error;
  }
  return [];
}

test("a log that never says whether it committed ends the run after some restores: LOG_COMMIT_INDEFINITE", async () => {
  const store = new MemoryStore();
  let commits = 0;
  const log = faultyLog(openMemoryLog(), (writerId) => {
    if (writerId.includes("control")) return "none";
    commits += 1;
    return "unknown-lost";
  });
  const memory = () => Promise.resolve(store.connector());
  const failing = run(hourly(kept), { log, clock: impatientClock, connectors: { memory } });
  await expect(failing).rejects.toMatchObject({ code: "LOG_COMMIT_INDEFINITE", retry: "backoff" });
  expect(commits).toBe(6);
});

test("a store that lost its token while the log went on: SINK_TOKEN_MISSING, until started afresh", async () => {
  const file = join(directory, "out.duckdb");
  const state = join(directory, "state");
  const sink = duckdb({ table: "hourly", file });
  const first = await start(hourly(sink, true), { state });
  while ((first.status()?.sinkRows["table"] ?? 0) < 2) {
    await new Promise((done) => setTimeout(done, 5));
  }
  await new Promise((done) => setTimeout(done, 300));
  await first.stop();
  await rm(file);
  await expect(run(hourly(sink, true), { state })).rejects.toMatchObject({
    code: "SINK_TOKEN_MISSING",
  });
  expect(await run(hourly(sink), { state, fresh: true })).toMatchObject({ rowsRead: rows });
});

test("a plan whose user functions were left behind: PLAN_FUNCTION_LOST", async () => {
  const { physical } = plan(hourly(kept));
  const lost = new Run(
    { physical, functions: new Map(), validators: new Map() },
    environment((planned, context) =>
      createOperator(planned, { ...context, models: modelRegistry }),
    ),
    { batchRows: 64, isFresh: false },
  );
  await expect(lost.finished).rejects.toMatchObject({ code: "PLAN_FUNCTION_LOST" });
});

test("an operator whose counts do not add up is stopped before it commits: RUN_COUNTS_DISAGREE", async () => {
  const { physical, logical } = plan(hourly(kept));
  const forgetful = (operator: Operator): Operator => ({
    ...operator,
    counts: operator.counts,
    state: operator.state,
    advanceWatermark: (watermark, out) => operator.advanceWatermark(watermark, out),
    process: (batch, out, input) => {
      operator.process(batch, out, input);
      operator.counts.accepted -= 1;
    },
  });
  const wrong = new Run(
    { physical, functions: logical.functions, validators: new Map() },
    environment((planned, context) =>
      forgetful(createOperator(planned, { ...context, models: modelRegistry })),
    ),
    { batchRows: 64, isFresh: false },
  );
  await expect(wrong.finished).rejects.toMatchObject({ code: "RUN_COUNTS_DISAGREE" });
});

test("a forecast without windows needs a step: PLAN_FORECAST_STEP_MISSING", () => {
  const Value = t.row({ at: t.timestamp(), key: t.utf8(), value: t.float64() });
  const forecast = pipeline("values", (p) => {
    p.source("values", ndjson("values.ndjson", Value), { eventTime: (value) => value.at })
      .keyBy("key")
      .forecast("next", { value: "value", model: theta({ season: hours(24) }), horizon: hours(2) })
      .sink("table", duckdb({ table: "next", file: "next.duckdb" }));
  });
  expect(codesOf(forecast)).toEqual(["PLAN_FORECAST_STEP_MISSING"]);
});

test("a horizon that is not a number of steps: PLAN_FORECAST_HORIZON_INVALID", () => {
  const forecast = pipeline("orders", (p) => {
    p.source("orders", ndjson(input, Order), { eventTime: (order) => order.placedAt })
      .keyBy("shop")
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ orders: count() }))
      .forecast("next", {
        value: "orders",
        model: theta({ season: hours(24) }),
        horizon: minutes(90),
      })
      .sink("table", duckdb({ table: "next", file: "next.duckdb" }));
  });
  expect(codesOf(forecast)).toEqual(["PLAN_FORECAST_HORIZON_INVALID"]);
});

test("without DuckDB's driver: CONNECTOR_DRIVER_MISSING names the package, exit code 3", async () => {
  await buildPackages();
  const workspace = await Workspace.make();
  try {
    await writeOrders(workspace.path("orders.parquet"), 10);
    await workspace.write("orders.ts", ordersFile());
    await workspace.write(
      "absent.mjs",
      `import { register } from "node:module";
const hook = \`export function resolve(name, context, next) {
  if (name !== "@duckdb/node-api") return next(name, context);
  throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
}\`;
register("data:text/javascript," + encodeURIComponent(hook));`,
    );
    const words = ["--import", workspace.path("absent.mjs"), pipeFile, "run", "orders.ts"];
    const ended = await startProcess(words, workspace.directory).ended;
    checkExit(ended, 3);
    expect(ended.stderr).toMatch(
      /^CONNECTOR_DRIVER_MISSING .* needs the package @duckdb\/node-api/,
    );
  } finally {
    await workspace.remove();
  }
}, 60_000);

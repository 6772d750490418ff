import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  count,
  hours,
  isMillraceError,
  minutes,
  type Pipeline,
  pipeline,
  plan,
  run,
  type RunOptions,
  type RunStatus,
  start,
  t,
  tumbling,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildPackages, startProcess, Workspace } from "./cli/workspace.ts";

const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-run-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** An order a minute in a file of its own. */
async function writeOrders(name: string, orders: number): Promise<string> {
  const lines = Array.from(
    { length: orders },
    (_, minute) => `{"placedAt":${1_767_225_600_000 + minute * 60_000},"shop":"Bern"}`,
  );
  const path = join(directory, name);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** Orders per shop and hour; `follow` makes it endless. */
function hourly(
  input: string,
  output: string,
  options: { follow?: boolean; whenFresh?: "replace" | "append" } = {},
): Pipeline {
  const { follow = false, whenFresh = "replace" } = options;
  return pipeline("orders", (p) => {
    p.source("orders", ndjson(input, Order, { follow }), {
      eventTime: (order) => order.placedAt,
      outOfOrderness: minutes(5),
    })
      .keyBy("shop")
      .window(tumbling(hours(1)))
      .aggregate("hourly", () => ({ orders: count() }))
      .sink("table", duckdb({ table: "hourly", file: join(directory, output), whenFresh }));
  });
}

async function ordersIn(output: string): Promise<number[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`ATTACH '${join(directory, output)}' AS d (READ_ONLY); USE d;`);
    const reader = await connection.runAndReadAll(
      `SELECT orders::INT FROM hourly ORDER BY "windowStart"`,
    );
    return reader.getRows().map(([orders]) => Number(orders));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The code of what a call throws, at once or later. */
async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

test("run resolves to the summary of the whole input", async () => {
  const input = await writeOrders("a.ndjson", 150);
  const summary = await run(hourly(input, "a.duckdb"));
  expect(summary).toMatchObject({
    pipeline: "orders",
    outcome: "finished",
    isContinued: false,
    rowsRead: 150,
    sinkRows: { table: 3 },
  });
  expect(await ordersIn("a.duckdb")).toEqual([60, 60, 30]);
});

test("without `state` nothing is saved: no file but the sink's, and a second run starts afresh", async () => {
  const input = await writeOrders("a.ndjson", 60);
  await run(hourly(input, "a.duckdb"));
  const again = await run(hourly(input, "a.duckdb"));
  expect(again).toMatchObject({ isContinued: false, rowsReadHere: 60 });
  expect(await ordersIn("a.duckdb")).toEqual([60]);
  expect((await readdir(directory)).toSorted()).toEqual(["a.duckdb", "a.ndjson"]);
});

test("with `state` a stopped run is continued", async () => {
  const input = await writeOrders("a.ndjson", 90);
  const state = join(directory, "state");
  const first = await start(hourly(input, "a.duckdb", { follow: true }), { state });
  while ((first.status()?.rowsRead ?? 0) < 90) await new Promise((done) => setTimeout(done, 5));
  expect(await first.stop()).toMatchObject({ outcome: "stopped", rowsRead: 90 });
  const second = await start(hourly(input, "a.duckdb", { follow: true }), { state });
  while (second.status() === undefined) await new Promise((done) => setTimeout(done, 5));
  expect(second.status()).toMatchObject({ isContinued: true, rowsRead: 90, rowsReadHere: 0 });
  await second.close();
});

test.each([
  ["replace", [60]],
  ["append", [60, 60, 60]],
] as const)(
  "state of another directory starts afresh in a sink it did not write: %s",
  async (whenFresh, rows) => {
    const input = await writeOrders("a.ndjson", 60);
    const orders = hourly(input, "a.duckdb", { whenFresh });
    const [old, other] = [join(directory, "old"), join(directory, "other")];
    const first = await run(orders, { state: old });
    const second = await run(orders, { state: old, fresh: true });
    expect(second.generation).toBeGreaterThan(first.generation);
    const last = await run(orders, { state: other });
    expect(last).toMatchObject({ isContinued: false, rowsReadHere: 60 });
    expect(last.generation).toBeGreaterThan(second.generation);
    expect(await ordersIn("a.duckdb")).toEqual(rows);
  },
);

test("two runs in one process do not know of each other, even with the same name and sink file", async () => {
  const [a, b] = await Promise.all([writeOrders("a.ndjson", 60), writeOrders("b.ndjson", 90)]);
  const other = pipeline("other", (p) => {
    p.source("orders", ndjson(b, Order)).sink(
      "table",
      duckdb({ table: "all_orders", file: join(directory, "a.duckdb") }),
    );
  });
  const summaries = await Promise.all([
    run(hourly(a, "a.duckdb")),
    run(hourly(b, "b.duckdb")),
    run(other),
  ]);
  expect(summaries.map((summary) => summary.rowsRead)).toEqual([60, 90, 90]);
  expect(await ordersIn("a.duckdb")).toEqual([60]);
  expect(await ordersIn("b.duckdb")).toEqual([60, 30]);
});

test("two runs of one pipeline on one state directory: RUN_ALREADY_RUNNING, until the first is closed", async () => {
  const input = await writeOrders("a.ndjson", 60);
  const state = join(directory, "state");
  const first = await start(hourly(input, "a.duckdb", { follow: true }), { state });
  expect(await codeOf(() => run(hourly(input, "a.duckdb"), { state }))).toBe("RUN_ALREADY_RUNNING");
  await first.close();
  expect(await codeOf(() => run(hourly(input, "a.duckdb"), { state, fresh: true }))).toBe(
    undefined,
  );
});

test("`signal` stops the run; it resolves as stopped", async () => {
  const input = await writeOrders("a.ndjson", 90);
  const abort = new AbortController();
  const summary = await run(hourly(input, "a.duckdb", { follow: true }), {
    signal: abort.signal,
    progressEveryMs: 10,
    onProgress: (status) => {
      if (status.rowsRead === 90) abort.abort();
    },
  });
  expect(summary).toMatchObject({ outcome: "stopped", rowsRead: 90 });
});

test("a signal that was aborted before stops the run before it reads", async () => {
  const input = await writeOrders("a.ndjson", 90);
  const summary = await run(hourly(input, "a.duckdb", { follow: true }), {
    signal: AbortSignal.abort(),
  });
  expect(summary).toMatchObject({ outcome: "stopped", rowsReadHere: 0 });
});

test("onProgress gets statuses whose counts only grow", async () => {
  const input = await writeOrders("a.ndjson", 20_000);
  const statuses: RunStatus[] = [];
  await run(hourly(input, "a.duckdb"), {
    batchRows: 16,
    progressEveryMs: 1,
    onProgress: (status) => statuses.push(status),
  });
  expect(statuses.length).toBeGreaterThan(1);
  const rows = statuses.map((status) => status.rowsRead);
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
  expect(statuses.every(({ fraction }) => fraction !== undefined && fraction <= 1)).toBe(true);
});

test("an onProgress that throws stops the run: RUN_FUNCTION_FAILED", async () => {
  const input = await writeOrders("a.ndjson", 90);
  const failing = run(hourly(input, "a.duckdb", { follow: true }), {
    progressEveryMs: 5,
    onProgress: () => {
      throw new Error("no screen");
    },
  });
  await expect(failing).rejects.toMatchObject({
    code: "RUN_FUNCTION_FAILED",
    message: "A function of yours failed in onProgress: no screen.",
  });
});

test("status is undefined until the tasks are open, then counts, also after the end", async () => {
  const input = await writeOrders("a.ndjson", 60);
  const running = await start(hourly(input, "a.duckdb"));
  expect(running.status()).toBe(undefined);
  const summary = await running.finished;
  expect(running.status()).toMatchObject({ rowsRead: summary.rowsRead, sinkRows: { table: 1 } });
});

test("a run that fails rejects with the error and its place, and closes what it had open", async () => {
  const input = join(directory, "none.ndjson");
  const state = join(directory, "state");
  const failed = await run(hourly(input, "a.duckdb"), { state }).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    code: "FILE_NOT_FOUND",
    where: { pipeline: "orders", operatorId: "orders" },
  });
  await writeOrders("none.ndjson", 60);
  expect(await run(hourly(input, "a.duckdb"), { state })).toMatchObject({ rowsRead: 60 });
});

test.each<[string, RunOptions]>([
  ["partitions of 0", { partitions: 0 }],
  ["partitions of 241", { partitions: 241 }],
  ["partitions of 1.5", { partitions: 1.5 }],
  ["batchRows of 0", { batchRows: 0 }],
  ["batchRows of 1,048,577", { batchRows: 1_048_577 }],
  ["batchRows that is no number", { batchRows: Number.NaN }],
  ["progressEveryMs of 0", { progressEveryMs: 0 }],
])("%s is PLAN_ARGUMENT_INVALID", async (_, options) => {
  const input = await writeOrders("a.ndjson", 1);
  expect(await codeOf(() => run(hourly(input, "a.duckdb"), options))).toBe("PLAN_ARGUMENT_INVALID");
});

test("plan tells all problems together without running: PLAN_INVALID", async () => {
  const broken = pipeline("broken", (p) => {
    p.source("orders", ndjson("orders.ndjson", Order));
    p.source("orders", ndjson("orders.ndjson", Order));
  });
  let problems: readonly string[] = [];
  try {
    plan(broken);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect(error.code).toBe("PLAN_INVALID");
    problems = error.problems.map((problem) => problem.code);
  }
  expect(problems).toContain("PLAN_ID_DUPLICATE");
  expect(problems).toContain("PLAN_SINK_MISSING");
});

test("a connector that nobody registered: PLAN_CONNECTOR_UNKNOWN names the known ones", async () => {
  const source = { ...ndjson("orders.ndjson", Order), connector: "pigeon" };
  const lost = pipeline("lost", (p) => {
    p.source("orders", source).sink("table", duckdb({ table: "x", file: join(directory, "x") }));
  });
  await expect(run(lost)).rejects.toMatchObject({
    code: "PLAN_CONNECTOR_UNKNOWN",
    message: expect.stringContaining("files, duckdb, postgres, redis, mongodb, console"),
  });
});

test("a run leaves no handle open: the process ends by itself", async () => {
  await buildPackages();
  const workspace = await Workspace.make();
  try {
    const input = await writeOrders("a.ndjson", 60);
    await workspace.write(
      "library.mjs",
      `import { pipeline, run, start, t } from "millrace";
import { consoleTable } from "millrace/console";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });
const orders = (follow) => pipeline("orders", (p) => {
  const source = p.source("orders", ndjson(${JSON.stringify(input)}, Order, { follow }));
  source.sink("table", duckdb({ table: "orders", file: "library.duckdb" }));
});
const { rowsRead } = await run(orders(false), { state: "state", onProgress: () => {} });
const running = await start(orders(true), { state: "state", fresh: true });
await running.close();
const failed = await run(orders(false), { state: "state/none/\\0" }).catch((error) => error.name);
console.log(rowsRead, failed);
`,
    );
    const running = startProcess(["library.mjs"], workspace.directory);
    await running.wrote("60 ");
    const late = setTimeout(() => running.child.kill("SIGKILL"), 5_000);
    const { code, signal, stderr } = await running.ended;
    clearTimeout(late);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: "" });
  } finally {
    await workspace.remove();
  }
}, 60_000);

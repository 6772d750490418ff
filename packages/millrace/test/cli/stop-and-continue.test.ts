import { appendFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareHourly, ordersFile, writeOrders } from "./orders.ts";
import { buildPackages, checkExit, jsonLines, sql, Workspace } from "./workspace.ts";

const rows = 200_000;
/** With `SLOW` set, a run takes seconds: long enough to be stopped on the way. */
const steps = `.filter((order) => {
      if (order.amount === 0 && process.env["SLOW"] !== undefined) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
      return true;
    })`;
const slow = { env: { SLOW: "1" } };

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await writeOrders(workspace.path("orders.parquet"), rows);
}, 120_000);

afterAll(() => workspace.remove());

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s stops a run after a last commit; the next run continues to the result of an undisturbed one",
  async (signal) => {
    const database = `${signal}.duckdb`;
    const sink = `duckdb({ table: "hourly", file: "${database}" })`;
    await workspace.write(`${signal}.ts`, ordersFile({ steps, sink }));
    const words = ["run", `${signal}.ts`, "--state", signal, "--json"];
    const running = workspace.start([...words, "--batch-rows", "1024"], slow);
    await running.wrote('"type":"progress"');
    running.child.kill(signal);
    const stopped = await running.ended;
    expect({ code: stopped.code, signal: stopped.signal }).toEqual({ code: 0, signal: null });
    expect(stopped.stderr).toContain("stopping after a last commit");
    const first = jsonLines(stopped.stdout).at(-1) as { rowsRead: number };
    expect(first).toMatchObject({ type: "summary", outcome: "stopped", isContinued: false });
    expect(first.rowsRead).toBeLessThan(rows);

    const continued = await workspace.pipe(words);
    checkExit(continued, 0);
    expect(jsonLines(continued.stdout).at(-1)).toMatchObject({
      outcome: "finished",
      isContinued: true,
      rowsRead: rows,
      rowsReadHere: rows - first.rowsRead,
    });
    const compared = await compareHourly(
      workspace.path(database),
      workspace.path("orders.parquet"),
    );
    expect(compared).toEqual({ rows: 112, different: 0 });
  },
  60_000,
);

/** An order a minute. */
function orderLines(from: number, to: number): string {
  let text = "";
  for (let minute = from; minute < to; minute += 1) {
    const at = 1_767_225_600_000 + minute * 60_000;
    text += `{"placedAt":${at},"shop":"Bern","amount":1}\n`;
  }
  return text;
}

test("a followed file: a second run on the state is refused, and stopping keeps open windows", async () => {
  const input = workspace.path("growing.ndjson");
  await workspace.write("growing.ndjson", orderLines(0, 90));
  const parts = {
    source: 'ndjson("growing.ndjson", Order, { follow: true })',
    sink: 'duckdb({ table: "hourly", file: "growing.duckdb" })',
  };
  await workspace.write("growing.ts", ordersFile(parts));
  const words = ["run", "growing.ts", "--state", "growing", "--json"];
  const running = workspace.start(words);
  await running.wrote('"type":"progress"');

  const second = await workspace.pipe(["run", "growing.ts", "--state", "growing"]);
  expect(second.code).toBe(3);
  expect(second.stderr).toMatch(
    /^RUN_ALREADY_RUNNING {2}Pipeline "orders" is already running on "growing"\./,
  );

  running.child.kill("SIGTERM");
  const stopped = await running.ended;
  expect(stopped.code).toBe(0);
  expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ outcome: "stopped", rowsRead: 90 });

  await appendFile(input, orderLines(90, 200));
  const again = workspace.start(words);
  await again.wrote('"rowsRead":200');
  again.child.kill("SIGTERM");
  const last = await again.ended;
  checkExit(last, 0);
  expect(jsonLines(last.stdout).at(-1)).toMatchObject({
    isContinued: true,
    rowsRead: 200,
    rowsReadHere: 110,
  });
  const hours = await sql(
    `SELECT orders::INT AS orders FROM hourly ORDER BY "windowStart"`,
    workspace.path("growing.duckdb"),
  );
  expect(hours).toEqual([{ orders: 60 }, { orders: 60 }, { orders: 60 }]);
}, 60_000);

test("two signals end the process at once, and the state is still good", async () => {
  const sink = 'duckdb({ table: "hourly", file: "twice.duckdb" })';
  await workspace.write("twice.ts", ordersFile({ steps, sink }));
  const words = ["run", "twice.ts", "--state", "twice", "--json"];
  const running = workspace.start([...words, "--batch-rows", "1024"], slow);
  await running.wrote('"type":"progress"');
  running.child.kill("SIGINT");
  await running.wrote("press again");
  running.child.kill("SIGINT");
  await running.ended;
  checkExit(await workspace.pipe(words), 0);
  const compared = await compareHourly(
    workspace.path("twice.duckdb"),
    workspace.path("orders.parquet"),
  );
  expect(compared).toEqual({ rows: 112, different: 0 });
}, 60_000);

import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackages, checkExit, jsonLines, type Running, Workspace } from "./workspace.ts";

let workspace: Workspace;

beforeAll(async () => {
  await buildPackages();
  workspace = await Workspace.make();
  await workspace.write("a.ndjson", orderLines(0, 60));
  await workspace.write("b.ndjson", orderLines(0, 600));
}, 120_000);

afterAll(() => workspace.remove());

const startMs = Date.UTC(2026, 0, 1);

/** An order a minute. */
function orderLines(from: number, to: number): string {
  let text = "";
  for (let minute = from; minute < to; minute += 1) {
    text += `{"placedAt":${startMs + minute * 60_000},"shop":"Bern"}\n`;
  }
  return text;
}

/** Counts orders of two files, each a partition, which are read as they grow. */
function ordersFile(options: string, isFollowing = true): string {
  return `import { count, hours, minutes, pipeline, seconds, t, tumbling } from "millrace";
import { ndjson } from "millrace/files";
import { consoleTable } from "millrace/console";
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });
const files = ndjson(["a.ndjson", "b.ndjson"], Order, { follow: ${isFollowing} });
export default pipeline("orders", (p) => {
  p.source("orders", files, { eventTime: (order) => order.placedAt, ${options} })
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", () => ({ orders: count() }))
    .sink("table", consoleTable());
});
`;
}

/** Starts it and waits until it has read all there is. */
async function startOrders(name: string, options: string): Promise<Running> {
  await workspace.write(`${name}.ts`, ordersFile(options));
  const words = ["run", `${name}.ts`, "--state", name, "--partitions", "2", "--json"];
  const running = workspace.start(words);
  await running.wrote('"rowsRead":660');
  return running;
}

async function stop(running: Running): Promise<void> {
  running.child.kill("SIGTERM");
  checkExit(await running.ended, 0);
}

test("while it runs and after: the partition that holds the others is named", async () => {
  const running = await startOrders("never", 'idleAfter: "never"');
  const during = await workspace.pipe(["why-stuck", "never.ts", "--state", "never"]);
  checkExit(during, 1);
  expect(during.stdout).toBe(
    [
      "orders: event time stands at 2026-01-01T00:59:00.000Z",
      "  task 0 of stage-hourly (hourly) waits for task 0 of stage-orders (hourly-partial)",
      '  task 0 of stage-orders (hourly-partial) waits for partition 0 of the source "orders"',
      '  partition 0 of the source "orders" has nothing to read, and is never idle',
      "  hint: give the source an idleAfter, so that the others go on without it.",
      "",
    ].join("\n"),
  );
  await stop(running);
  const after = await workspace.pipe(["why-stuck", "never"]);
  checkExit(after, 1);
  expect(after.stdout).toContain('  partition 0 of the source "orders" has nothing to read');
  expect(after.stdout).toContain("  it does not run now; pipe run continues it\n");
}, 60_000);

test("pipelines on a shared log are found by --log, by file or all of them", async () => {
  const words = ["run", "never.ts", "--log", "shared", "--partitions", "2", "--json"];
  const running = workspace.start(words);
  await running.wrote('"rowsRead":660');
  for (const target of [["never.ts"], []]) {
    const ended = await workspace.pipe(["why-stuck", ...target, "--log", "shared"]);
    checkExit(ended, 1);
    expect(ended.stdout).toContain('  partition 0 of the source "orders" has nothing to read');
    expect(ended.stdout).not.toContain("does not run now");
  }
  await stop(running);
  const nowhere = await workspace.pipe(["why-stuck", "--log", "nowhere"]);
  expect(nowhere.stderr).toContain("FILE_NOT_FOUND");
}, 60_000);

test("an idle partition no longer holds the others; --json tells all, as does the run's own", async () => {
  const running = await startOrders("soon", "idleAfter: seconds(0)");
  await running.wrote('"isIdle":true,"isCaughtUp":true,"isEnded":false,"rowsRead":600');
  await running.wrote('"hourly":1767261540000');
  const { code, stdout } = await workspace.pipe(["why-stuck", "soon/orders", "--json"]);
  expect(code).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    {
      pipeline: "orders",
      status: "running",
      isRunning: true,
      isStuck: true,
      holds: [
        {
          watermark: startMs + 599 * 60_000,
          cause: { kind: "source", source: "orders", state: "idle", whenIdle: "follow" },
        },
      ],
    },
  ]);
  await stop(running);
}, 60_000);

test("a quiet stream that goes on with the clock is not stuck", async () => {
  const running = await startOrders("clock", 'idleAfter: seconds(0), whenIdle: "advance"');
  await running.wrote('"isIdle":true,"isCaughtUp":true,"isEnded":false,"rowsRead":600');
  // The clock's time reaches one task after the other: asked in between, the later one has to read.
  const answer = async (): Promise<string> => {
    const ended = await workspace.pipe(["why-stuck", "clock.ts", "--state", "clock"]);
    checkExit(ended, 0);
    return ended.stdout;
  };
  await expect
    .poll(answer, { timeout: 30_000 })
    .toContain("hint: event time goes on with the clock.");
  await stop(running);
}, 60_000);

test("a finished pipeline is not stuck", async () => {
  await workspace.write("done.ts", ordersFile("", false));
  checkExit(await workspace.pipe(["run", "done.ts", "--state", "done", "--json"]), 0);
  const { code, stdout } = await workspace.pipe(["why-stuck", "--state", "done"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "orders: finished, nothing waits\n" });
}, 60_000);

test("where nothing is saved, it says so", async () => {
  const { code, stderr } = await workspace.pipe(["why-stuck", "--state", "nothing-there"]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^FILE_NOT_FOUND {2}There is no "nothing-there"\./);
});

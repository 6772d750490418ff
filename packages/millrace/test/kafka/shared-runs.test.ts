import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@millrace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import {
  buildPackages,
  checkExit,
  type Ended,
  jsonLines,
  type Running,
  Workspace,
} from "../cli/workspace.ts";

/** Counts each user's orders by second; the counts of all windows add up to the orders. */
const pipelineFile = (
  name: string,
): string => `import { count, pipeline, seconds, sum, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";

const Order = t.row({ id: t.int64(), user: t.utf8(), amount: t.int64(), at: t.timestamp() });
const Total = t.row({
  user: t.utf8(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
  ids: t.int64(),
});

export default pipeline("${name}", (p) => {
  p.source("orders", topic("${name}-orders", json(Order), { until: "end" }), {
    eventTime: (order) => order.at,
    outOfOrderness: seconds(1),
  })
    .keyBy("user")
    .window(tumbling(seconds(1)))
    .aggregate("totals", (order) => ({ orders: count(), ids: sum(order.id) }))
    .sink("out", topic("${name}-totals", json(Total)));
});
`;

const orderCount = 60_000;
const partitions = 4;

function orderLines(): string {
  return Array.from({ length: orderCount }, (_, id) => {
    const at = new Date(1_700_000_000_000 + id * 5).toISOString();
    return JSON.stringify({ id, user: `user ${(id * 7) % 97}`, amount: id % 10, at });
  }).join("\n");
}

/** What plain TypeScript makes of the orders, as the lines that are expected, sorted. */
function expectedTotals(): string[] {
  const totals = new Map<string, { orders: number; ids: number }>();
  for (let id = 0; id < orderCount; id++) {
    const start = Math.floor((1_700_000_000_000 + id * 5) / 1000) * 1000;
    const key = `user ${(id * 7) % 97} ${start}`;
    const total = totals.get(key) ?? { orders: 0, ids: 0 };
    totals.set(key, { orders: total.orders + 1, ids: total.ids + id });
  }
  return [...totals].map(([key, { orders, ids }]) => `${key} ${orders} ${ids}`).toSorted();
}

function readTotals(text: string): string[] {
  return jsonLines(text)
    .map((row) => {
      const start = Date.parse(String(row["windowStart"]));
      return `${String(row["user"])} ${start} ${String(row["orders"])} ${String(row["ids"])}`;
    })
    .toSorted();
}

describeWithKafka("runs that share a pipeline on Kafka", (kafka) => {
  let workspace: Workspace;
  beforeAll(async () => {
    await buildPackages();
    workspace = await Workspace.make();
  }, 120_000);
  afterAll(() => workspace.remove());

  const log = (): string => `kafka://${kafka.brokers.join()}?sessionTimeoutMs=2000`;

  async function prepare(name: string): Promise<void> {
    await workspace.write(`${name}.ts`, pipelineFile(name));
    const words = ["topics", "write", `${name}-orders`, "--log", log(), "--partitions", "4"];
    const writing = workspace.start(words);
    writing.child.stdin?.end(orderLines());
    checkExit(await writing.ended, 0);
  }

  function startRun(name: string): Running {
    const words = ["run", `${name}.ts`, "--log", log(), "--partitions", String(partitions)];
    return workspace.start([...words, "--batch-rows", "500", "--json"]);
  }

  async function totals(name: string): Promise<string[]> {
    const read = await workspace.pipe(["topics", "read", `${name}-totals`, "--log", log()]);
    checkExit(read, 0);
    return readTotals(read.stdout);
  }

  test("two processes divide the partitions and end together", async () => {
    await prepare("pair");
    const runs = [startRun("pair"), startRun("pair")];
    const ended = await Promise.all(runs.map((run) => run.ended));
    for (const each of ended) checkExit(each, 0);
    expect(await totals("pair")).toEqual(expectedTotals());
    const read = ended.map(rowsReadHere);
    expect(read.reduce((sum, rows) => sum + rows)).toBe(orderCount);
  }, 120_000);

  test.each([1, 2])(
    "workers that are killed and started again leave no trace (seed %i)",
    async (seed) => {
      const name = `killed-${seed}`;
      await prepare(name);
      const random = seededRandom(seed);
      const runs = [startRun(name), startRun(name), startRun(name)];
      const outcomes: Ended[] = [];
      for (let kill = 0; kill < 4; kill++) {
        await sleep(700 + random.next() * 1500);
        const victim = Math.floor(random.next() * runs.length);
        const run = runs[victim] as Running;
        run.child.kill("SIGKILL");
        outcomes.push(await run.ended);
        runs[victim] = startRun(name);
      }
      for (const run of runs) checkExit(await run.ended, 0);
      expect(outcomes.some(({ signal }) => signal === "SIGKILL")).toBe(true);
      expect(await totals(name)).toEqual(expectedTotals());
    },
    180_000,
  );
});

function rowsReadHere({ stdout }: Ended): number {
  const last = jsonLines(stdout).at(-1);
  return Number(last?.["rowsReadHere"]);
}

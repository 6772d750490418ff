// Many small tests of a pipeline: what one costs, from its first row to its last window.
import { count, hours, instant, mean, minutes, pipeline, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { csv } from "millrace/files";
import { testPipeline } from "millrace/testing";
import { measureInTurn } from "./harness/measure.ts";
import { type BenchLine, printLines } from "./harness/report.ts";

const testCount = 300;
/** 1,000 tests in 10 seconds. */
const goalMs = 10;
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8(), amount: t.float64() });

const orders = pipeline("orders", (p) => {
  const given = p.source("orders", csv("orders.csv", Order), {
    eventTime: (order) => order.placedAt,
    outOfOrderness: minutes(5),
  });
  const table = given
    .where((order) => order.amount.gt(0))
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (order) => ({ orders: count(), meanAmount: mean(order.amount) }))
    .sink("table", consoleTable());
  return { orders: given, table };
});

/** How a test goes. */
interface TestKind {
  readonly partitions: number;
  readonly hasCrash: boolean;
}

async function testOnce({ partitions, hasCrash }: TestKind): Promise<void> {
  const at = (time: string): ReturnType<typeof instant> => instant(`2026-01-05T${time}:00Z`);
  const tested = testPipeline(orders, { partitions });
  await tested.send("orders", [
    { placedAt: at("08:02"), shop: "Bern", amount: 12.5 },
    { placedAt: at("08:40"), shop: "Oslo", amount: -40 },
    { placedAt: at("08:58"), shop: "Bern", amount: 30 },
  ]);
  tested.expect("table").toBeEmpty();
  if (hasCrash) await tested.crashAndRestore();
  await tested.advanceWatermark(at("09:00"));
  tested.expect("table").toContain({ shop: "Bern", orders: 2, meanAmount: 21.25 });
  await tested.close();
}

async function testAll(kind: TestKind): Promise<void> {
  for (let test = 0; test < testCount; test += 1) await testOnce(kind);
}

const kinds: Readonly<Record<string, TestKind>> = {
  "a test of 1 partition": { partitions: 1, hasCrash: false },
  "a test of 4 partitions": { partitions: 4, hasCrash: false },
  "a test of 1 partition with a crash": { partitions: 1, hasCrash: true },
};
const cases = Object.entries(kinds).map(([name, kind]) => ({ name, run: () => testAll(kind) }));
const found = await measureInTurn(cases, { warmUps: 1, repeats: 1 });
printLines(
  "tested-pipelines",
  [...found].map(([name, { cpuMs }]): BenchLine => ({
    case: `${name}, CPU time`,
    value: cpuMs / testCount,
    unit: "ms",
    baseline: goalMs,
    against: "the goal",
    lowerIsBetter: true,
  })),
);

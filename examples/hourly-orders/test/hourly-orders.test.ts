import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MemoryStore, rowsOf } from "@millrace/conformance";
import { run } from "millrace";
import { beforeAll, expect, test } from "vitest";
import hourlyOrders from "../pipeline.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const file = new URL("../orders.csv", import.meta.url);
const hourMs = 3_600_000;

/** What the table must show: a plain loop over the lines that are orders, in order of arrival. */
function expectedHours(): string[] {
  const amounts = new Map<string, number[]>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [placedAt = "", shop = "", text] = line.split(",");
    const amount = Number(text);
    if (!(amount > Number.NEGATIVE_INFINITY)) continue;
    const hour = Math.floor(Date.parse(placedAt) / hourMs) * hourMs;
    const isLate = hour + hourMs <= newest - 5 * 60_000;
    newest = Math.max(newest, Date.parse(placedAt));
    if (isLate || amount <= 0) continue;
    const key = `${new Date(hour).toISOString()} ${shop}`;
    amounts.set(key, [...(amounts.get(key) ?? []), amount]);
  }
  return [...amounts].map(([key, values]) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    return `${key} ${values.length} ${mean.toFixed(4)}`;
  });
}

// The example names its file from the repository's root, as `npx pipe run` does.
beforeAll(() => process.chdir(root));

test("the table holds the orders of each hour and shop, as a plain loop counts them", async () => {
  const store = new MemoryStore();
  const summary = await run(hourlyOrders, {
    connectors: { console: () => Promise.resolve(store.connector()) },
  });
  const rows = store.batches("table").flatMap((batch) => rowsOf(batch));
  const hours = rows.map((row) => {
    const start = new Date(Number(row["windowStart"])).toISOString();
    return `${start} ${row["shop"]} ${row["orders"]} ${Number(row["meanAmount"]).toFixed(4)}`;
  });
  expect(hours.toSorted()).toEqual(expectedHours().toSorted());
  expect(hours).toHaveLength(6);
  expect(summary).toMatchObject({ rowsRead: 17, rowsDeadLettered: 2, rowsLate: 1 });
});

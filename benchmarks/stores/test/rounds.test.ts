import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingFor } from "../../../dev/services/missing.mjs";
import { areServicesRequired } from "../../../dev/services/services.mjs";
import { expectedTables, writeOrders } from "../rounds/orders.ts";
import { planRound } from "../rounds/plan-round.ts";
import { reportOf } from "../rounds/report.ts";
import { type RoundResult, runRound } from "../rounds/run-round.ts";
import { storeNamed } from "../stores/store-list.ts";

// The long form is `npm run stores`.
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "millrace-stores-"));
});
afterAll(() => rm(scratch, { recursive: true }));

describe.each([
  { name: "postgres", orders: 6_000, batchRows: 20 },
  { name: "redis", orders: 6_000, batchRows: 20 },
  { name: "mongodb", orders: 200, batchRows: 50 },
] as const)("a pipeline and its $name that are killed", ({ name, orders, batchRows }) => {
  const missing = missingFor(name);
  const isSkipped = missing !== undefined && !areServicesRequired();
  const reason = isSkipped ? ` (skipped: ${missing})` : "";

  test.skipIf(isSkipped)(
    `leave each row once${reason}`,
    async () => {
      const directory = await mkdtemp(join(scratch, name));
      const input = writeOrders(directory, orders, 3);
      const expected = await expectedTables(input);
      const store = await storeNamed(name).open(directory);
      const setting = { store, input, expected, scratch: directory, timeoutMs: 110_000 };
      const plan = {
        ...planRound(2, 1, { store: name, hasServer: true }),
        partitions: 2,
        batchRows,
        pausesMs: [30, 60],
      };
      const result = await runRound(plan, setting).finally(() => store.close());
      expect(result.problem).toBeUndefined();
      expect(result).toMatchObject({ kind: "both", wrong: 0, missing: 0, isFlawless: true });
      expect(result.kills).toBe(1);
      expect(result.rows).toBe(expected.copies.length + expected.totals.length);
    },
    120_000,
  );
});

test("a plan depends on round and seed only, and only servers are restarted", () => {
  const postgres = { store: "postgres", hasServer: true };
  expect(planRound(7, 1, postgres)).toEqual(planRound(7, 1, postgres));
  expect(planRound(7, 1, postgres)).not.toEqual(planRound(7, 2, postgres));
  const kinds = [0, 1, 2].map((round) => planRound(round, 1, postgres).kind);
  expect(kinds).toEqual(["kill-worker", "restart-store", "both"]);
  for (const round of [0, 1, 2]) {
    const plan = planRound(round, 1, { store: "duckdb", hasServer: false });
    expect(plan.kind).toBe("kill-worker");
  }
});

test("a report counts rounds by store and kind, and names the flawed ones", () => {
  const { pausesMs: _, ...plan } = planRound(0, 1, { store: "duckdb", hasServer: false });
  const common = { seconds: 1, kills: 2, storeRestarts: 0, waits: 0, failures: [], rows: 1_500 };
  const good: RoundResult = { ...plan, ...common, wrong: 0, missing: 0, isFlawless: true };
  const bad: RoundResult = { ...good, round: 1, wrong: 3, isFlawless: false };
  const report = reportOf([good, bad]);
  expect(report).toContain("| duckdb, kill-worker | 2 | 1 | 3,000 | 3 | 0 | 4 | 0 | 0 |");
  expect(report).toContain("- duckdb, round 1 (seed 100003): kill-worker: 3 rows wrong, 0 missing");
});

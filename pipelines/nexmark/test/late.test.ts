import { describe, expect, test } from "vitest";
import { correctedQueries } from "../queries/corrected.ts";
import { queries } from "../queries/queries.ts";
import { isRight, runQuery } from "../run-query.ts";
import { useDataset } from "./dataset.ts";

const withLateRows = ["q5", "q7", "q11", "q12", "j2"];

describe.each([
  {
    name: "one partition",
    data: {},
    batchRows: 65_536,
    chosen: queries.filter(({ lateRule }) => lateRule !== undefined),
  },
  {
    name: "2 partitions, out of order",
    data: { partitions: 2, outOfOrder: 50 },
    batchRows: 1000,
    chosen: queries,
  },
])("5 % of the records beyond the bound, $name", ({ data, batchRows, chosen }) => {
  // 100 s of event time, so that most of the late records find their windows closed.
  const dataset = useDataset({ rate: 200, seed: 3, late: 0.05, ...data });

  test.each(chosen)("$name: result, late rows and their number equal DuckDB's", async (query) => {
    const { options, places, oracle } = dataset();
    const { partitions } = options;
    const outcome = await runQuery(query, places, { partitions, batchRows }, oracle);
    expect(outcome.verdict?.examples).toEqual([]);
    expect(outcome.verdict?.late?.examples ?? []).toEqual([]);
    expect(outcome.rowsLate).toBe(outcome.verdict?.lateExpected);
    expect(isRight(outcome)).toBe(true);
    if (withLateRows.includes(query.name)) {
      expect(outcome.verdict?.late?.rows).toBeGreaterThan(20);
    }
  });
});

describe("5 % of the records beyond the bound, windows corrected for 20 s", () => {
  const dataset = useDataset({ events: 6000, rate: 100, seed: 9, late: 0.05 });

  test.each(correctedQueries)("$name: $title", async (query) => {
    const { places, oracle } = dataset();
    const outcome = await runQuery(query, places, { batchRows: 1 }, oracle);
    const { verdict } = outcome;
    expect(verdict?.examples).toEqual([]);
    expect(verdict?.late?.examples).toEqual([]);
    expect(verdict?.changes?.examples ?? []).toEqual([]);
    expect(outcome.rowsLate).toBe(verdict?.lateExpected);
    expect(isRight(outcome)).toBe(true);
    if (query.name !== "l3") {
      expect(verdict?.changes?.rows).toBeGreaterThan(verdict?.rows ?? Infinity);
    }
  });
});

import { describe, expect, test } from "vitest";
import type { DatasetOptions } from "../data/write-files.ts";
import { queries } from "../queries/queries.ts";
import { isRight, runQuery } from "../run-query.ts";
import { useDataset } from "./dataset.ts";

interface Setting {
  readonly name: string;
  readonly data: Partial<DatasetOptions>;
  readonly batchRows: number;
}

const settings: readonly Setting[] = [
  { name: "in order, one partition", data: {}, batchRows: 65_536 },
  {
    name: "seed 7, out of order, 2 partitions",
    data: { seed: 7, outOfOrder: 50, partitions: 2 },
    batchRows: 1000,
  },
  {
    name: "seed 11, 20 records a ms, 4 partitions",
    data: { seed: 11, rate: 20_000, partitions: 4 },
    batchRows: 777,
  },
];

describe.each(settings)("$name", ({ data, batchRows }) => {
  const dataset = useDataset(data);

  test.each(queries)("$name ($title) equals DuckDB's answer", async (query) => {
    const { options, places, oracle } = dataset();
    const { partitions } = options;
    const outcome = await runQuery(query, places, { partitions, batchRows }, oracle);
    expect(outcome.verdict?.examples).toEqual([]);
    expect(isRight(outcome)).toBe(true);
    expect(outcome.verdict?.rows).toBeGreaterThan(0);
  });
});

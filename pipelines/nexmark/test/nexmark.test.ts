import { describe, expect, test } from "vitest";
import type { DatasetOptions } from "../data/write-files.ts";
import { queries } from "../queries/queries.ts";
import { isRight, runQuery } from "../run-query.ts";
import { useDataset } from "./dataset.ts";

interface Setting {
  readonly name: string;
  readonly data: Partial<DatasetOptions>;
  readonly batchRows: number;
  readonly threads?: number;
  /** Names of queries; by default all of them. */
  readonly only?: readonly string[];
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
  {
    name: "seed 13, out of order, 4 partitions, 2 threads",
    data: { seed: 13, outOfOrder: 50, partitions: 4 },
    batchRows: 1000,
    threads: 2,
    // One of each kind: starting threads takes longer than the queries do.
    only: ["q0", "q4", "q5", "q8", "q11", "q13", "q16", "q19", "j3"],
  },
];

const module = new URL("../thread-pipeline.ts", import.meta.url);

describe.each(settings)("$name", ({ data, batchRows, threads = 1, only }) => {
  const dataset = useDataset(data);

  const chosen = queries.filter(({ name }) => only?.includes(name) ?? true);
  test.each(chosen)("$name ($title) equals DuckDB's answer", async (query) => {
    const { options, places, oracle } = dataset();
    const { partitions } = options;
    const outcome = await runQuery(
      query,
      places,
      { partitions, batchRows, ...(threads === 1 ? {} : { threads, module }) },
      oracle,
    );
    expect(outcome.verdict?.examples).toEqual([]);
    expect(isRight(outcome)).toBe(true);
    expect(outcome.verdict?.rows).toBeGreaterThan(0);
  });
});

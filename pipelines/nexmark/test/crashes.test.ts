import { expect, test } from "vitest";
import { queries } from "../queries/queries.ts";
import { isRight, runQuery } from "../run-query.ts";
import { throughCrashes } from "./crashes.ts";
import { useDataset } from "./dataset.ts";

const dataset = useDataset({ events: 10_000, seed: 5, outOfOrder: 50, partitions: 2 });

test.each(queries)("$name ($title), killed at random commits, equals DuckDB's", async (query) => {
  const { options, places, oracle } = dataset();
  const { execute, counts } = throughCrashes(1 + queries.indexOf(query));
  const outcome = await runQuery(
    query,
    places,
    { partitions: options.partitions, batchRows: 1000, execute },
    oracle,
  );
  expect(outcome.verdict?.examples).toEqual([]);
  expect(isRight(outcome)).toBe(true);
  expect(counts.crashes + counts.unknown).toBeGreaterThan(0);
});

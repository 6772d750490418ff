import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatasetOptions, writeDataset } from "../data/write-files.ts";
import { Oracle } from "../oracle/oracle.ts";
import { queries } from "../queries/queries.ts";
import { runQuery } from "../run-query.ts";

const queriesFile = fileURLToPath(new URL("../oracle/queries.sql", import.meta.url));
const events = 20_000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-nexmark-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

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
  const options: DatasetOptions = {
    events,
    rate: 1000,
    seed: 42,
    outOfOrder: 1,
    partitions: 1,
    ...data,
  };
  let input: string;
  let oracle: Oracle;
  beforeAll(async () => {
    input = writeDataset(directory, options);
    oracle = await Oracle.open(input, queriesFile);
  });
  afterAll(() => oracle.close());

  test.each(queries)("$name ($title) equals DuckDB's answer", async (query) => {
    const scratch = join(directory, `${query.name}-${options.seed}`);
    const { partitions } = options;
    const { comparison } = await runQuery(
      query,
      { input, rate: options.rate, scratch },
      { partitions, batchRows },
      oracle,
    );
    expect(comparison).toMatchObject({ wrong: 0, missing: 0, examples: [] });
    expect(comparison?.rows).toBeGreaterThan(0);
  });
});

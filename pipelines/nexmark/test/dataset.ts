import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { type DatasetOptions, writeDataset } from "../data/write-files.ts";
import { Oracle } from "../oracle/oracle.ts";

/** A data set in a directory of its own, with DuckDB's answers. */
export interface Dataset {
  readonly options: DatasetOptions;
  /** Where the records are, and where a query may write. */
  readonly places: {
    readonly input: string;
    readonly rate: number;
    readonly keepsLate: boolean;
    readonly scratch: string;
  };
  readonly oracle: Oracle;
}

/** A data set for the tests of the file or group; by default 20,000 records of seed 42 in order. */
export function useDataset(given: Partial<DatasetOptions> = {}): () => Dataset {
  const options = { events: 20_000, rate: 1000, seed: 42, outOfOrder: 1, partitions: 1, ...given };
  let directory: string;
  let dataset: Dataset | undefined;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "millrace-nexmark-"));
    const input = writeDataset(directory, options);
    const sql = fileURLToPath(new URL("../oracle", import.meta.url));
    const oracle = await Oracle.open({
      directory: input,
      sql,
      hasLate: options.late !== undefined,
    });
    const keepsLate = options.late !== undefined;
    const scratch = join(directory, "scratch");
    const places = { input, rate: options.rate, keepsLate, scratch };
    dataset = { options, places, oracle };
  });
  afterAll(() => {
    dataset?.oracle.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    if (dataset === undefined) throw new Error("the data set is written before the tests");
    return dataset;
  };
}

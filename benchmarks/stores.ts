// What a sink costs: rows and token in writes of 50,000, against the store's own client that writes
// the same rows in transactions as large, or in pipelines, without a token.
//
// --store NAME  duckdb, postgres, redis or mongodb; default: all
import { parseArgs } from "node:util";
import { compareAll, type Comparison } from "./harness/compare.ts";
import { type BenchLine, printLines } from "./harness/report.ts";
import { compareDuckDb } from "./stores/throughput/duckdb.ts";
import { compareMongodb } from "./stores/throughput/mongodb.ts";
import { comparePostgres } from "./stores/throughput/postgres.ts";
import { compareRedis } from "./stores/throughput/redis.ts";

const stores = {
  duckdb: compareDuckDb,
  postgres: comparePostgres,
  redis: compareRedis,
  mongodb: compareMongodb,
};

const { values } = parseArgs({
  options: { store: { type: "string" }, json: { type: "boolean", default: false } },
});
const chosen = Object.entries(stores).filter(
  ([name]) => values.store === undefined || values.store === name,
);
if (chosen.length === 0) {
  process.stderr.write(`--store is one of ${Object.keys(stores).join(", ")}\n`);
  process.exit(2);
}
const lines: BenchLine[] = [];
for (const [name, compare] of chosen) {
  const measure = async (comparisons: readonly Comparison[]): Promise<void> => {
    const found = await compareAll(comparisons);
    lines.push(...found.map((line) => ({ ...line, case: `${name}, ${line.case}` })));
  };
  await compare(measure);
}
printLines("stores", lines);

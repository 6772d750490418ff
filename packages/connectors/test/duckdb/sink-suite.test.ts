import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sinkSuite } from "@millrace/conformance";
import { duckdb, duckdbConnector } from "../../src/duckdb/index.ts";
import { readTable } from "./read-table.ts";

sinkSuite({
  name: "DuckDB",
  skip: [
    {
      check: "a text that begins with a byte order mark keeps it",
      reason: "it does in the file, but DuckDB's driver leaves the mark out when it reads a text",
    },
  ],
  async start() {
    const directory = await mkdtemp(join(tmpdir(), "millrace-duckdb-suite-"));
    const file = join(directory, "test.duckdb");
    return {
      connector: duckdbConnector,
      descriptor: ({ name, key, whenFresh = "replace" }) => {
        const options = { table: name, file, whenFresh };
        return key === undefined ? duckdb(options) : duckdb({ ...options, key });
      },
      read: ({ name, schema }) => readTable(file, name, schema),
      stop: () => rm(directory, { recursive: true }),
    };
  },
});

import type { Connector } from "@millrace/core";
import { openDuckDbSink } from "./sink.ts";
import { openDuckDbSource } from "./source.ts";

/** DuckDB database files: tables as sinks, exactly once; tables and queries as bounded sources. */
export const duckdbConnector: Connector = {
  // Two instances on one file would not know of each other's transactions.
  isSingleOwner: true,
  openSource: openDuckDbSource,
  openSink: openDuckDbSink,
};

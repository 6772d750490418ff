import type { Connector } from "@millrace/core";
import { openDuckDbSink } from "./sink.ts";
import { openDuckDbSource } from "./source.ts";

/** DuckDB database files: tables as sinks, exactly once; tables and queries as bounded sources. */
export const duckdbConnector: Connector = {
  openSource: openDuckDbSource,
  openSink: openDuckDbSink,
};

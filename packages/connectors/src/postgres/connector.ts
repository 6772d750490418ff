import type { Connector } from "@millrace/core";
import { openPostgresSink } from "./sink.ts";

/** PostgreSQL: tables as sinks, exactly once. */
export const postgresConnector: Connector = { openSink: openPostgresSink };

import type { Connector } from "@millrace/core";
import { openMongodbSink } from "./sink.ts";

/** MongoDB: collections as sinks, exactly once. */
export const mongodbConnector: Connector = { openSink: openMongodbSink };

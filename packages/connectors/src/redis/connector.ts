import type { Connector } from "@millrace/core";
import { openRedisSink } from "./sink.ts";

/** Redis and its like: hashes, JSON texts, streams and sorted sets, exactly once; channels. */
export const redisConnector: Connector = { openSink: openRedisSink };

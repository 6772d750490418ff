import type { Connector } from "@millrace/core";
import { openTopicSink } from "./sink.ts";
import { openTopicSource } from "./source.ts";

/** Topics of the run's log as sources and sinks. */
export const topicConnector: Connector = { openTopicSource, openTopicSink };

import type { OpenSink } from "./sink.ts";
import type { OpenSource } from "./source.ts";
import type { OpenTopicSink } from "./topic.ts";

/** A connector's implementation, loaded when a plan first names it. */
export interface Connector {
  readonly openSource?: OpenSource;
  readonly openSink?: OpenSink;
  /** For sinks whose descriptor names a topic. */
  readonly openTopicSink?: OpenTopicSink;
}

/** Connectors by name; loading is deferred so that drivers are optional. */
export type ConnectorRegistry = Readonly<Record<string, () => Promise<Connector>>>;

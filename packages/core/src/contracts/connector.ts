import type { OpenSink } from "./sink.ts";
import type { OpenSource } from "./source.ts";
import type { OpenTopicSink, OpenTopicSource } from "./topic.ts";

/** A connector's implementation, loaded when a plan first names it. */
export interface Connector {
  /**
   * What it opens belongs to one thread, as a file with one owner: with `threads`, all tasks that
   * use it stay on the main thread. Sinks are there in any case.
   */
  readonly isSingleOwner?: boolean;
  readonly openSource?: OpenSource;
  readonly openSink?: OpenSink;
  /** Instead of `openSource`, where the source is a topic of the run's log. */
  readonly openTopicSource?: OpenTopicSource;
  /** For sinks whose descriptor names a topic. */
  readonly openTopicSink?: OpenTopicSink;
}

/** Connectors by name; loading is deferred so that drivers are optional. */
export type ConnectorRegistry = Readonly<Record<string, () => Promise<Connector>>>;

import type { OpenSink } from "./sink.ts";
import type { OpenSource } from "./source.ts";

/** A connector's implementation, loaded when a plan first names it. */
export interface Connector {
  readonly openSource?: OpenSource;
  readonly openSink?: OpenSink;
}

/** Connectors by name; loading is deferred so that drivers are optional. */
export type ConnectorRegistry = Readonly<Record<string, () => Promise<Connector>>>;

import type { ConnectorRegistry, SinkDescriptor, SinkToken } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** Sees each batch that the sink gets. */
export type TakeRows = (batch: RecordBatch) => void;

/** A sink that keeps nothing, so that only what comes before it is measured. */
export function countingSink(): SinkDescriptor {
  return { role: "sink", connector: "counting", options: {}, guarantee: "at-least-once" };
}

/** For `RunOptions.connectors`. */
export function countingConnector(take: TakeRows): ConnectorRegistry {
  const tokens = new Map<number, SinkToken>();
  const sink = {
    guarantee: "at-least-once" as const,
    startAfresh: () => Promise.resolve(),
    readToken: (partition: number) => Promise.resolve(tokens.get(partition)),
    write: (write: { partition: number; rows: readonly RecordBatch[]; next: SinkToken }) => {
      for (const batch of write.rows) take(batch);
      tokens.set(write.partition, write.next);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return { counting: () => Promise.resolve({ openSink: () => Promise.resolve(sink) }) };
}

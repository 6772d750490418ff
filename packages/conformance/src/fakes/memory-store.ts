import {
  type Connector,
  millraceError,
  type Sink,
  type SinkContext,
  type SinkToken,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

interface StoreTable {
  readonly batches: RecordBatch[];
  readonly tokens: Map<number, SinkToken>;
}

/**
 * A store in memory that outlives runs and keeps the `Sink` contract: rows and token move together,
 * by compare-and-set.
 */
export class MemoryStore {
  readonly #tables = new Map<string, StoreTable>();
  /** Called before each write; what it throws fails the write, with nothing written. */
  beforeWrite: (sinkId: string) => void = () => undefined;
  /** Called after each write; what it throws fails the call, with everything written. */
  afterWrite: (sinkId: string) => void = () => undefined;

  /** What a sink wrote, in the order of writing. */
  batches(sinkId: string): readonly RecordBatch[] {
    return this.#table(sinkId).batches;
  }

  connector(): Connector {
    return { openSink: (context) => Promise.resolve(this.#open(context)) };
  }

  #open({ sinkId, generation }: SinkContext): Sink {
    const table = this.#table(sinkId);
    return {
      guarantee: "exactly-once",
      startAfresh: async () => {
        const isOver = [...table.tokens.values()].some((token) => token.generation > generation);
        if (isOver) throw millraceError("SINK_FENCED", { sink: sinkId });
        table.batches.length = 0;
        table.tokens.clear();
      },
      readToken: (partition) => Promise.resolve(table.tokens.get(partition)),
      write: async ({ partition, rows, expected, next }) => {
        this.beforeWrite(sinkId);
        const actual = table.tokens.get(partition);
        if (actual?.offset !== expected?.offset || actual?.generation !== expected?.generation) {
          throw millraceError("SINK_FENCED", { sink: sinkId });
        }
        table.batches.push(...rows);
        table.tokens.set(partition, next);
        this.afterWrite(sinkId);
      },
      close: () => Promise.resolve(),
    };
  }

  #table(sinkId: string): StoreTable {
    const table = this.#tables.get(sinkId) ?? { batches: [], tokens: new Map() };
    this.#tables.set(sinkId, table);
    return table;
  }
}

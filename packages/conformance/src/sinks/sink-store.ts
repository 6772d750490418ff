import { rowsToBatch } from "@millrace/columnar";
import {
  assert,
  type Connector,
  findField,
  type RowSchema,
  type Sink,
  type SinkDescriptor,
  type SinkToken,
  systemClock,
} from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** A table, collection or the like that a check writes. */
export interface SinkTable {
  /** Small letters, digits and `_`; no other check has the same. */
  readonly name: string;
  /** Hidden columns included. */
  readonly schema: RowSchema;
  readonly key?: readonly string[];
  readonly whenFresh?: "replace" | "append";
}

/** A store as checks use it. */
export interface SinkStore {
  readonly connector: Connector;
  /** What a user would write for the table. */
  descriptor(table: SinkTable): SinkDescriptor;
  /** What stands in the table, as `batchToRows` would give it, in any order. */
  read(table: SinkTable): Promise<readonly object[]>;
}

/** What one check works on: a table of its own in the store. */
export class SinkFixture {
  readonly store: SinkStore;
  readonly name: string;
  readonly #opened: Sink[] = [];

  /** @param name of the table, and of the pipeline that writes it */
  constructor(store: SinkStore, name: string) {
    this.store = store;
    this.name = name;
  }

  /** Opens a sink of the table, as each run that writes it does. */
  async open(table: SinkTable, generation = 1): Promise<Sink> {
    const sink = await this.openAlone(table, generation);
    this.#opened.push(sink);
    return sink;
  }

  /** As `open`; the caller closes it. */
  async openAlone(table: SinkTable, generation = 1): Promise<Sink> {
    const open = this.store.connector.openSink;
    assert(open !== undefined, "the connector has a sink");
    return await open({
      pipeline: this.name,
      sinkId: "out",
      options: this.store.descriptor(table).options,
      schema: table.schema,
      generation,
      partitions: 4,
      clock: systemClock,
    });
  }

  /** What stands in the table, ordered by the column `id`. */
  async read(table: SinkTable): Promise<readonly object[]> {
    assert(findField(table.schema, "id") !== undefined, "the tables of checks have a column id");
    const rows = await this.store.read(table);
    return rows.toSorted((a, b) => idOf(a) - idOf(b));
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((sink) => sink.close()));
  }
}

function idOf(row: object): number {
  return Number((row as { id: unknown }).id);
}

/** A token of a generation, 1 by default. */
export function token(offset: number, generation = 1): SinkToken {
  return { generation, offset: BigInt(offset) };
}

/** Plain rows as one batch of the table. */
export function batchOf(table: SinkTable, rows: readonly object[]): RecordBatch {
  return rowsToBatch(table.schema, rows);
}

/** A check: its sentence names it. */
export type SinkCheck = (fixture: SinkFixture) => Promise<void>;

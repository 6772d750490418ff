import { t } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { batchOf, type SinkFixture, type SinkTable } from "./sink-store.ts";

const Reading = t.row({ id: t.int32(), name: t.utf8().nullable() });

/** A table of readings with a column that may be null. */
export function readingsTable(
  fixture: SinkFixture,
  options: Pick<SinkTable, "key" | "whenFresh"> = {},
): SinkTable {
  return { name: fixture.name, schema: Reading.schema, ...options };
}

/** Readings of some ids; those of even ids have no name. */
export function readings(...ids: number[]): RecordBatch[] {
  return [batchOf({ name: "", schema: Reading.schema }, readingRows(...ids))];
}

/** The same as plain rows. */
export function readingRows(...ids: number[]): object[] {
  return ids.map((id) => ({ id, name: id % 2 === 0 ? null : `reading ${id}` }));
}

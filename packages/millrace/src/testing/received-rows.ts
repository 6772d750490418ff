import { rowReader } from "@millrace/columnar";
import { foldByKey, foldChanges, type MemoryStore } from "@millrace/conformance/fakes";
import { hiddenColumns, isHiddenColumn, type RowSchema } from "@millrace/core";
import type { SinkNode } from "@millrace/plan";

/** A plain row, whose columns are not known to the compiler. */
export type PlainRow = Readonly<Record<string, unknown>>;

const weightReader = rowReader({
  fields: [{ name: hiddenColumns.weight, type: { kind: "int32", nullable: false } }],
});

/** The columns that a sink takes. */
export function sinkSchema({ schema }: SinkNode): RowSchema {
  return { fields: schema.fields.filter(({ name }) => !isHiddenColumn(name)) };
}

/**
 * What stands in a sink: the rows that came, in their order; of an updating stream those that have
 * not been taken back, as a store with the sink's key would hold them.
 */
export function receivedRows(store: MemoryStore, sink: SinkNode): PlainRow[] {
  const readRow = rowReader(sinkSchema(sink));
  const isUpdating = sink.updating !== undefined;
  const rows = store.batches(sink.id).flatMap((batch) =>
    Array.from({ length: batch.numRows }, (_, row) => ({
      ...readRow(batch, row),
      ...(isUpdating ? weightReader(batch, row) : {}),
    })),
  );
  if (!isUpdating) return rows;
  const { updatesKey = [] } = sink;
  return updatesKey.length > 0 ? foldByKey(rows, updatesKey) : foldChanges(rows);
}

import { batchToRows } from "@millrace/columnar";
import { type RowSchema, systemClock } from "@millrace/core";
import { duckdbConnector } from "../../src/duckdb/index.ts";

/** A table's rows as plain values of the columns of a schema, in the order of insertion. */
export async function readTable(
  file: string,
  table: string,
  schema: RowSchema,
): Promise<readonly object[]> {
  const source = await duckdbConnector.openSource?.({
    sourceId: "in",
    options: { file, table },
    schema,
    columns: schema.fields.map((field) => field.name),
    validators: new Map(),
    partitions: 1,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  if (source === undefined) throw new Error("The connector has no source.");
  const reader = await source.openReader(0, undefined);
  const rows: object[] = [];
  for (;;) {
    const batch = await reader.read(10_000);
    if (typeof batch === "string") break;
    rows.push(...(batchToRows(schema, batch.rows) as object[]));
  }
  await reader.close();
  await source.close();
  return rows;
}

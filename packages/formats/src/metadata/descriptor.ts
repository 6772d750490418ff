import { assertUserInput, type ColumnType, type FormatDescriptor, RowType } from "@millrace/core";
import type { MetadataColumn, MetadataColumns, MetadataOptions } from "./columns.ts";

/** A row with columns of metadata beside its own. */
export type WithMetadata<Row extends object, Columns extends MetadataColumns> = {
  readonly [Name in keyof Row | keyof Columns]: Name extends keyof Columns
    ? Columns[Name] extends MetadataColumn<infer Value>
      ? Value
      : never
    : Name extends keyof Row
      ? Row[Name]
      : never;
};

/**
 * Adds columns of what records have beside their values: keys, times, headers. They are read from
 * records of topics, and written with them; a record written without a time gets the log's.
 *
 * The embedded log holds values only: there, reading and writing such columns is refused.
 *
 * @throws MillraceError `PLAN_ARGUMENT_INVALID` when the row type has a column of such a name
 * @example
 * ```ts import.meta.vitest
 * import { t } from "@millrace/core";
 * import { json } from "../json/descriptor.ts";
 * import { recordHeader, recordKey } from "./columns.ts";
 *
 * const Flight = t.row({ origin: t.utf8() });
 * const flights = withMetadata(json(Flight), {
 *   flightId: recordKey(t.int64()),
 *   trace: recordHeader("traceparent"),
 * });
 * flights.rowType.schema.fields.map((field) => field.name); // => ["origin", "flightId", "trace"]
 * ```
 */
export function withMetadata<Row extends object, const Columns extends MetadataColumns>(
  format: FormatDescriptor<Row>,
  columns: Columns,
): FormatDescriptor<WithMetadata<Row, Columns>> {
  return withHeaders(format, columns, {});
}

/** The same, with headers that every written record has. */
export function withHeaders<Row extends object, const Columns extends MetadataColumns>(
  { format, options, rowType }: FormatDescriptor<Row>,
  columns: Columns,
  headers: MetadataOptions["headers"],
): FormatDescriptor<WithMetadata<Row, Columns>> {
  const all: Record<string, ColumnType<unknown>> = { ...rowType.columns };
  for (const [name, { column }] of Object.entries(columns)) {
    assertUserInput(!(name in all), `withMetadata: the row type has a column ${name} already`);
    all[name] = column;
  }
  const sources = Object.entries(columns).map(([name, { source }]) => [name, source]);
  const used: MetadataOptions = {
    format,
    formatOptions: options,
    columns: Object.fromEntries(sources) as MetadataOptions["columns"],
    headers,
  };
  return {
    format: "metadata",
    rowType: new RowType(all) as RowType<object> as RowType<WithMetadata<Row, Columns>>,
    options: used,
  };
}

/** Whether records of the format are written with keys. */
export function writesKeys({ format, options }: FormatDescriptor<object>): boolean {
  if (format !== "metadata") return false;
  return Object.values((options as MetadataOptions).columns).some(({ from }) => from === "key");
}

import { int64Column, rowsToBatch, withColumns } from "@millrace/columnar";
import { type FieldType, limits, type RowSchema, timeField } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { settleValue, type SettleValue } from "./settle-value.ts";

/** Rows that a user function gave to one output, with their event times. */
export class EmittedRows {
  readonly #schema: RowSchema;
  readonly #settle: readonly (readonly [FieldType, SettleValue])[];
  #rows: Record<string, unknown>[] = [];
  #times: number[] = [];
  #keptCount = 0;

  constructor(schema: RowSchema) {
    this.#schema = schema;
    this.#settle = schema.fields.map((field) => [field, settleValue(field.type, field.name)]);
  }

  /** @throws MillraceError, or TypeError when it is no row, for what the output does not hold */
  add(row: unknown, time: number): void {
    if (typeof row !== "object" || row === null) throw new TypeError("emit takes a row");
    const given = row as Record<string, unknown>;
    const settled: Record<string, unknown> = {};
    for (const [{ name }, settle] of this.#settle) settled[name] = settle(given[name]);
    this.#rows.push(settled);
    this.#times.push(time);
  }

  /** What was added belongs to a call that succeeded. */
  keep(): void {
    this.#keptCount = this.#rows.length;
  }

  /** Drops what was added since the last `keep`. */
  takeBack(): void {
    this.#rows.length = this.#keptCount;
    this.#times.length = this.#keptCount;
  }

  get isFull(): boolean {
    return this.#rows.length >= limits.batchRowsDefault;
  }

  /** The rows as a batch with `$time`; undefined when there are none. */
  take(): RecordBatch | undefined {
    const count = this.#rows.length;
    if (count === 0) return undefined;
    const batch = rowsToBatch(this.#schema, this.#rows);
    const times = int64Column(Float64Array.from(this.#times), count);
    this.#rows = [];
    this.#times = [];
    this.#keptCount = 0;
    return withColumns(batch, [timeField], [times]);
  }
}

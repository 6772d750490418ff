import { ColumnType, type ValueOf } from "./column-type.ts";
import type { FieldType, RowSchema } from "./data-type.ts";

/** Columns by name, as given to `t.row`. */
export type RowColumns = { readonly [name: string]: ColumnType<unknown> };

/** `{ a: ColumnType<number> }` → `{ a: number }`, flat so that hovers stay readable. */
export type RowOf<Columns extends RowColumns> = {
  -readonly [Name in keyof Columns]: ValueOf<Columns[Name]>;
};

/** A row of named columns: the type of a stream, or of one nested column. */
export class RowType<Row extends object> extends ColumnType<Row> {
  readonly columns: RowColumns;

  constructor(columns: RowColumns) {
    super({ kind: "row", nullable: false, fields: fieldsOf(columns) });
    this.columns = columns;
  }

  /** The columns as plain data. */
  get schema(): RowSchema {
    return { fields: fieldsOf(this.columns) };
  }
}

/** The row that a row type describes: `InferRow<typeof Flight>`. */
export type InferRow<Type> = Type extends RowType<infer Row> ? Row : never;

function fieldsOf(columns: RowColumns): FieldType[] {
  return Object.entries(columns).map(([name, column]) => ({ name, type: column.dataType }));
}

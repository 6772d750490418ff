import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type DataType, withNullable } from "./data-type.ts";

/**
 * A column type as users write it; `Value` is what user functions see.
 *
 * Immutable: each method returns a new one. `dataType` is its plain-data form.
 */
export class ColumnType<Value> {
  /** Only for inference; never present at run time. */
  declare readonly valueType: Value;
  readonly dataType: DataType;
  /** Checked for each decoded value, after the type itself; a failure is a dead letter. */
  readonly validators: readonly StandardSchemaV1[];

  constructor(dataType: DataType, validators: readonly StandardSchemaV1[] = []) {
    this.dataType = dataType;
    this.validators = validators;
  }

  /** Accepts null, too. */
  nullable(): ColumnType<Value | null> {
    return new ColumnType<Value | null>(withNullable(this.dataType, true), this.validators);
  }

  /**
   * Adds a check by any Standard Schema object (zod, valibot, arktype, …). A value it refuses makes
   * the row a dead letter `RECORD_VALIDATION_FAILED`; transformations of the schema are not
   * applied.
   *
   * **Cost** one call per row: the column leaves the vectorised path while it is checked. Null is
   * not checked.
   */
  validate(schema: StandardSchemaV1): ColumnType<Value> {
    return new ColumnType<Value>(this.dataType, [...this.validators, schema]);
  }
}

/** The TypeScript value of a column type. */
export type ValueOf<Column> = Column extends ColumnType<infer Value> ? Value : never;

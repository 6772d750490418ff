import { makeBatch, batchSchema, columnBuilder } from "@millrace/columnar";
import { ManualClock } from "@millrace/conformance";
import { type DataType, type FieldType, type RowSchema, timeField } from "@millrace/core";
import type { AggregateCall, AggregateName, Expression, OperatorSpec } from "@millrace/plan";
import { createOperator, type OperatorContext } from "@millrace/operators";
import type { StageOperator } from "@millrace/plan";
import type { Operator } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

export const utf8: DataType = { kind: "utf8", nullable: false };
export const float64: DataType = { kind: "float64", nullable: true };
export const int32: DataType = { kind: "int32", nullable: true };
export const int64: DataType = { kind: "int64", as: "number", nullable: false };
export const timestamp: DataType = { kind: "timestamp", unit: "ms", nullable: false };

export const watermarkField: FieldType = {
  name: "$watermark",
  type: { kind: "int64", as: "number", nullable: true },
};

export const lineageFields: readonly FieldType[] = [
  { name: "$source", type: { kind: "int32", nullable: false } },
  { name: "$partition", type: { kind: "int32", nullable: false } },
  { name: "$offset", type: int64 },
];

export function column(name: string, type: DataType): Expression {
  return { kind: "column", name, type };
}

/** A batch from plain rows, hidden columns included. */
export function batchOf(
  fields: readonly FieldType[],
  rows: readonly Readonly<Record<string, unknown>>[],
): RecordBatch {
  const columns = fields.map(({ name, type }) => {
    const builder = columnBuilder(type, rows.length);
    for (const row of rows) builder.append(row[name] ?? null);
    return builder.finish();
  });
  return makeBatch(batchSchema(fields), columns, rows.length);
}

const noModels: OperatorContext["models"] = { detectors: {}, forecasters: {} };

/** An operator from its spec. */
export function operatorOf(
  spec: OperatorSpec,
  schemas: {
    readonly input: RowSchema;
    readonly inputs?: readonly RowSchema[];
    readonly output: RowSchema;
  },
  context: Partial<OperatorContext> = {},
): Operator {
  const operator: StageOperator = {
    id: "under-test",
    spec,
    inputs: [],
    inputSchemas: schemas.inputs ?? [schemas.input],
    outputSchema: schemas.output,
    order: "order-free",
    nodeIds: [],
  };
  return createOperator(operator, {
    pipeline: "tests",
    operatorId: "under-test",
    functions: new Map(),
    models: noModels,
    clock: new ManualClock(),
    ...context,
  });
}

/** An aggregate call over a column. */
export function call(
  name: AggregateName,
  argument: Expression | undefined,
  type: DataType,
  more: Partial<AggregateCall> = {},
): AggregateCall {
  const base = { function: name, distinct: false, type, ...more };
  return argument === undefined ? base : { ...base, argument };
}

export { timeField };

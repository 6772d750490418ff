import {
  type FieldType,
  findField,
  formatDataType,
  isHiddenColumn,
  type RowSchema,
} from "@millrace/core";
import { type Expression, joinColumn, type NamedExpression } from "@millrace/plan";
import { isExpressionValue } from "../expression/expression-value.ts";
import { expressionRow } from "../expression/expression-row.ts";
import { unknownLiteral, unknownType } from "../expression/literal.ts";
import { booleanType } from "../expression/result-type.ts";
import { reportProblem, runCallback } from "../expression/scope.ts";

/** A callback of a vectorised step, as it is at run time. */
export type RowCallback = (row: never) => unknown;

function expressionsIn(result: unknown): Expression[] {
  if (isExpressionValue(result)) return [result.expression];
  if (typeof result !== "object" || result === null) return [];
  return Object.values(result)
    .filter(isExpressionValue)
    .map((value) => value.expression);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Runs a callback over a row of expressions; expressions it leaves unused are reported. */
export function runRowCallback(step: string, schema: RowSchema, callback: RowCallback): unknown {
  const row = expressionRow(schema);
  return runCallback(step, () => callback(row as never), expressionsIn);
}

/** The condition that a callback gives; anything else is reported. */
export function conditionOf(step: string, schema: RowSchema, callback: RowCallback): Expression {
  return checkedCondition(step, runRowCallback(step, schema, callback));
}

/** The condition that a callback gives which sees more than a row; anything else is reported. */
export function conditionFrom(step: string, body: () => unknown): Expression {
  return checkedCondition(step, runCallback(step, body, expressionsIn));
}

/** The named expressions that a callback gives which sees more than a row. */
export function columnsGiven(step: string, body: () => unknown): NamedExpression[] {
  return namedExpressions(step, runCallback(step, body, expressionsIn));
}

/** The condition that a callback over a join's two rows gives; anything else is reported. */
export function pairCondition(
  step: string,
  schemas: { readonly left: RowSchema; readonly right: RowSchema },
  callback: (left: never, right: never) => unknown,
): Expression {
  return checkedCondition(step, runPairCallback(step, schemas, callback));
}

/** The named expressions that a callback over a join's left row gives. */
export function leftColumns(
  step: string,
  left: RowSchema,
  callback: RowCallback,
): NamedExpression[] {
  return joinColumnsFrom(step, { left, right: { fields: [] } }, callback);
}

/** The timestamp that a callback over a join's left row gives; anything else is reported. */
export function leftExpression(step: string, left: RowSchema, callback: RowCallback): Expression {
  const result = runPairCallback(step, { left, right: { fields: [] } }, callback);
  const expected = "a timestamp of the left row, such as left.expires";
  if (!isExpressionValue(result)) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: nameOf(result) });
    return unknownLiteral;
  }
  const { type } = result.expression;
  const isTime = type === unknownType || (type.kind === "timestamp" && type.unit === "ms");
  if (!isTime) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: formatDataType(type) });
  }
  return result.expression;
}

function checkedCondition(step: string, result: unknown): Expression {
  const expected = "a condition made of expressions, such as row.x.gt(5)";
  if (!isExpressionValue(result)) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: nameOf(result) });
    return { ...unknownLiteral, type: booleanType } as Expression;
  }
  const { type } = result.expression;
  if (type.kind !== "boolean" && type !== unknownType) {
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: formatDataType(type) });
  }
  return result.expression;
}

/** The named expressions that a callback gives; anything else is reported. */
export function columnsFrom(
  step: string,
  schema: RowSchema,
  callback: RowCallback,
): NamedExpression[] {
  return namedExpressions(step, runRowCallback(step, schema, callback));
}

/** The named expressions that a callback over a join's two rows gives. */
export function joinColumnsFrom(
  step: string,
  schemas: { readonly left: RowSchema; readonly right: RowSchema },
  callback: (left: never, right: never) => unknown,
): NamedExpression[] {
  return namedExpressions(step, runPairCallback(step, schemas, callback));
}

function runPairCallback(
  step: string,
  schemas: { readonly left: RowSchema; readonly right: RowSchema },
  callback: (left: never, right: never) => unknown,
): unknown {
  const left = expressionRow(schemas.left, (name) => joinColumn("left", name));
  const right = expressionRow(schemas.right, (name) => joinColumn("right", name));
  const body = (): unknown => callback(left as never, right as never);
  return runCallback(step, body, expressionsIn);
}

function namedExpressions(step: string, result: unknown): NamedExpression[] {
  if (typeof result !== "object" || result === null || isExpressionValue(result)) {
    const expected = "an object of expressions, such as ({ x: row.x })";
    const actual = isExpressionValue(result) ? "one expression" : nameOf(result);
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual });
    return [];
  }
  return Object.entries(result).map(([name, value]) => {
    checkName(step, name);
    if (isExpressionValue(value)) return { name, expression: value.expression };
    const expected = `an expression for ${name}`;
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual: nameOf(value) });
    return { name, expression: unknownLiteral };
  });
}

/** Reports a name that no column of the user's may have. */
export function checkName(step: string, name: string): void {
  if (!isHiddenColumn(name) && name !== "") return;
  const reason = "names that start with $ are Millrace's own";
  const problem = `${step}: ${JSON.stringify(name)} cannot name a column; ${reason}`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** Reports names that the stream does not have; gives those that it has. */
export function knownNames(step: string, schema: RowSchema, names: readonly string[]): string[] {
  const columns = schema.fields.map((field) => field.name);
  for (const column of names) {
    if (!columns.includes(column)) {
      reportProblem("PLAN_COLUMN_UNKNOWN", { step, column, columns });
    }
  }
  return names.filter((name) => columns.includes(name));
}

/** Reports a name that stands twice. */
export function checkDuplicates(step: string, fields: readonly FieldType[]): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) reportProblem("PLAN_COLUMN_DUPLICATE", { step, column: name });
    seen.add(name);
  }
}

/**
 * Reports where a sink's row type is not that of the stream: other columns, or types that do not
 * hold the stream's. The order of the columns does not matter.
 */
export function checkTaken(step: string, stream: RowSchema, taken: RowSchema): void {
  const columns = stream.fields.map((field) => field.name);
  for (const { name } of taken.fields) {
    if (!columns.includes(name))
      reportProblem("PLAN_COLUMN_UNKNOWN", { step, column: name, columns });
  }
  for (const { name, type } of stream.fields) {
    const wanted = findField(taken, name)?.type;
    if (wanted === undefined) {
      const problem = `${step}: the sink's row type has no column ${name}; select without it`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
      continue;
    }
    const isHeld = formatDataType({ ...type, nullable: wanted.nullable || type.nullable });
    if (type === unknownType || isHeld === formatDataType(wanted)) continue;
    const actual = `${name}, which is ${formatDataType(type)}`;
    const expected = `${formatDataType(wanted)} for ${name}`;
    reportProblem("PLAN_TYPE_MISMATCH", { step, expected, actual });
  }
}

/** The column as it is. */
export function columnOf(field: FieldType): NamedExpression {
  const expression: Expression = { kind: "column", name: field.name, type: field.type };
  return { name: field.name, expression };
}

/** The fields that named expressions make. */
export function fieldsOf(columns: readonly NamedExpression[]): FieldType[] {
  return columns.map(({ name, expression }) => ({ name, type: expression.type }));
}

import { type FieldType, findField, formatDataType, type RowSchema } from "@millrace/core";
import {
  type Expression,
  joinColumn,
  type JoinKind,
  type JoinSideName,
  type LogicalNode,
  type NamedExpression,
} from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { checkDuplicates, fieldsOf, joinColumnsFrom } from "./step-columns.ts";

/** The nodes that a join reads. */
export interface JoinInputs {
  readonly left: LogicalNode;
  readonly right: LogicalNode;
}

/** A callback of a join over its two rows, as it is at run time. */
export type JoinCallback = (left: never, right: never) => unknown;

/** Whether a side's columns may be missing in a join of that kind. */
function isOptional(side: JoinSideName, kind: JoinKind): boolean {
  return kind === "full" || kind === (side === "left" ? "right" : "left");
}

/** What all joins have: inputs, keys and the selected columns; what is wrong is reported. */
export function joinedBase(
  step: string,
  inputs: JoinInputs,
  options: { readonly kind?: JoinKind; readonly select: JoinCallback },
): Pick<LogicalNode, "inputs" | "schema" | "keys"> & {
  readonly joinKeys: readonly string[];
  readonly joinKind: JoinKind;
  readonly columns: readonly NamedExpression[];
} {
  const { left, right } = inputs;
  checkKeyTypes(step, inputs);
  const joinKind = options.kind ?? "inner";
  checkKind(step, joinKind);
  const joined = joinedColumns(step, inputs, options);
  return { inputs: [left.id, right.id], joinKeys: left.keys, joinKind, ...joined };
}

/** The selected columns, and the keys of the left that the result still has. */
export function joinedColumns(
  step: string,
  { left, right }: JoinInputs,
  options: { readonly kind?: JoinKind; readonly select: JoinCallback },
): Pick<LogicalNode, "schema" | "keys"> & { readonly columns: readonly NamedExpression[] } {
  const joinKind = options.kind ?? "inner";
  const schemas = {
    left: isOptional("left", joinKind) ? nullable(left.schema) : left.schema,
    right: isOptional("right", joinKind) ? nullable(right.schema) : right.schema,
  };
  const columns = joinColumnsFrom(step, schemas, options.select);
  const fields = fieldsOf(columns);
  checkDuplicates(step, fields);
  return { schema: { fields }, keys: keysLeft(step, left.keys, joinKind, columns), columns };
}

function checkKind(step: string, kind: JoinKind): void {
  if (["inner", "left", "right", "full"].includes(kind)) return;
  const problem = `${step}: kind must be inner, left, right or full`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** Equal values must have equal hashes on both sides: names and types are the same. */
function checkKeyTypes(step: string, { left, right }: JoinInputs): void {
  const text = (side: LogicalNode): string =>
    side.keys
      .map((key) => findField(side.schema, key))
      .filter((field) => field !== undefined)
      .map(({ name, type }) => `${name}: ${formatDataType({ ...type, nullable: false })}`)
      .join(", ");
  const expected = text(left);
  const actual = text(right);
  if (expected === actual) return;
  reportProblem("PLAN_TYPE_MISMATCH", {
    step,
    expected: `the right stream to be keyed by ${expected}`,
    actual: actual === "" ? "a stream without keys" : actual,
  });
}

function nullable(schema: RowSchema): RowSchema {
  const fields = schema.fields.map(({ name, type }): FieldType => ({
    name,
    type: { ...type, nullable: true },
  }));
  return { fields };
}

/** The keys where the result has all of them; a name that now means something else is reported. */
function keysLeft(
  step: string,
  keys: readonly string[],
  kind: JoinKind,
  columns: readonly NamedExpression[],
): readonly string[] {
  if (!keys.every((key) => columns.some(({ name }) => name === key))) return [];
  for (const { name, expression } of columns) {
    if (!keys.includes(name) || isKey(name, expression, kind)) continue;
    const problem =
      kind === "full"
        ? `${step}: ${name} is a key, and either side may be missing; select coalesce(left.${name}, right.${name})`
        : `${step}: ${name} is a key and cannot be replaced; choose another name`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return keys;
}

/** Whether an expression gives the key of every row of the result. */
function isKey(name: string, expression: Expression, kind: JoinKind): boolean {
  const own = [joinColumn("left", name), joinColumn("right", name)];
  if (expression.kind === "call" && expression.function === "coalesce") {
    const parts = expression.arguments.map((part) => (part.kind === "column" ? part.name : ""));
    return parts.length === 2 && own.every((column) => parts.includes(column));
  }
  if (expression.kind !== "column" || !own.includes(expression.name)) return false;
  const [left, right] = own;
  return (
    (expression.name === left && !isOptional("left", kind)) ||
    (expression.name === right && !isOptional("right", kind))
  );
}

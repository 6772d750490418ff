import {
  type Duration,
  type FieldType,
  findField,
  formatDataType,
  type RowSchema,
} from "@millrace/core";
import {
  type IntervalJoinNode,
  joinColumn,
  type JoinKind,
  type NamedExpression,
} from "@millrace/plan";
import { reportProblem } from "../expression/scope.ts";
import { checkDuplicates, fieldsOf, joinColumnsFrom } from "./step-columns.ts";

/** Options of `intervalJoin`, as they are at run time. */
export interface JoinArguments {
  readonly lower: Duration;
  readonly upper: Duration;
  readonly kind?: JoinKind;
  readonly select: (left: never, right: never) => unknown;
}

interface JoinInputs {
  readonly left: {
    readonly schema: RowSchema;
    readonly keys: readonly string[];
    readonly id: string;
  };
  readonly right: {
    readonly schema: RowSchema;
    readonly keys: readonly string[];
    readonly id: string;
  };
}

/** The node of a join; what is wrong with it is reported. */
export function intervalJoinNode(
  step: string,
  id: string,
  { left, right }: JoinInputs,
  options: JoinArguments,
): IntervalJoinNode {
  checkBounds(step, options);
  checkKeyTypes(step, { left, right });
  const joinKind = options.kind ?? "inner";
  const rightSchema = joinKind === "left" ? nullable(right.schema) : right.schema;
  const columns = joinColumnsFrom(step, { left: left.schema, right: rightSchema }, options.select);
  const fields = fieldsOf(columns);
  checkDuplicates(step, fields);
  return {
    kind: "intervalJoin",
    id,
    inputs: [left.id, right.id],
    schema: { fields },
    keys: keysLeft(step, left.keys, joinKind, columns),
    joinKeys: left.keys,
    lowerMs: options.lower,
    upperMs: options.upper,
    joinKind,
    columns,
  };
}

function checkBounds(step: string, { lower, upper }: JoinArguments): void {
  if (Number.isSafeInteger(lower) && Number.isSafeInteger(upper) && lower <= upper) return;
  const problem = `${step}: lower and upper must be durations, and lower not above upper`;
  reportProblem("PLAN_ARGUMENT_INVALID", { problem });
}

/** Equal values must have equal hashes on both sides: names and types are the same. */
function checkKeyTypes(step: string, { left, right }: JoinInputs): void {
  const text = (side: JoinInputs["left"]): string =>
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
    const own = [
      joinColumn("left", name),
      ...(kind === "inner" ? [joinColumn("right", name)] : []),
    ];
    const isSame = expression.kind === "column" && own.includes(expression.name);
    if (!keys.includes(name) || isSame) continue;
    const problem = `${step}: ${name} is a key and cannot be replaced; choose another name`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }
  return keys;
}

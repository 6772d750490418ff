import { type ColumnType, type DataType, Decimal } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import type {
  BooleanExpression,
  ColumnExpression,
  ExpressionOf,
  PointInTime,
  ValueOfExpression,
} from "./expression-types.ts";
import { callValue, ExpressionValue, isExpressionValue, operandOf } from "./expression-value.ts";
import { literalBeside, literalOf } from "./literal.ts";
import { booleanType, commonType, expectKind, float64Type } from "./result-type.ts";
import { reportProblem } from "./scope.ts";

/** Plain values that may stand for an expression of their own. */
export type PlainValue = string | number | boolean | bigint | Decimal | Uint8Array | null;

/** `5` → number, `"a"` → string; branded values keep their brand. */
export type Widened<Value> = Value extends PointInTime
  ? Value
  : Value extends boolean
    ? boolean
    : Value extends number
      ? Value extends { readonly [brand: symbol]: string }
        ? Value
        : number
      : Value extends string
        ? string
        : Value extends bigint
          ? bigint
          : Value;

type OperandValue<Operand> =
  Operand extends ColumnExpression<unknown> ? ValueOfExpression<Operand> : Widened<Operand>;

/** Null only where every operand may be null. */
type FirstKnown<Operands extends readonly unknown[]> =
  | Exclude<OperandValue<Operands[number]>, null>
  | ([
      {
        [Index in keyof Operands]: null extends OperandValue<Operands[Index]> ? never : true;
      }[number],
    ] extends [never]
      ? null
      : never);

/**
 * A plain value as an expression. Whole numbers are int64, others float64, unless a type is given.
 *
 * @example
 * ```ts import.meta.vitest
 * literal("2001-01-01", t.date())
 * ```
 */
export function literal<Value>(value: NoInfer<Value>, type: ColumnType<Value>): ExpressionOf<Value>;
export function literal<const Value extends PlainValue>(value: Value): ExpressionOf<Widened<Value>>;
export function literal(value: unknown, type?: ColumnType<unknown>): unknown {
  const expression = type === undefined ? literalBeside(value, undefined) : literalOf(value, type);
  return new ExpressionValue(expression);
}

/**
 * An exact decimal: `f.price.times(decimal("0.908"))`.
 *
 * Its precision is that of the digits given: `"0.908"` is a decimal<4,3>, and an int64 times it a
 * decimal<23,3>.
 *
 * @param text digits with an optional sign and point, without exponent
 * @throws RangeError when the text is not a decimal number
 */
export function decimal(text: string): ExpressionOf<Decimal> {
  return literal(Decimal.parse(text)) as ExpressionOf<Decimal>;
}

/**
 * Expressions of operands, plain values typed by the first operand that is an expression (or float
 * beside 2.5).
 */
function operandsOf(operands: readonly unknown[]): Expression[] {
  const typed = operands.find(isExpressionValue)?.expression.type;
  const first = typed ?? operandOf(operands.find((o) => o !== null)).type;
  return operands.map((operand) => {
    const isFraction = typeof operand === "number" && !Number.isSafeInteger(operand);
    const peer = isFraction && first.kind !== "decimal" ? float64Type : first;
    return operandOf(operand, peer);
  });
}

function firstKnown(name: "least" | "greatest" | "coalesce", values: readonly unknown[]): unknown {
  if (values.length === 0) {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${name} needs at least one value` });
    return new ExpressionValue(literalBeside(0, undefined));
  }
  const operands = operandsOf(values);
  const nullable = operands.every((operand) => operand.type.nullable);
  return callValue(name, operands, commonType(operands.map((o) => o.type)), nullable);
}

/** The smallest value; nulls are ignored, and it is null where all are. */
export function least<const Operands extends readonly unknown[]>(
  ...values: Operands
): ExpressionOf<FirstKnown<Operands>> {
  return firstKnown("least", values) as ExpressionOf<FirstKnown<Operands>>;
}

/** The greatest value; nulls are ignored, and it is null where all are. */
export function greatest<const Operands extends readonly unknown[]>(
  ...values: Operands
): ExpressionOf<FirstKnown<Operands>> {
  return firstKnown("greatest", values) as ExpressionOf<FirstKnown<Operands>>;
}

/** The first value that is not null. */
export function coalesce<const Operands extends readonly unknown[]>(
  ...values: Operands
): ExpressionOf<FirstKnown<Operands>> {
  return firstKnown("coalesce", values) as ExpressionOf<FirstKnown<Operands>>;
}

type Condition = BooleanExpression<boolean | null>;

/** A choice that lacks its last branch. */
export interface CaseBuilder<out Value> {
  /** The value where this condition is the first that is true; a null condition is false. */
  when<const Branch>(
    condition: Condition,
    value: Branch,
  ): CaseBuilder<Value | OperandValue<Branch>>;
  /** The value where no condition is true. */
  otherwise<const Branch>(value: Branch): ExpressionOf<Value | OperandValue<Branch>>;
}

class Case {
  readonly #conditions: readonly Expression[];
  readonly #values: readonly unknown[];

  constructor(conditions: readonly Expression[], values: readonly unknown[]) {
    this.#conditions = conditions;
    this.#values = values;
  }

  when(condition: unknown, value: unknown): Case {
    const checked = operandOf(condition, booleanType);
    expectKind(checked.type, ["boolean"], "a condition");
    return new Case([...this.#conditions, checked], [...this.#values, value]);
  }

  otherwise(value: unknown): ExpressionValue {
    const values = operandsOf([...this.#values, value]);
    const known = values.filter((v) => v.kind !== "literal" || v.value !== null);
    const types = (known.length > 0 ? known : values).map((v): DataType => v.type);
    const branches = this.#conditions.flatMap((c, i) => [c, values[i] as Expression]);
    const operands = [...branches, values[values.length - 1] as Expression];
    const nullable = values.some((v) => v.type.nullable);
    return callValue("case", operands, commonType(types), nullable);
  }
}

/**
 * Chooses a value by conditions: `when(f.delay.gt(60), "late").when(f.delay.gt(15),
 * "some").otherwise("on time")`.
 *
 * The first true condition decides; a null condition is false.
 */
export function when<const Branch>(
  condition: Condition,
  value: Branch,
): CaseBuilder<OperandValue<Branch>> {
  const builder: unknown = new Case([], []).when(condition, value);
  return builder as CaseBuilder<OperandValue<Branch>>;
}

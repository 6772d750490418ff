import { type RowSchema, withNullable } from "@millrace/core";
import { type AggregateCall, type MatchCall, matchCallType } from "@millrace/plan";
import { count, max, mean, min, sum } from "../aggregate/aggregates.ts";
import { aggregateCallOf } from "../aggregate/placeholder.ts";
import type { ColumnExpression } from "../expression/expression-types.ts";
import { expressionRow } from "../expression/expression-row.ts";
import { ExpressionValue } from "../expression/expression-value.ts";
import { currentStep, reportProblem, withoutNoting } from "../expression/scope.ts";

/** A variable as a callback sees it. */
export interface KnownVariable {
  readonly name: string;
  /** Whether it may have no row. */
  readonly isOptional: boolean;
}

/** The values of a match that expressions read, each once. */
export class MatchCalls {
  readonly #calls = new Map<string, MatchCall>();

  add(call: MatchCall): void {
    this.#calls.set(JSON.stringify(call), call);
  }

  get all(): readonly MatchCall[] {
    return [...this.#calls.values()];
  }
}

type MatchRow = Readonly<Record<string, ExpressionValue>>;

const aggregates = { count, sum, mean, min, max };

/** What stands behind the rows of a variable at run time: each access is noted as a call. */
class VariableRows {
  readonly #schema: RowSchema;
  readonly #variable: KnownVariable;
  readonly #calls: MatchCalls;

  constructor(schema: RowSchema, variable: KnownVariable, calls: MatchCalls) {
    this.#schema = schema;
    this.#variable = variable;
    this.#calls = calls;
  }

  get first(): MatchRow {
    return this.#row("first", 0);
  }

  get last(): MatchRow {
    return this.#row("last", 0);
  }

  fromFirst(offset: number): MatchRow {
    return this.#row("first", offset);
  }

  fromLast(offset: number): MatchRow {
    return this.#row("last", offset);
  }

  #row(from: "first" | "last", offset: number): MatchRow {
    const { name: variable, isOptional } = this.#variable;
    if (!Number.isSafeInteger(offset) || offset < 0) {
      const problem = `${currentStep()}: the offset of a row of ${variable} must be whole, from 0`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
    const isNullable = isOptional || offset > 0;
    const fields = this.#schema.fields.map(({ name, type }) => ({
      name,
      type: withNullable(type, type.nullable || isNullable),
    }));
    const sign = from === "first" ? "+" : "-";
    const place = offset === 0 ? from : `${from}${sign}${offset}`;
    return expressionRow({ fields }, (column) => {
      const name = `$${variable}.${place}.${column}`;
      const type = fields.find((field) => field.name === column)?.type;
      if (type !== undefined) {
        this.#calls.add({ kind: "cell", name, variable, from, offset, column, type });
      }
      return name;
    });
  }

  count(column?: string): ExpressionValue {
    return this.#aggregate("count", column);
  }

  sum(column: string): ExpressionValue {
    return this.#aggregate("sum", column);
  }

  mean(column: string): ExpressionValue {
    return this.#aggregate("mean", column);
  }

  min(column: string): ExpressionValue {
    return this.#aggregate("min", column);
  }

  max(column: string): ExpressionValue {
    return this.#aggregate("max", column);
  }

  #aggregate(what: keyof typeof aggregates, column?: string): ExpressionValue {
    const { name: variable, isOptional } = this.#variable;
    const call = withoutNoting(() => callOf(what, this.#schema, column));
    const mayLack = what !== "count" && isOptional;
    const type = withNullable(call.type, call.type.nullable || mayLack);
    const name = `$${variable}.${what}(${column ?? ""})`;
    const known: MatchCall = { kind: "aggregate", name, variable, call: { ...call, type } };
    this.#calls.add(known);
    return new ExpressionValue({ kind: "column", name, type: matchCallType(known) });
  }
}

function callOf(
  what: keyof typeof aggregates,
  schema: RowSchema,
  column: string | undefined,
): AggregateCall {
  const row = expressionRow(schema);
  const argument = column === undefined ? undefined : row[column];
  // The aggregates check the types of their arguments themselves.
  const make = aggregates[what] as (of?: ColumnExpression<never>) => unknown;
  const value = make(argument as ColumnExpression<never> | undefined) as ExpressionValue;
  return aggregateCallOf(value.expression) as AggregateCall;
}

/** A match by the names of its variables. An unknown name is reported. */
export function matchRows(
  schema: RowSchema,
  variables: readonly KnownVariable[],
  calls: MatchCalls,
): object {
  const known = new Map(variables.map((variable) => [variable.name, variable]));
  return new Proxy(
    {},
    {
      get(_, name) {
        if (typeof name === "symbol") return undefined;
        const variable = known.get(name);
        if (variable === undefined) {
          const names = [...known.keys()].join(", ");
          const problem = `${currentStep()}: there is no variable ${name} here, only ${names}`;
          reportProblem("PLAN_ARGUMENT_INVALID", { problem });
        }
        return new VariableRows(schema, variable ?? { name, isOptional: true }, calls);
      },
    },
  );
}

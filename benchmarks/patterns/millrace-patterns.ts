import { type Collector, systemClock } from "@millrace/core";
import { createOperator } from "@millrace/operators";
import {
  type AggregateCall,
  type Expression,
  type FunctionName,
  type MatchCall,
  orderOf,
  type PatternSpec,
  type PatternVariable,
} from "@millrace/plan";
import { type Payment, paymentBatches, paymentFields } from "./payments.ts";

const batchRows = 65_536;
const int32 = { kind: "int32", nullable: false } as const;
const int64 = { kind: "int64", as: "number", nullable: true } as const;
const boolean = { kind: "boolean", nullable: true } as const;
const amount: Expression = { kind: "column", name: "amount", type: int32 };

function compare(name: FunctionName, right: Expression): Expression {
  return { kind: "call", function: name, arguments: [amount, right], type: boolean };
}

const whole = (value: number): Expression => ({ kind: "literal", value, type: int32 });

function variable(
  name: string,
  min: number,
  max?: number,
  condition?: Expression,
): PatternVariable {
  const counts = max === undefined ? { min } : { min, max };
  const where = condition === undefined ? {} : { condition };
  return { name, ...counts, isReluctant: false, isRelaxed: false, ...where };
}

function cell(variableName: string, offset: number): MatchCall & { readonly kind: "cell" } {
  return {
    kind: "cell",
    name: `$${variableName}.last-${offset}`,
    variable: variableName,
    from: "last",
    offset,
    column: "amount",
    type: { ...int32, nullable: true },
  };
}

const read = ({ name }: MatchCall): Expression => ({
  kind: "column",
  name,
  type: { ...int32, nullable: true },
});

function sumOf(name: string): MatchCall {
  const call: AggregateCall = { function: "sum", distinct: false, type: int64, argument: amount };
  return { kind: "aggregate", name: `$${name}.sum`, variable: name, call };
}

function patternOf(
  variables: readonly PatternVariable[],
  withinMs: number,
  summed: string,
  conditionCalls: readonly MatchCall[] = [],
): PatternSpec {
  const total = sumOf(summed);
  return {
    kind: "pattern",
    keys: ["account"],
    variables,
    withinMs,
    skip: { kind: "past-last-row" },
    conditionCalls,
    calls: [total],
    columns: [{ name: "total", expression: { kind: "column", name: total.name, type: int64 } }],
  };
}

/** Three payments below 300 or more, then one of 900 or more. */
export const smallThenLarge: PatternSpec = patternOf(
  [
    variable("small", 3, undefined, compare("lt", whole(300))),
    variable("large", 1, 1, compare("gte", whole(900))),
  ],
  60_000,
  "small",
);

const [lastDown, downBefore, start] = [cell("down", 0), cell("down", 1), cell("start", 0)];

/** Payments that fall, then one that is greater: each condition depends on the row before. */
export const fallAndRise: PatternSpec = patternOf(
  [
    variable("start", 1, 1),
    variable("down", 1, undefined, {
      kind: "call",
      function: "lt",
      arguments: [
        amount,
        {
          kind: "call",
          function: "coalesce",
          arguments: [read(downBefore), read(start)],
          type: int32,
        },
      ],
      type: boolean,
    }),
    variable("up", 1, 1, compare("gt", read(lastDown))),
  ],
  60_000,
  "down",
  [lastDown, downBefore, start],
);

/**
 * Feeds the payments in batches of 65,536 rows, with the watermark after each.
 *
 * @returns a function that runs the pattern and gives the number of its matches
 */
export function millracePattern(spec: PatternSpec, payments: readonly Payment[]): () => number {
  const steps = paymentBatches(payments, batchRows);
  const [key] = paymentFields;
  if (key === undefined) throw new Error("payments have a key");
  const fields = [key, { name: "total", type: int64 }];
  return () => {
    const operator = createOperator(
      {
        id: "pattern",
        spec,
        inputs: [],
        inputSchemas: [{ fields: paymentFields }],
        outputSchema: { fields },
        order: orderOf(spec),
        nodeIds: [],
      },
      {
        pipeline: "bench",
        operatorId: "pattern",
        functions: new Map(),
        models: { detectors: {}, forecasters: {} },
        clock: systemClock,
      },
    );
    let matches = 0;
    const ignore = (): void => {};
    const out: Collector = {
      emit: (batch) => void (matches += batch.numRows),
      emitLate: ignore,
      emitSide: ignore,
      deadLetter: ignore,
    };
    for (const { batch, last } of steps) {
      operator.process(batch, out, 0);
      operator.advanceWatermark(last, out);
    }
    operator.advanceWatermark(Infinity, out);
    return matches;
  };
}

import type { RowSchema } from "@millrace/core";
import type { Expression, PatternVariable } from "@millrace/plan";
import { expressionRow } from "../expression/expression-row.ts";
import { currentStep, reportProblem } from "../expression/scope.ts";
import { type KnownVariable, MatchCalls, matchRows } from "./match-rows.ts";
import { conditionFrom } from "./step-columns.ts";

type Condition = (row: never, match: never) => unknown;

interface Options {
  readonly reluctant?: boolean;
  readonly relaxed?: boolean;
  readonly unless?: Condition;
}

/** How many rows a variable takes. */
interface Count {
  readonly min: number;
  readonly max?: number;
}

/** What stands behind a pattern's sequence at run time. Each step gives a new one. */
export class SequenceDraft {
  readonly variables: readonly PatternVariable[];
  readonly calls: MatchCalls;
  readonly absent: Expression | undefined;
  readonly #schema: RowSchema;

  constructor(
    schema: RowSchema,
    variables: readonly PatternVariable[] = [],
    calls: MatchCalls = new MatchCalls(),
    absent?: Expression,
  ) {
    this.#schema = schema;
    this.variables = variables;
    this.calls = calls;
    this.absent = absent;
  }

  one(name: string, condition?: Condition, options?: Options): SequenceDraft {
    return this.#with(name, { min: 1, max: 1 }, condition, options);
  }

  optional(name: string, condition?: Condition, options?: Options): SequenceDraft {
    return this.#with(name, { min: 0, max: 1 }, condition, options);
  }

  oneOrMore(name: string, condition?: Condition, options?: Options): SequenceDraft {
    return this.#with(name, { min: 1 }, condition, options);
  }

  zeroOrMore(name: string, condition?: Condition, options?: Options): SequenceDraft {
    return this.#with(name, { min: 0 }, condition, options);
  }

  times(name: string, count: number, condition?: Condition, options?: Options): SequenceDraft {
    this.#checkPresent(name, count);
    return this.#with(name, { min: count, max: count }, condition, options);
  }

  atLeast(name: string, min: number, condition?: Condition, options?: Options): SequenceDraft {
    this.#checkPresent(name, min);
    return this.#with(name, { min }, condition, options);
  }

  between(
    name: string,
    min: number,
    max: number,
    condition?: Condition,
    options?: Options,
  ): SequenceDraft {
    return this.#with(name, { min, max }, condition, options);
  }

  notFollowedBy(condition: Condition): SequenceDraft {
    const absent = this.#judge(knownVariables(this.variables), condition);
    return new SequenceDraft(this.#schema, this.variables, this.calls, absent);
  }

  /** What the types say of these variables holds only with a row. */
  #checkPresent(name: string, count: number): void {
    if (count >= 1) return;
    const problem = `${currentStep()}: ${name} needs at least one row; otherwise use zeroOrMore`;
    reportProblem("PLAN_ARGUMENT_INVALID", { problem });
  }

  #with(name: string, count: Count, condition?: Condition, options: Options = {}): SequenceDraft {
    const { reluctant = false, relaxed = false, unless } = options;
    if (this.absent !== undefined) {
      const problem = `${currentStep()}: ${name} comes after notFollowedBy, which ends a sequence`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
    const known = knownVariables(this.variables);
    const own = { name, isOptional: false };
    const before = { name, isOptional: true };
    if (unless !== undefined && !relaxed) {
      const problem = `${currentStep()}: unless is only for a relaxed variable, and ${name} is none`;
      reportProblem("PLAN_ARGUMENT_INVALID", { problem });
    }
    const variable: PatternVariable = {
      name,
      ...count,
      isReluctant: reluctant,
      isRelaxed: relaxed,
      ...(condition === undefined ? {} : { condition: this.#judge([...known, own], condition) }),
      ...(unless === undefined ? {} : { unless: this.#judge([...known, before], unless) }),
    };
    return new SequenceDraft(this.#schema, [...this.variables, variable], this.calls);
  }

  #judge(known: readonly KnownVariable[], condition: Condition): Expression {
    const step = currentStep();
    const match = matchRows(this.#schema, known, this.calls);
    const row = expressionRow(this.#schema);
    return conditionFrom(step, () => condition(row as never, match as never));
  }
}

/** The variables as callbacks see them. */
export function knownVariables(variables: readonly PatternVariable[]): KnownVariable[] {
  return variables.map(({ name, min }) => ({ name, isOptional: min === 0 }));
}

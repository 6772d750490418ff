import {
  type ErrorCode,
  type ErrorParams,
  type MillraceError,
  millraceError,
} from "@millrace/core";
import { type Expression, formatExpression } from "@millrace/plan";
import { callerPlace } from "../code-place.ts";
import { partsOfAggregate } from "../aggregate/placeholder.ts";

/** What is being built just now: expressions and problems belong to it. */
export interface Scope {
  /** The step in words, for problems: `where`, `aggregate "hourly"`. */
  readonly step: string;
  /** Expressions made while a callback runs; absent outside of callbacks. */
  readonly created?: Expression[];
  readonly problems: MillraceError[];
}

const scopes: Scope[] = [];

/** Runs `body` as part of a scope; scopes nest. */
export function withinScope<Result>(scope: Scope, body: () => Result): Result {
  scopes.push(scope);
  try {
    return body();
  } finally {
    scopes.pop();
  }
}

/** Words for the step being built. */
export function currentStep(): string {
  return scopes.at(-1)?.step ?? "The expression";
}

/** Remembers an expression as made by the running callback. */
export function noteCreated(expression: Expression): void {
  scopes.at(-1)?.created?.push(expression);
}

/** Runs `body` in the current scope; the expressions that it makes need not be used. */
export function withoutNoting<Result>(body: () => Result): Result {
  const { step, problems } = scopes.at(-1) ?? { step: currentStep(), problems: [] };
  return withinScope({ step, problems }, body);
}

/**
 * Adds a problem at the user's place to the pipeline that is being built.
 *
 * @throws MillraceError the problem itself, when no pipeline is being built
 */
export function reportProblem<Code extends ErrorCode>(code: Code, params: ErrorParams<Code>): void {
  const problem = millraceError(code, params, { where: { ...callerPlace() } });
  const scope = scopes.at(-1);
  if (scope === undefined) throw problem;
  scope.problems.push(problem);
}

/**
 * Runs a user's callback of a step; reports expressions that it made and that its result does not
 * use.
 */
export function runCallback<Result>(
  step: string,
  body: () => Result,
  used: (result: Result) => Iterable<Expression>,
): Result {
  const problems = scopes.at(-1)?.problems ?? [];
  const created: Expression[] = [];
  const result = withinScope({ step, created, problems }, body);
  const reached = new Set<Expression>();
  for (const expression of used(result)) collect(expression, reached);
  reportUnused(step, created, reached);
  return result;
}

function collect(expression: Expression, into: Set<Expression>): void {
  if (into.has(expression)) return;
  into.add(expression);
  if (expression.kind === "call") for (const a of expression.arguments) collect(a, into);
  for (const part of partsOfAggregate(expression)) collect(part, into);
}

function reportUnused(
  step: string,
  created: readonly Expression[],
  reached: ReadonlySet<Expression>,
): void {
  const unused = created.filter((expression) => !reached.has(expression));
  // Only the outermost are named: their parts are unused because they are.
  const inner = new Set<Expression>();
  for (const expression of unused) {
    const parts = new Set<Expression>();
    collect(expression, parts);
    for (const part of parts) if (part !== expression) inner.add(part);
  }
  for (const expression of unused) {
    if (inner.has(expression)) continue;
    reportProblem("PLAN_EXPRESSION_UNUSED", { step, expression: formatExpression(expression) });
  }
}

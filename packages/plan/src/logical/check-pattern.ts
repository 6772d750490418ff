import { limits } from "@millrace/core";
import type { MatchCall } from "../expression/match-call.ts";
import type { PatternSpec, PatternVariable } from "../physical/specs.ts";

type Pattern = Pick<PatternSpec, "variables" | "withinMs" | "skip" | "conditionCalls">;

/** What makes a pattern impossible, in sentences without a full stop; none where nothing does. */
export function checkPattern({ variables, withinMs, skip, conditionCalls }: Pattern): string[] {
  const problems: string[] = [];
  if (variables.length > limits.patternVariablesMax) {
    problems.push(`a pattern has at most ${limits.patternVariablesMax} variables`);
  }
  if (variables.every(({ min }) => min === 0)) {
    problems.push("a match needs at least one row, so one of the variables must need one");
  }
  for (const [index, variable] of variables.entries()) {
    problems.push(...checkVariable(variable, index, variables));
  }
  if (!(Number.isSafeInteger(withinMs) && withinMs > 0)) {
    problems.push("within must be a duration greater than zero");
  }
  const unsummed = conditionCalls.filter((call) => !isPossible(call));
  problems.push(...unsummed.map(({ name }) => `a condition cannot read ${name.slice(1)}`));
  return [...problems, ...checkSkip(skip, variables)];
}

function checkVariable(
  { name, min, max = Infinity, isRelaxed }: PatternVariable,
  index: number,
  all: readonly PatternVariable[],
): string[] {
  const problems: string[] = [];
  if (!/^[A-Za-z]\w*$/.test(name)) {
    problems.push(`a variable cannot be called ${JSON.stringify(name)}; letters and digits can`);
  }
  if (all.findIndex((other) => other.name === name) < index) {
    problems.push(`there are two variables ${name}`);
  }
  const isWhole = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
  if (!isWhole(min) || !(max === Infinity || isWhole(max)) || max < Math.max(min, 1)) {
    problems.push(`the numbers of rows of ${name} must be whole, and the least not above the most`);
  }
  if (isRelaxed && index === 0 && max === 1) {
    problems.push(`${name} is relaxed, but no row of the match comes before it`);
  }
  return problems;
}

/** Conditions are judged row by row, so what they read is a number that grows with each row. */
function isPossible(call: MatchCall): boolean {
  if (call.kind === "cell" || call.call.function === "count") return true;
  const type = call.call.argument?.type;
  switch (type?.kind) {
    case "int64":
    case "uint64":
      return type.as === "number";
    case "timestamp":
      return type.unit === "ms";
    default:
      return /^(u?int(8|16|32)|float(32|64)|date|duration)$/.test(type?.kind ?? "");
  }
}

function checkSkip(skip: PatternSpec["skip"], variables: readonly PatternVariable[]): string[] {
  if (skip.kind === "past-last-row" || skip.kind === "to-next-row") return [];
  const index = variables.findIndex(({ name }) => name === skip.variable);
  const target = variables[index];
  if (target === undefined) return [`skip: there is no variable ${skip.variable}`];
  if (target.min === 0) {
    return [`skip: ${target.name} may have no row, so the search cannot go on at one`];
  }
  const isFirstRow = index === 0 && (skip.kind === "to-first" || target.max === 1);
  const loops = `skip: a match begins with that row of ${target.name}, so it would be found again`;
  return isFirstRow ? [`${loops} without end`] : [];
}

import { formatDuration } from "@millrace/core";
import { formatExpression } from "../expression/format.ts";
import type { PatternSkip, PatternSpec, PatternVariable } from "../physical/specs.ts";

/**
 * A pattern in words, as SQL writes it: `pattern small{3,} ~large within 10 minutes, then past the
 * last row, where small: amount < 1; large: amount > $small.last.amount`. `~` stands before relaxed
 * variables.
 */
export function formatPattern({
  variables,
  notFollowedBy,
  withinMs,
  skip,
}: Pick<PatternSpec, "variables" | "notFollowedBy" | "withinMs" | "skip">): string {
  const sequence = variables.map(formatVariable).join(" ");
  const after =
    notFollowedBy === undefined ? [] : [`after it not: ${formatExpression(notFollowedBy)}`];
  const conditions = [...variables.flatMap(formatConditions), ...after].join("; ");
  const where = conditions === "" ? "" : `, where ${conditions}`;
  const then = `then ${formatSkip(skip)}`;
  return `pattern ${sequence} within ${formatDuration(withinMs)}, ${then}${where}`;
}

function formatVariable(variable: PatternVariable): string {
  const { name, isReluctant, isRelaxed } = variable;
  const count = formatCount(variable);
  return `${isRelaxed ? "~" : ""}${name}${count}${isReluctant ? "?" : ""}`;
}

function formatCount({ min, max }: PatternVariable): string {
  if (max === undefined) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (max === 1) return min === 0 ? "?" : "";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function formatConditions({ name, condition, unless }: PatternVariable): string[] {
  return [
    ...(condition === undefined ? [] : [`${name}: ${formatExpression(condition)}`]),
    ...(unless === undefined ? [] : [`before ${name} not: ${formatExpression(unless)}`]),
  ];
}

function formatSkip(skip: PatternSkip): string {
  switch (skip.kind) {
    case "past-last-row":
      return "past the last row";
    case "to-next-row":
      return "to the next row";
    case "to-first":
      return `to the first ${skip.variable}`;
    case "to-last":
      return `to the last ${skip.variable}`;
  }
}

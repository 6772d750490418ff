import type { DataType } from "@millrace/core";
import type { Expression, FunctionName } from "@millrace/plan";

/** Beyond this an expression costs more to compute again than to keep as a column. */
export const costlyFrom = 10;

/** Functions that cost more than arithmetic, in about the time of one addition. */
const costs: Partial<Readonly<Record<FunctionName, number>>> = {
  concat: 40,
  lower: 40,
  upper: 40,
  trim: 30,
  length: 10,
  substring: 40,
  contains: 20,
  startsWith: 10,
  endsWith: 10,
  replace: 60,
  matches: 100,
  regexpExtract: 150,
  splitPart: 60,
  formatTime: 100,
  year: 10,
  month: 10,
  day: 10,
  dayOfYear: 10,
  truncateTo: 10,
  power: 10,
  ln: 5,
  exp: 5,
  hash: 10,
};

/** What one evaluation costs, in about the time of one addition; 0 for a column or literal. */
export function expressionCost(expression: Expression): number {
  if (expression.kind !== "call") return 0;
  const own = costs[expression.function] ?? 1;
  const heaviest = Math.max(0, ...expression.arguments.map(({ type }) => typeFactor(type)));
  return expression.arguments.reduce((sum, each) => sum + expressionCost(each), own * heaviest);
}

/** How much more a plain step, such as a comparison, costs on values of a type. */
function typeFactor(type: DataType): number {
  switch (type.kind) {
    case "utf8":
    case "binary":
    case "enum":
      return 3;
    case "decimal":
    case "list":
    case "row":
    case "map":
    case "json":
      return 20;
    default:
      return 1;
  }
}

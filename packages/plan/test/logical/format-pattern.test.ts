import {
  checkPattern,
  formatPattern,
  type PatternSkip,
  type PatternVariable,
} from "@millrace/plan";
import { expect, test } from "vitest";

const variable = (name: string, min: number, max?: number): PatternVariable => ({
  name,
  min,
  ...(max === undefined ? {} : { max }),
  isReluctant: false,
  isRelaxed: false,
});
const condition = {
  kind: "column",
  name: "late",
  type: { kind: "boolean", nullable: false },
} as const;
const withinMs = 60_000;
const skip: PatternSkip = { kind: "past-last-row" };

test("a pattern is written as SQL does", () => {
  const variables = [
    variable("a", 1, 1),
    variable("b", 0, 1),
    variable("c", 1),
    { ...variable("d", 0), isReluctant: true },
    variable("e", 3),
    variable("f", 2, 2),
    { ...variable("g", 0, 4), isRelaxed: true, condition, unless: condition },
  ];
  expect(formatPattern({ variables, notFollowedBy: condition, withinMs, skip })).toBe(
    "pattern a b? c+ d*? e{3,} f{2} ~g{0,4} within 1m, then past the last row, where g: late; before g not: late; after it not: late",
  );
});

test.each([
  [{ kind: "to-next-row" }, "to the next row"],
  [{ kind: "to-first", variable: "b" }, "to the first b"],
  [{ kind: "to-last", variable: "b" }, "to the last b"],
] as const)("where the search goes on is said: %o", (to, text) => {
  const pattern = { variables: [variable("a", 1, 1), variable("b", 1)], withinMs, skip: to };
  expect(formatPattern(pattern)).toBe(`pattern a b+ within 1m, then ${text}`);
  expect(checkPattern({ ...pattern, conditionCalls: [] })).toEqual([]);
});

test("a pattern has at most thirty variables", () => {
  const variables = Array.from({ length: 31 }, (_, i) => variable(`v${i}`, 1));
  const problems = checkPattern({ variables, withinMs, skip, conditionCalls: [] });
  expect(problems).toEqual(["a pattern has at most 30 variables"]);
});

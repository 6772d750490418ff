import { expect, test } from "vitest";
import { aggregateNames } from "../../src/expression/aggregate.ts";
import { functionNames } from "../../src/expression/functions.ts";

test.each([
  ["functions", functionNames],
  ["aggregates", aggregateNames],
])("no two %s have one name", (_what, names) => {
  expect(new Set<string>(names).size).toBe(names.length);
});

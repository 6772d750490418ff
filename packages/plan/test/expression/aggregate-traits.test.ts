import { expect, test } from "vitest";
import {
  type AggregateCall,
  aggregateNames,
  checkAggregates,
  dependsOnArrival,
  retractionOf,
} from "../../src/index.ts";

const float64 = { kind: "float64", nullable: false } as const;

function userCall(hasMerge: boolean, hasRemove: boolean): AggregateCall {
  const user = { name: "mine", inputs: ["x"], state: [], hasMerge, hasRemove };
  const argument = { kind: "column", name: "x", type: float64 } as const;
  return { function: "user", argument, distinct: false, settings: { user }, type: float64 };
}

test("a user-defined aggregate needs merge where windows are put together, and remove where rows go", () => {
  const missing = (call: AggregateCall, merges: boolean, retracts: boolean): unknown[] =>
    checkAggregates("totals", [call], { merges, retracts }).map(({ params }) => params["missing"]);
  expect(missing(userCall(false, false), false, false)).toEqual([]);
  expect(missing(userCall(false, false), true, true)).toEqual(["merge", "remove"]);
  expect(missing(userCall(true, false), true, true)).toEqual(["remove"]);
  expect(missing(userCall(true, true), true, true)).toEqual([]);
});

test("every aggregate says how it takes rows back; sketches that cannot keep counts instead", () => {
  const call = (name: AggregateCall["function"]): AggregateCall => ({
    function: name,
    distinct: false,
    type: float64,
  });
  for (const name of aggregateNames) expect(retractionOf(call(name))).toBeDefined();
  expect(retractionOf(call("quantile"))).toBe("inverts");
  expect(retractionOf({ ...call("quantile"), settings: { sketch: "kll" } })).toBe("counts");
});

test("only summaries of a bounded number of values depend on arrival", () => {
  const names = aggregateNames.filter((name) =>
    dependsOnArrival({ function: name, distinct: false, type: float64 }),
  );
  expect(names).toEqual(["approxTopK"]);
});

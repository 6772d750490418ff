import { expect, test } from "vitest";
import { recordValue } from "../src/contracts/log.ts";
import { operatorCounts } from "../src/contracts/operator.ts";

test("a record's value is a view of the shared buffer", () => {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5);
  const value = recordValue(
    {
      count: 2,
      buffer,
      valueStart: Int32Array.of(0, 2),
      valueLength: Int32Array.of(2, 3),
    },
    1,
  );
  expect([...value]).toEqual([3, 4, 5]);
  expect(value.buffer).toBe(buffer.buffer);
});

test("counts start at zero and are not shared", () => {
  const counts = operatorCounts();
  counts.rowsIn = 1;
  expect(new Set(Object.values(operatorCounts()))).toEqual(new Set([0]));
});

import { collectOutput } from "@millrace/conformance";
import { expect, test } from "vitest";
import { batchOf, float64, int64, operatorOf, timeField, utf8 } from "./fixtures.ts";

const key = { name: "key", type: utf8 };
const x = { name: "x", type: float64 };
const schema = { fields: [key, x] };

test("a union brings columns into the order of its output", () => {
  const operator = operatorOf({ kind: "union" }, { input: schema, output: schema });
  const out = collectOutput();
  operator.process(batchOf([key, x, timeField], [{ key: "a", x: 1, $time: 5 }]), out, 0);
  operator.process(
    batchOf(
      [x, key, timeField, { name: "$offset", type: int64 }],
      [{ key: "b", x: 2, $time: 6, $offset: 7 }],
    ),
    out,
    0,
  );
  expect(out.rows).toEqual([
    { key: "a", x: 1, $time: 5 },
    { key: "b", x: 2, $time: 6, $offset: 7 },
  ]);
  expect(operator.counts).toMatchObject({ rowsIn: 2, accepted: 2, rowsOut: 2 });
});

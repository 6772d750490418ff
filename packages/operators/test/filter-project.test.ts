import { takeRows } from "@millrace/columnar";
import { collectOutput, operatorLaws } from "@millrace/conformance";
import type { DataType, FieldType, Operator } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchOf, column, float64, int64, operatorOf, timeField, utf8 } from "./fixtures.ts";

const fields: FieldType[] = [
  { name: "key", type: utf8 },
  { name: "x", type: float64 },
  { name: "unused", type: int64 },
];
const all = [...fields, timeField];
const boolean: DataType = { kind: "boolean", nullable: true };
const x = column("x", float64);
const isPositive: Expression = {
  kind: "call",
  function: "gt",
  arguments: [x, { kind: "literal", value: 0, type: float64 }],
  type: boolean,
};
const negated: Expression = { kind: "call", function: "negate", arguments: [x], type: float64 };

function filterProject(parts: { predicate?: Expression; isProjected?: boolean }): Operator {
  const columns = [
    { name: "y", expression: negated },
    { name: "key", expression: column("key", utf8) },
  ];
  const output = [
    { name: "y", type: float64 },
    { name: "key", type: utf8 },
  ];
  return operatorOf(
    {
      kind: "filterProject",
      ...(parts.predicate === undefined ? {} : { predicate: parts.predicate }),
      ...(parts.isProjected === true ? { columns } : {}),
    },
    { input: { fields }, output: { fields: parts.isProjected === true ? output : fields } },
  );
}

const rows = [
  { key: "a", x: 1, unused: 1, $time: 1 },
  { key: "b", x: -1, unused: 2, $time: 2 },
  { key: "c", x: null, unused: 3, $time: 3 },
];

describe("filterProject", () => {
  test("keeps rows whose predicate is true, then computes columns and passes hidden ones", () => {
    const operator = filterProject({ predicate: isPositive, isProjected: true });
    const out = collectOutput();
    operator.process(batchOf(all, rows), out, 0);
    expect(out.rows).toEqual([{ y: -1, key: "a", $time: 1 }]);
    expect(operator.counts).toMatchObject({ rowsIn: 3, accepted: 1, filtered: 2, rowsOut: 1 });
  });

  test("only filters when there are no columns", () => {
    const out = collectOutput();
    filterProject({ predicate: isPositive }).process(batchOf(all, rows), out, 0);
    expect(out.rows).toEqual([rows[0]]);
  });

  test("only projects when there is no predicate", () => {
    const out = collectOutput();
    filterProject({ isProjected: true }).process(batchOf(all, rows), out, 0);
    expect(out.rows.map((r) => r["y"])).toEqual([-1, 1, null]);
  });

  test("emits nothing for a batch without rows that pass", () => {
    const operator = filterProject({ predicate: isPositive });
    let batches = 0;
    const out = { ...collectOutput(), emit: () => void (batches += 1) };
    operator.process(batchOf(all, rows.slice(1)), out, 0);
    expect(batches).toBe(0);
  });
});

operatorLaws({
  name: "filterProject",
  create: () => filterProject({ predicate: isPositive, isProjected: true }),
  takeRows,
  segments: fc
    .array(fc.array(fc.record({ x: fc.oneof(fc.integer(), fc.constant(null)) })), { minLength: 1 })
    .map((segments) =>
      segments.map((values, watermark) => ({
        rows: batchOf(
          all,
          values.map((v) => ({ key: "k", unused: 0, $time: 0, ...v })),
        ),
        watermark,
      })),
    ),
});

import { expect, test } from "vitest";
import { t } from "@millrace/core";
import { findNode, type LogicalPlanData } from "../../src/logical/logical-plan.ts";

const rows = t.row({ at: t.timestamp(), key: t.utf8(), value: t.float64().nullable() }).schema;
const value = { kind: "column", name: "value", type: { kind: "float64", nullable: true } } as const;

const plan: LogicalPlanData = {
  name: "sample",
  parameters: [{ name: "bound", type: { kind: "float64", nullable: false }, default: 1.5 }],
  nodes: [
    {
      kind: "source",
      id: "readings",
      inputs: [],
      schema: rows,
      keys: [],
      connector: "files",
      options: { path: "readings/*.csv", header: true },
      sourceIndex: 0,
      eventTime: {
        kind: "column",
        name: "at",
        type: { kind: "timestamp", unit: "ms", nullable: false },
      },
      outOfOrdernessMs: 5000,
      place: { file: "sample.pipeline.ts", line: 3 },
    },
    {
      kind: "windowAggregate",
      id: "per_minute",
      inputs: ["readings"],
      schema: t.row({ key: t.utf8(), total: t.float64().nullable() }).schema,
      keys: ["key"],
      window: { kind: "tumbling", sizeMs: 60_000, offsetMs: 0 },
      allowedLatenessMs: 0,
      columns: [
        {
          name: "total",
          expression: { kind: "column", name: "$0", type: value.type },
          calls: [{ function: "sum", argument: value, distinct: false, type: value.type }],
        },
      ],
    },
  ],
};

test("a plan survives JSON unchanged", () => {
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
});

test("a node is found by its id", () => {
  expect(findNode(plan, "per_minute")?.kind).toBe("windowAggregate");
  expect(findNode(plan, "per_hour")).toBeUndefined();
});

import { formatDataType, isNumeric, millraceError } from "@millrace/core";
import { checkGrid } from "@millrace/plan";
import { columnsOfAll } from "./columns-of-all.ts";
import { describeResample } from "./describe-grid.ts";
import { keepFields } from "./keep-fields.ts";
import type { Step } from "./step.ts";

/** Rows at the points of a regular grid. */
export const resampleStep: Step<"resample"> = {
  describe: describeResample,
  check(node) {
    const problem = checkGrid(node.id, node);
    const lines = node.columns.filter(({ method }) => method === "linear");
    const wrong = lines.filter(({ expression }) => !isNumeric(expression.type));
    const mismatches = wrong.map(({ name, expression }) => {
      const expected = `a number for linear of ${name}`;
      const actual = formatDataType(expression.type);
      return millraceError("PLAN_TYPE_MISMATCH", { step: node.id, expected, actual });
    });
    return [...(problem === undefined ? [] : [problem]), ...mismatches];
  },
  needsEventTime: () => true,
  columnsRead(node, { wanted }) {
    const columns = node.columns.filter(({ name }) => wanted.has(name));
    return [...node.keys, ...columnsOfAll(columns.map(({ expression }) => expression))];
  },
  prune(node, { required }) {
    const columns = node.columns.filter(({ name }) => required.has(name));
    const names = new Set([...node.keys, node.time, ...columns.map(({ name }) => name)]);
    return { ...node, columns, schema: keepFields(node.schema, names) };
  },
  mapExpressions: (node, change) => ({
    ...node,
    columns: node.columns.map((column) => ({ ...column, expression: change(column.expression) })),
  }),
  // Of rows of one time the last one counts.
  needsLineage: () => true,
  spec: ({ keys, everyMs, anchorMs, maxGapMs, upTo, time, columns }) => ({
    kind: "resample",
    keys,
    everyMs,
    anchorMs,
    maxGapMs,
    upTo,
    time,
    columns,
  }),
};

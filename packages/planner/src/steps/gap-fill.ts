import { checkGrid } from "@millrace/plan";
import { checkFilled, inputSchemaOf } from "./check-linear.ts";
import { describeGapFill } from "./describe-grid.ts";
import { keepFields } from "./keep-fields.ts";
import type { Step } from "./step.ts";

/** The rows, and those that are missing in a regular grid. */
export const gapFillStep: Step<"gapFill"> = {
  describe: describeGapFill,
  check(node, byId) {
    const problem = checkGrid(node.id, node);
    const columns = [
      ...node.times.map(({ column }) => ({ name: column, isLinear: false })),
      ...node.fills.map(({ column, fill }) => ({ name: column, isLinear: fill.by === "linear" })),
    ];
    const wrong = checkFilled(node.id, inputSchemaOf(node, byId), columns);
    return [...(problem === undefined ? [] : [problem]), ...wrong];
  },
  needsEventTime: () => true,
  columnsRead: (node, { wanted }) => [...wanted, ...node.keys],
  prune(node, { pruned }) {
    const input = pruned(node.inputs[0]);
    if (input === undefined) return node;
    const names = new Set(input.schema.fields.map(({ name }) => name));
    return {
      ...node,
      times: node.times.filter(({ column }) => names.has(column)),
      fills: node.fills.filter(({ column }) => names.has(column)),
      schema: keepFields(node.schema, names),
    };
  },
  mapExpressions: (node, change) => ({
    ...node,
    fills: node.fills.map(({ column, fill }) => ({
      column,
      fill: fill.by === "constant" ? { by: fill.by, value: change(fill.value) } : fill,
    })),
  }),
  // An inserted row takes values over from the last of the rows of one time.
  needsLineage: () => true,
  spec: ({ keys, everyMs, anchorMs, maxGapMs, upTo, times, fills }) => ({
    kind: "gapFill",
    keys,
    everyMs,
    anchorMs,
    maxGapMs,
    upTo,
    times,
    fills,
  }),
};

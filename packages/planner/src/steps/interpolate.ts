import { checkMaxGap } from "@millrace/plan";
import { checkFilled, inputSchemaOf } from "./check-linear.ts";
import { describeInterpolate } from "./describe-grid.ts";
import type { Step } from "./step.ts";

/** The rows with nulls filled. */
export const interpolateStep: Step<"interpolate"> = {
  describe: describeInterpolate,
  check(node, byId) {
    const problem = checkMaxGap(node.id, node.maxGapMs);
    const isLinear = node.method === "linear";
    const columns = node.columns.map((name) => ({ name, isLinear }));
    const wrong = checkFilled(node.id, inputSchemaOf(node, byId), columns);
    return [...(problem === undefined ? [] : [problem]), ...wrong];
  },
  needsEventTime: () => true,
  columnsRead: (node, { wanted }) => [...wanted, ...node.keys],
  prune(node, { pruned }) {
    const input = pruned(node.inputs[0]);
    if (input === undefined) return node;
    const { schema } = input;
    const names = new Set(schema.fields.map(({ name }) => name));
    return { ...node, schema, columns: node.columns.filter((name) => names.has(name)) };
  },
  // Rows of one time may know and lack a value: which comes first decides.
  needsLineage: () => true,
  spec: ({ keys, columns, method, maxGapMs }) => ({
    kind: "interpolate",
    keys,
    columns,
    method,
    maxGapMs,
  }),
};

import {
  findField,
  formatDataType,
  isNumeric,
  type MillraceError,
  millraceError,
} from "@millrace/core";
import { type AggregateCall, checkFrame, formatFrame } from "@millrace/plan";
import { callExpressions, mapAggregates, numberCalls } from "./aggregate-columns.ts";
import { columnsOfAll } from "./columns-of-all.ts";
import { keepFields } from "./keep-fields.ts";
import type { NodeOf, Step } from "./step.ts";

/** Aggregates over the rows before each row. */
export const overStep: Step<"over"> = {
  describe: (node) =>
    `over ${formatFrame(node.frame)}${tiesOf(node)}: ${node.columns.map(({ name }) => name).join(", ")}`,
  check(node) {
    const problem = checkFrame(node.frame);
    return [...(problem === undefined ? [] : [problem]), ...checkTies(node), ...checkCalls(node)];
  },
  needsEventTime: () => true,
  columnsRead(node, { wanted }) {
    const columns = node.columns.filter(({ name }) => wanted.has(name));
    const added = new Set(node.columns.map(({ name }) => name));
    const kept = [...wanted].filter((name) => !added.has(name));
    return [
      ...kept,
      ...node.keys,
      ...(node.tieColumns ?? []),
      ...columnsOfAll(callExpressions(columns)),
    ];
  },
  prune(node, { required, pruned }) {
    const input = pruned(node.inputs[0]);
    if (input === undefined) return node;
    const columns = node.columns.filter(({ name }) => required.has(name));
    const names = new Set(columns.map(({ name }) => name));
    const added = keepFields(node.schema, names).fields;
    return { ...node, columns, schema: { fields: [...input.schema.fields, ...added] } };
  },
  mapExpressions: (node, change) => ({ ...node, columns: mapAggregates(node.columns, change) }),
  needsLineage: () => true,
  spec: (node) => ({
    kind: "over",
    keys: node.keys,
    frame: node.frame,
    ...(node.tieColumns === undefined ? {} : { tieColumns: node.tieColumns }),
    ...numberCalls(node.columns),
  }),
};

const possible: ReadonlySet<string> = new Set([
  "count",
  "sum",
  "mean",
  "min",
  "max",
  "variance",
  "stddev",
  "first",
  "last",
]);

function tiesOf({ tieColumns = [] }: NodeOf<"over">): string {
  return tieColumns.length === 0 ? "" : `, ties by ${tieColumns.join(", ")}`;
}

/** Rows of equal time are ordered by numbers that float64 holds. */
function checkTies({ id, tieColumns = [], schema }: NodeOf<"over">): MillraceError[] {
  return tieColumns.flatMap((column) => {
    const type = findField(schema, column)?.type;
    const columns = schema.fields.map(({ name }) => name);
    if (type === undefined) {
      return [millraceError("PLAN_COLUMN_UNKNOWN", { step: id, column, columns })];
    }
    const isExact = !("as" in type) || type.as === "number";
    if (isNumeric(type) && type.kind !== "decimal" && isExact) return [];
    const actual = `${column}, which is ${formatDataType(type)}`;
    const expected = "numbers other than decimals and bigints";
    return [millraceError("PLAN_TYPE_MISMATCH", { step: id, expected, actual })];
  });
}

/** Frames combine parts of a few numbers each: what needs more is not possible. */
function checkCalls(node: NodeOf<"over">): MillraceError[] {
  const calls = node.columns.flatMap((column) => column.calls).filter((c) => !isPossible(c));
  return calls.map((call) => {
    const name = `${call.function}${call.distinct ? " of distinct values" : ""}`;
    const of = call.argument === undefined ? "" : ` of ${call.argument.type.kind}`;
    const problem = `over ${JSON.stringify(node.id)}: ${name}${of} is not possible over a frame`;
    return millraceError("PLAN_ARGUMENT_INVALID", { problem });
  });
}

function isPossible(call: AggregateCall): boolean {
  if (!possible.has(call.function) || call.distinct) return false;
  const isSumOfNumbers = call.function !== "sum" || !isExactBig(call);
  return isSumOfNumbers;
}

/** Sums that are kept as big integers. */
function isExactBig({ type }: AggregateCall): boolean {
  return type.kind === "decimal" || (type.kind === "int64" && type.as === "bigint");
}

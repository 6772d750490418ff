import { findField, formatDataType } from "@millrace/core";
import type { BroadcastNode, LogicalNode, LookupTableNode, NamedExpression } from "@millrace/plan";
import { unknownType } from "../expression/literal.ts";
import { reportProblem } from "../expression/scope.ts";
import type { PlanDraft } from "../plan-draft.ts";
import { joinedColumns, type JoinCallback } from "./joined-inputs.ts";
import { leftColumns, type RowCallback } from "./step-columns.ts";

/** Options of `lookupTable`, as they are at run time. */
export interface LookupTableArguments {
  readonly on: RowCallback;
  readonly kind?: "inner" | "left";
  readonly select: JoinCallback;
}

/** The table as every task gets it. */
export function broadcastNode(draft: PlanDraft, table: LogicalNode): BroadcastNode {
  const { id: input, schema, keys } = table;
  return { kind: "broadcast", id: draft.deriveId("broadcast"), inputs: [input], schema, keys };
}

/** The node of a lookup; what is wrong with it is reported. */
export function lookupTableNode(
  step: string,
  id: string,
  inputs: { readonly left: LogicalNode; readonly table: LogicalNode },
  options: LookupTableArguments,
): LookupTableNode {
  const { left, table } = inputs;
  const { kind = "inner" } = options;
  if (kind !== "inner" && kind !== "left") {
    reportProblem("PLAN_ARGUMENT_INVALID", { problem: `${step}: kind must be inner or left` });
  }
  const { columns, schema, keys } = joinedColumns(step, { left, right: table }, options);
  return {
    kind: "lookupTable",
    id,
    inputs: [left.id, table.id],
    schema,
    keys,
    joinKeys: table.keys,
    joinKind: kind,
    columns,
    on: keysOf(step, inputs, options.on),
  };
}

/** One expression per key of the table, of the same type. */
function keysOf(
  step: string,
  { left, table }: { readonly left: LogicalNode; readonly table: LogicalNode },
  on: RowCallback,
): NamedExpression[] {
  const given = leftColumns(step, left.schema, on);
  const names = given.map(({ name }) => name);
  const isWhole = names.length === table.keys.length && table.keys.every((k) => names.includes(k));
  if (!isWhole) {
    reportProblem("PLAN_TYPE_MISMATCH", {
      step,
      expected: `on to give the keys of the table: ${table.keys.join(", ")}`,
      actual: names.join(", ") || "none",
    });
    return [];
  }
  return table.keys.flatMap((key) => {
    const column = given.find(({ name }) => name === key);
    const field = findField(table.schema, key);
    if (column === undefined || field === undefined) return [];
    const actual = formatDataType({ ...column.expression.type, nullable: false });
    const expected = formatDataType({ ...field.type, nullable: false });
    if (actual !== expected && column.expression.type !== unknownType) {
      reportProblem("PLAN_TYPE_MISMATCH", { step, expected: `${key} as ${expected}`, actual });
    }
    return [column];
  });
}

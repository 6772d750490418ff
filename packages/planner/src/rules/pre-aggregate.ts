import { type FieldType, isInteger } from "@millrace/core";
import type {
  AggregateCall,
  AggregateColumn,
  KeyByNode,
  LogicalNode,
  LogicalPlanData,
  PartialColumn,
  PreAggregateNode,
  WindowAggregateNode,
} from "@millrace/plan";
import { movingKeyBys } from "../physical/placement.ts";
import { nodesById, readersOf, type Rule } from "./rule.ts";

/**
 * Puts the rows of a batch together, per key and pane of windows, before they move to the task that
 * owns the key; the window aggregation then puts the partial rows together.
 *
 * Only where that gives the same results to the last bit: for `count`, `min`, `max`, `any`, `all`
 * and sums of whole numbers and decimals. Sums of floats depend on how they are added up. Not where
 * late rows are read, as they come as they were.
 */
export const preAggregate: Rule = {
  name: "preAggregate",
  apply(plan, { partitions } = { partitions: 1 }) {
    if (partitions === 1) return plan;
    const moves = movesOf(plan);
    if (moves.length === 0) return plan;
    const changed = new Map<string, readonly LogicalNode[]>();
    const taken = new Set(plan.nodes.map(({ id }) => id));
    for (const { keyBy, between, aggregate } of moves) {
      const { columns, merged } = partialColumns(keyBy, aggregate.columns);
      const partial = partialNode(
        { keyBy, input: between.at(-1) ?? keyBy, aggregate },
        columns,
        freeName(`${aggregate.id}-partial`, taken),
      );
      taken.add(partial.id);
      // What stood after the keyBy stands before it now.
      changed.set(keyBy.id, []);
      for (const node of between) changed.set(node.id, [withoutKeyBy(node, keyBy)]);
      const { schema } = partial;
      changed.set(aggregate.id, [
        partial,
        { ...keyBy, inputs: [partial.id], schema },
        { ...aggregate, inputs: [keyBy.id], columns: merged },
      ]);
    }
    return { ...plan, nodes: plan.nodes.flatMap((node) => changed.get(node.id) ?? [node]) };
  },
};

type RowWise = Extract<LogicalNode, { kind: "where" | "project" | "sample" }>;

interface Move {
  readonly keyBy: KeyByNode;
  /** What looks at each row by itself, between the keyBy and the windows, in order. */
  readonly between: readonly RowWise[];
  readonly aggregate: WindowAggregateNode;
}

function withoutKeyBy(node: RowWise, keyBy: KeyByNode): RowWise {
  const inputs = node.inputs.map((id) => (id === keyBy.id ? (keyBy.inputs[0] ?? id) : id));
  return { ...node, inputs, keys: [] };
}

/** Window aggregations of rows that move for them alone, and can be put together before. */
function movesOf(plan: LogicalPlanData): Move[] {
  const byId = nodesById(plan);
  const readers = readersOf(plan);
  const moving = movingKeyBys(plan);
  return plan.nodes.flatMap((aggregate): Move[] => {
    if (aggregate.kind !== "windowAggregate") return [];
    const isRead = readers.get(aggregate.id)?.some(({ kind }) => kind === "late") === true;
    const calls = aggregate.columns.flatMap((column) => column.calls);
    if (isRead || !isByClock(aggregate) || !calls.every(isExact)) return [];
    const between: RowWise[] = [];
    let node = byId.get(aggregate.inputs[0] ?? "");
    while (node !== undefined && readers.get(node.id)?.length === 1) {
      if (node.kind === "keyBy") {
        return moving.has(node.id) ? [{ keyBy: node, between, aggregate }] : [];
      }
      if (node.kind !== "where" && node.kind !== "project" && node.kind !== "sample") return [];
      between.unshift(node);
      node = byId.get(node.inputs[0] ?? "");
    }
    return [];
  });
}

function isByClock({ window }: WindowAggregateNode): boolean {
  return window.kind !== "session" && window.kind !== "global";
}

/** Whether the results of parts of the rows give that of all, to the last bit. */
function isExact(call: AggregateCall): boolean {
  const type = call.argument?.type;
  switch (call.function) {
    case "count":
      return !call.distinct;
    case "sum":
      return !call.distinct && type !== undefined && (isInteger(type) || type.kind === "decimal");
    case "min":
    case "max":
      return true;
    case "any":
    case "all":
      // Of no rows it is null, which counts as a value.
      return call.filter === undefined;
    default:
      return false;
  }
}

/** The aggregates of partial rows, and the columns that put these together. */
function partialColumns(
  { keys }: KeyByNode,
  columns: readonly AggregateColumn[],
): { readonly columns: readonly PartialColumn[]; readonly merged: readonly AggregateColumn[] } {
  const taken = new Set(keys);
  const byText = new Map<string, PartialColumn>();
  const merged = columns.map((column) => ({
    ...column,
    calls: column.calls.map((call) => {
      const text = JSON.stringify(call);
      const known = byText.get(text) ?? { name: freeName(column.name, taken), call };
      byText.set(text, known);
      taken.add(known.name);
      return mergingCall(known);
    }),
  }));
  return { columns: [...byText.values()], merged };
}

function mergingCall({ name, call }: PartialColumn): AggregateCall {
  const { type } = call;
  return {
    function: call.function === "count" ? "sum" : call.function,
    argument: { kind: "column", name, type },
    distinct: false,
    type,
  };
}

function partialNode(
  of: {
    readonly keyBy: KeyByNode;
    /** Whose rows are put together. */
    readonly input: LogicalNode;
    readonly aggregate: WindowAggregateNode;
  },
  columns: readonly PartialColumn[],
  id: string,
): PreAggregateNode {
  const { keyBy, input, aggregate } = of;
  const keyFields = input.schema.fields.filter(({ name }) => keyBy.keys.includes(name));
  const partial = columns.map(({ name, call }): FieldType => ({ name, type: call.type }));
  return {
    kind: "preAggregate",
    id,
    inputs: input === keyBy ? keyBy.inputs : [input.id],
    schema: { fields: [...keyFields, ...partial] },
    keys: [],
    ...(aggregate.place === undefined ? {} : { place: aggregate.place }),
    groupKeys: keyBy.keys,
    window: aggregate.window as PreAggregateNode["window"],
    columns,
  };
}

/** The name, or with the first number that makes it another one than those that are taken. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`;
  return free;
}

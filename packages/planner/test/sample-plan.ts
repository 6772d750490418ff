import type { DataType, RowSchema } from "@millrace/core";
import type {
  Expression,
  LogicalNode,
  LogicalPlan,
  ProjectNode,
  SinkNode,
  SourceNode,
  WhereNode,
  WindowAggregateNode,
} from "@millrace/plan";

export const int: DataType = { kind: "int32", nullable: false };
export const text: DataType = { kind: "utf8", nullable: false };
export const time: DataType = { kind: "timestamp", unit: "ms", nullable: false };
const boolean: DataType = { kind: "boolean", nullable: false };

export const flightSchema: RowSchema = {
  fields: [
    { name: "departedAt", type: time },
    { name: "origin", type: text },
    { name: "delay", type: int },
    { name: "distance", type: int },
  ],
};

export function column(name: string, type: DataType = int): Expression {
  return { kind: "column", name, type };
}

export function greater(left: Expression, value: number): Expression {
  const literal: Expression = { kind: "literal", value, type: int };
  return { kind: "call", function: "gt", arguments: [left, literal], type: boolean };
}

export function plus(left: Expression, value: number): Expression {
  const literal: Expression = { kind: "literal", value, type: int };
  return { kind: "call", function: "add", arguments: [left, literal], type: int };
}

export function source(id = "flights", change: Partial<SourceNode> = {}): SourceNode {
  return {
    kind: "source",
    id,
    inputs: [],
    schema: flightSchema,
    keys: [],
    connector: "files",
    options: { path: "flights.csv" },
    sourceIndex: 0,
    eventTime: column("departedAt", time),
    outOfOrdernessMs: 0,
    place: { file: "flights.pipeline.ts", line: 3 },
    ...change,
  };
}

export function where(id: string, input: string, predicate: Expression): WhereNode {
  return { kind: "where", id, inputs: [input], schema: flightSchema, keys: [], predicate };
}

export function project(
  id: string,
  input: string,
  columns: Readonly<Record<string, Expression>>,
): ProjectNode {
  const named = Object.entries(columns).map(([name, expression]) => ({ name, expression }));
  return {
    kind: "project",
    id,
    inputs: [input],
    schema: { fields: named.map((c) => ({ name: c.name, type: c.expression.type })) },
    keys: [],
    columns: named,
    verb: "select",
  };
}

export function keyBy(id: string, input: string, keys: readonly string[]): LogicalNode {
  return { kind: "keyBy", id, inputs: [input], schema: flightSchema, keys };
}

export function hourly(
  id: string,
  input: string,
  change: Partial<WindowAggregateNode> = {},
): WindowAggregateNode {
  const counted: DataType = { kind: "int64", as: "number", nullable: false };
  return {
    kind: "windowAggregate",
    id,
    inputs: [input],
    keys: ["origin"],
    schema: {
      fields: [
        { name: "origin", type: text },
        { name: "windowStart", type: time },
        { name: "windowEnd", type: time },
        { name: "flights", type: counted },
      ],
    },
    window: { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 0 },
    allowedLatenessMs: 0,
    columns: [
      {
        name: "flights",
        expression: { kind: "column", name: "$0", type: counted },
        calls: [{ function: "count", distinct: false, type: counted }],
      },
    ],
    ...change,
  };
}

export function sink(id: string, input: string, change: Partial<SinkNode> = {}): SinkNode {
  return {
    kind: "sink",
    id,
    inputs: [input],
    schema: { fields: [] },
    keys: [],
    connector: "console",
    options: {},
    guarantee: "exactly-once",
    ...change,
  };
}

export function plan(...nodes: readonly LogicalNode[]): LogicalPlan {
  return {
    name: "flights",
    parameters: [],
    nodes,
    functions: new Map(),
    validators: new Map(),
    problems: [],
  };
}

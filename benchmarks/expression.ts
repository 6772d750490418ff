// Expressions over batches against arrow functions over objects, and arquero over columns.
import {
  batchToRows,
  compileExpression,
  compilePredicate,
  float64Column,
  batchSchema,
  int64Column,
  makeBatch,
} from "@millrace/columnar";
import type { DataType, FieldType } from "@millrace/core";
import type { Expression, FunctionName } from "@millrace/plan";
import { table } from "arquero";
import { compareAll, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const count = 65_536;
const batches = 20;
const float64: DataType = { kind: "float64", nullable: false };
const int64: DataType = { kind: "int64", as: "number", nullable: false };
const boolean: DataType = { kind: "boolean", nullable: false };
const fields: FieldType[] = [
  { name: "price", type: float64 },
  { name: "quantity", type: int64 },
];

const column = (name: string, type: DataType): Expression => ({ kind: "column", name, type });
const literal = (value: number): Expression => ({ kind: "literal", value, type: float64 });
const call = (name: FunctionName, type: DataType, ...args: Expression[]): Expression => ({
  kind: "call",
  function: name,
  arguments: args,
  type,
});

const prices = Float64Array.from({ length: count }, (_, row) => ((row * 7_919) % 1_000) / 10);
const quantities = Float64Array.from({ length: count }, (_, row) => (row * 31) % 17);
const batch = makeBatch(
  batchSchema(fields),
  [float64Column(prices, count), int64Column(quantities, count)],
  count,
);
const objects = batchToRows({ fields }, batch) as { price: number; quantity: number }[];

const amount = call(
  "multiply",
  float64,
  call("multiply", float64, column("price", float64), column("quantity", int64)),
  literal(1.19),
);
const isDear = call("gt", boolean, column("price", float64), literal(50));
const projection = compileExpression(amount);
const predicate = compilePredicate(isDear);
const selected = new Int32Array(count);

const aqTable = table({ price: prices, quantity: quantities });
const project = (): void => {
  for (let i = 0; i < batches; i += 1) keep(projection.evaluate(batch));
};
const select = (): void => {
  for (let i = 0; i < batches; i += 1) keep(predicate.select(batch, selected));
};

const lines = await compareAll([
  {
    case: "price × quantity × 1.19",
    count: count * batches,
    unit: "rows/s",
    ours: project,
    against: "map over objects",
    baseline: () => {
      for (let i = 0; i < batches; i += 1) {
        keep(objects.map((row) => row.price * row.quantity * 1.19));
      }
    },
  },
  {
    case: "price × quantity × 1.19",
    count: count * batches,
    unit: "rows/s",
    ours: project,
    against: "arquero",
    baseline: () => {
      for (let i = 0; i < batches; i += 1) {
        keep(aqTable.derive({ amount: "d => d.price * d.quantity * 1.19" }));
      }
    },
  },
  {
    case: "price > 50",
    count: count * batches,
    unit: "rows/s",
    ours: select,
    against: "filter over objects",
    baseline: () => {
      for (let i = 0; i < batches; i += 1) keep(objects.filter((row) => row.price > 50));
    },
  },
  {
    case: "price > 50",
    count: count * batches,
    unit: "rows/s",
    ours: select,
    against: "arquero",
    baseline: () => {
      for (let i = 0; i < batches; i += 1) keep(aqTable.filter("d => d.price > 50"));
    },
  },
]);
printLines("expression", lines);

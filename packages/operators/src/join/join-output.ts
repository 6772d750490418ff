import {
  batchSchema,
  columnOf,
  compileExpression,
  constantColumn,
  hashColumns,
  hasColumn,
  int32Column,
  int64Column,
  makeBatch,
  takeColumn,
} from "@millrace/columnar";
import {
  assert,
  type FieldType,
  findField,
  hiddenColumns,
  lineageColumns,
  type RowSchema,
  timeField,
} from "@millrace/core";
import {
  type IntervalJoinSpec,
  joinColumn,
  joinColumnsOf,
  type JoinSideName,
} from "@millrace/plan";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";

/** Some rows of one side, in the order of the result. */
export interface TakenRows {
  readonly batch: RecordBatch;
  readonly rows: Int32Array;
}

const lineageFields: readonly FieldType[] = [
  { name: hiddenColumns.source, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.partition, type: { kind: "int32", nullable: false } },
  { name: hiddenColumns.offset, type: { kind: "int64", as: "number", nullable: false } },
  { name: hiddenColumns.index, type: { kind: "int32", nullable: false } },
];

/**
 * Makes the rows of a join's result: the selected columns, `$time` (the later of both), and where
 * the left has its lineage: that, with a hash of the right's in `$index`, so that the order of
 * pairs of one left row does not depend on their arrival.
 */
export class JoinOutput {
  readonly #columns: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #read: readonly { readonly side: JoinSideName; readonly name: string }[];
  readonly #joined: Schema;
  readonly #plain: Schema;
  readonly #withLineage: Schema;

  constructor(spec: IntervalJoinSpec, inputs: readonly RowSchema[], output: RowSchema) {
    const [left, right] = inputs;
    assert(left !== undefined && right !== undefined, "a join has two inputs");
    this.#columns = spec.columns.map(({ expression }) => compileExpression(expression));
    this.#read = (["left", "right"] as const).flatMap((side) =>
      [...joinColumnsOf(side, spec.columns)].map((name) => ({ side, name })),
    );
    const isOuter = spec.joinKind === "left";
    const fields = this.#read.map(({ side, name }): FieldType => {
      const field = findField(side === "left" ? left : right, name);
      assert(field !== undefined, `the ${side} input has the column ${name}`);
      const nullable = field.type.nullable || (side === "right" && isOuter);
      return { name: joinColumn(side, name), type: { ...field.type, nullable } };
    });
    this.#joined = batchSchema(fields);
    this.#plain = batchSchema([...output.fields, timeField]);
    this.#withLineage = batchSchema([...output.fields, timeField, ...lineageFields]);
  }

  /** Left row i with right row i; with nulls where there is no right. */
  make(left: TakenRows, right: TakenRows | undefined): RecordBatch {
    const count = left.rows.length;
    const columns = this.#read.map(({ side, name }, index) => {
      const from = side === "left" ? left : right;
      if (from !== undefined) return takeColumn(columnOf(from.batch, name), from.rows, count);
      const field = this.#joined.fields[index];
      assert(field !== undefined, "each column that is read has a field");
      return constantColumn(field.type as Parameters<typeof constantColumn>[0], count, true);
    });
    const joined = makeBatch(this.#joined, columns, count);
    const selected = this.#columns.map((column) => column.evaluate(joined));
    const time = int64Column(laterTimes(left, right), count);
    if (!hasColumn(left.batch, hiddenColumns.offset)) {
      return makeBatch(this.#plain, [...selected, time], count);
    }
    const lineage = lineageOf(left, right);
    return makeBatch(this.#withLineage, [...selected, time, ...lineage], count);
  }
}

function laterTimes(left: TakenRows, right: TakenRows | undefined): Float64Array {
  const leftTimes = readNumbers(columnOf(left.batch, hiddenColumns.time));
  const times = Float64Array.from(left.rows, (row) => leftTimes[row] as number);
  if (right === undefined) return times;
  const rightTimes = readNumbers(columnOf(right.batch, hiddenColumns.time));
  for (let i = 0; i < times.length; i += 1) {
    const time = rightTimes[right.rows[i] as number] as number;
    if (time > (times[i] as number)) times[i] = time;
  }
  return times;
}

function lineageOf(left: TakenRows, right: TakenRows | undefined): Data[] {
  const count = left.rows.length;
  const taken = (from: TakenRows, names: readonly string[]): Data[] =>
    names
      .filter((name) => hasColumn(from.batch, name))
      .map((name) => takeColumn(columnOf(from.batch, name), from.rows, count));
  const own = taken(left, lineageColumns.slice(0, 3));
  const others = [
    ...taken(left, [hiddenColumns.index]),
    ...(right === undefined ? [] : taken(right, lineageColumns)),
  ];
  const index = others.length === 0 ? new Uint32Array(count) : hashColumns(others, count);
  return [
    ...own,
    int32Column(
      Int32Array.from(index.subarray(0, count), (hash) => hash | 0),
      count,
    ),
  ];
}

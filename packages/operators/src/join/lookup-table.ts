import {
  batchSchema,
  columnIndex,
  compileExpression,
  hashColumns,
  int32Column,
  makeBatch,
  mapToInts,
  takeColumn,
} from "@millrace/columnar";
import {
  assert,
  type Collector,
  type FieldType,
  hiddenColumns,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import { joinColumn, type LookupTableSpec } from "@millrace/plan";
import { type Data, type RecordBatch, Schema } from "apache-arrow";
import { findColumn } from "../find-column.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { JoinKeys, keyFieldsOf } from "./join-keys.ts";
import { isOptionalSide, JoinColumns } from "./join-output.ts";
import { JoinPairs, pairsMax } from "./join-pairs.ts";
import { JoinSide } from "./join-side.ts";

const indexField: FieldType = {
  name: hiddenColumns.index,
  type: { kind: "int32", nullable: false },
};

/**
 * Pairs each row with the rows of a table whose key its expressions give. The whole table has come
 * before the first row: the task reads its inputs in that order.
 *
 * **Shape** out: the selected columns; hidden columns are the row's own, `$weight` as well
 * **State** the table, at most `limits.joinRowsMax` rows in each task
 * **Cost**  one key look-up per row, and a step per pair
 * **Nulls** a null key finds the table's null key
 */
export class LookupTableOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: LookupTableSpec;
  readonly #keys: JoinKeys;
  readonly #table: JoinSide;
  readonly #columns: JoinColumns;
  readonly #layouts: OutputLayouts;
  readonly #on: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #leftSchema: Schema;
  readonly #keySchema: Schema;
  readonly #pairs = new JoinPairs();
  #withIndex: { readonly from: Schema; readonly to: Schema } | undefined;

  constructor(
    spec: LookupTableSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
  ) {
    const [left, table] = schemas.inputs;
    assert(left !== undefined && table !== undefined, "a lookup has a stream and a table");
    this.#spec = spec;
    const keys = keyFieldsOf(spec.joinKeys, table);
    this.#keys = new JoinKeys(keys, operatorId);
    this.#table = new JoinSide({
      name: "table",
      schema: table,
      joinKeys: this.#keys,
      isOptional: isOptionalSide("right", spec.joinKind),
      keeps: [],
      untilOf: () => Infinity,
      isUpdating: false,
      keepsLineage: false,
      operatorId,
      onRestored: () => undefined,
    });
    this.state = [this.#table];
    this.#columns = new JoinColumns(spec, schemas.inputs);
    this.#layouts = new OutputLayouts(schemas.output);
    this.#on = spec.on.map(({ expression }) => compileExpression(expression));
    this.#leftSchema = batchSchema(
      left.fields.map(({ name, type }) => ({ name: joinColumn("left", name), type })),
    );
    this.#keySchema = batchSchema(keys);
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    const count = batch.numRows;
    this.counts.rowsIn += count;
    this.counts.accepted += count;
    if (count === 0) return;
    if (input === 1) {
      this.#table.add({ batch, keys: this.#keys.of(batch), times: undefined });
      return;
    }
    const keys = this.#keysOf(batch);
    const { next } = this.#table.slots;
    const { head } = this.#table;
    const pairs = this.#pairs;
    const isOuter = this.#spec.joinKind === "left";
    for (let row = 0; row < count; row += 1) {
      const key = keys[row] as number;
      let found = key < 0 ? 0 : (head[key] ?? 0);
      if (found === 0 && isOuter) pairs.add(row, 0, 1);
      for (; found !== 0; found = next[found] as number) pairs.add(row, found, 1);
      if (pairs.count >= pairsMax) this.#emit(batch, out);
    }
    this.#emit(batch, out);
  }

  /** The table's key number of each row; −1 where the table does not have the key. */
  #keysOf(batch: RecordBatch): Int32Array {
    const count = batch.numRows;
    const own = batch.data.children.slice(0, this.#leftSchema.fields.length);
    const left = makeBatch(this.#leftSchema, own, count);
    const columns = this.#on.map((expression) => expression.evaluate(left));
    return this.#keys.find(makeBatch(this.#keySchema, columns, count));
  }

  #emit(batch: RecordBatch, out: Collector): void {
    const pairs = this.#pairs;
    const { count } = pairs;
    if (count === 0) return;
    this.counts.rowsOut += count;
    const layout = this.#layouts.of(batch.schema);
    const columns = this.#columns.of(pairs, { left: batch, right: this.#table.batch });
    const hidden = hiddenColumnsOf(batch, layout).map((column) =>
      takeColumn(column, pairs.left, count),
    );
    const schema = this.#schemaOf(layout.schema);
    if (schema !== layout.schema) hidden.push(this.#indexOf(batch));
    else {
      const index = columnIndex(schema, hiddenColumns.index);
      if (index >= 0) hidden[index - columns.length] = this.#indexOf(batch);
    }
    out.emit(makeBatch(schema, [...columns, ...hidden], count));
    pairs.clear();
  }

  /** With `$index` where rows have lineage: one row may become several. */
  #schemaOf(schema: Schema): Schema {
    const has = (name: string): boolean => columnIndex(schema, name) >= 0;
    if (!has(hiddenColumns.offset) || has(hiddenColumns.index)) return schema;
    if (this.#withIndex?.from !== schema) {
      const to = new Schema([...schema.fields, ...batchSchema([indexField]).fields]);
      this.#withIndex = { from: schema, to };
    }
    return this.#withIndex.to;
  }

  /** Tells the rows apart that one row became: by its own index and the table's row. */
  #indexOf(batch: RecordBatch): Data {
    const { count, left, right } = this.#pairs;
    const own = findColumn(batch, hiddenColumns.index);
    const table = this.#table.batch.data.children.map((column) => takeColumn(column, right, count));
    const columns = own === undefined ? table : [takeColumn(own, left, count), ...table];
    const hashes = hashColumns(columns, count);
    return int32Column(
      mapToInts(hashes.subarray(0, count), (hash) => hash | 0),
      count,
    );
  }

  advanceWatermark(): void {}
}

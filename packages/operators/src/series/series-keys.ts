import { columnOf, GroupTable, hashColumns } from "@millrace/columnar";
import {
  assert,
  type FieldType,
  findField,
  keyGroupOf,
  limits,
  millraceError,
  type RowSchema,
} from "@millrace/core";
import type { Data, RecordBatch } from "apache-arrow";

/**
 * The series of one operator: dense indexes by key, in order of first appearance. Never forgotten.
 */
export class SeriesKeys {
  readonly fields: readonly FieldType[];
  readonly #table: GroupTable;
  readonly #operatorId: string;

  constructor(schema: RowSchema, keys: readonly string[], operatorId: string) {
    this.fields = keys.map((name) => {
      const field = findField(schema, name);
      assert(field !== undefined, `the input has the key column ${name}`);
      return field;
    });
    this.#table = new GroupTable(this.fields);
    this.#operatorId = operatorId;
  }

  get size(): number {
    return this.#table.size;
  }

  get sizeBytes(): number {
    return this.#table.sizeBytes;
  }

  /** The series of each row; new keys get the next index. @throws RUN_STATE_TOO_LARGE */
  seriesOf(batch: RecordBatch): Int32Array {
    const count = batch.numRows;
    const columns = this.fields.map(({ name }) => columnOf(batch, name));
    const series = new Int32Array(count);
    this.#table.lookup(columns, hashColumns(columns, count), undefined, count, series);
    if (this.#table.size > limits.seriesMax) {
      const operatorId = this.#operatorId;
      const limit = `${limits.seriesMax} series`;
      throw millraceError("RUN_STATE_TOO_LARGE", { operatorId, limit }, { where: { operatorId } });
    }
    return series;
  }

  keyGroupOf(series: number): number {
    return keyGroupOf(this.#table.hashOf(series));
  }

  columns(series: Int32Array): Data[] {
    return this.#table.keyColumns(series, series.length);
  }
}

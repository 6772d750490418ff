import { batchSchema, makeBatch } from "@millrace/columnar";
import type { BadRecord, DecodedValues, DecoderOptions } from "@millrace/core";
import type { Schema } from "apache-arrow";
import { type ColumnCheck, columnChecks, selectedFields } from "./column-checks.ts";
import type { FieldProblem } from "./field-problem.ts";
import { plainValue } from "./plain-value.ts";
import { RecordTally } from "./record-tally.ts";
import { ValueColumn } from "./value-column.ts";

const rowsAtFirst = 256;

/** Rows being decoded from binary records, whose readers write `columns` at row `tally.rows`. */
export class BinaryRows {
  readonly columns: readonly ValueColumn[];
  /** The records read since `tally.start`. */
  readonly tally: RecordTally<BadRecord> = new RecordTally();
  readonly #schema: Schema;
  readonly #checks: readonly (ColumnCheck | undefined)[];

  constructor(format: string, options: DecoderOptions) {
    const fields = selectedFields(options);
    this.#schema = batchSchema(fields);
    this.#checks = columnChecks(format, fields, options.validators);
    this.columns = fields.map((field) => new ValueColumn(field, undefined, rowsAtFirst));
  }

  /** Makes room for the next row and gives its index. */
  nextRow(): number {
    const { rows } = this.tally;
    for (const column of this.columns) if (rows >= column.capacity) column.reserveRows(rows + 1);
    return rows;
  }

  /** What the columns' checks find wrong with the row just written. */
  refusal(): FieldProblem | undefined {
    for (let i = 0; i < this.#checks.length; i++) {
      const check = this.#checks[i];
      if (check === undefined) continue;
      const problem = check(plainValue(this.columns[i]!, this.tally.rows));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** The rows accepted and the records refused since `tally.start`. */
  take(): DecodedValues {
    const { rows } = this.tally;
    const columns = this.columns.map((column) => column.finish(rows));
    return { rows: makeBatch(this.#schema, columns, rows), ...this.tally.result() };
  }
}

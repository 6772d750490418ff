import {
  batchSchema,
  columnOf,
  compileExpression,
  makeBatch,
  mapToInts,
  rowReader,
  takeRows,
} from "@millrace/columnar";
import {
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { LookupSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { FailedRows } from "../failed-rows.ts";
import { findFunction } from "../find-function.ts";
import type { OperatorContext } from "../operator-context.ts";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import type { CallOutcome } from "./async-calls.ts";
import type { Found } from "./found-rows.ts";
import { KeyFetches, type KeyReader } from "./key-fetches.ts";
import { inFlightRowsMax, RowsInFlight } from "./rows-in-flight.ts";
import { settledColumns } from "./settled-columns.ts";

/**
 * Adds to each row the columns that an async user function finds for its key.
 *
 * Rows of a call that fails become dead letters, unless `onError` says otherwise, and the key is
 * asked for again by the next row; so do rows whose columns do not hold what was found.
 *
 * **Shape** out: the input's columns, then what was found; hidden columns pass through
 * **State** none: what it keeps of earlier calls is gone after a restart
 * **Cost**  the key's columns are vectorised, then one object and one map look-up per row; a call
 * per key that is neither kept nor being fetched
 * **Nulls** a key with a null finds nothing, without a call
 */
export class LookupOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[] = [];
  readonly inFlight: RowsInFlight;
  readonly #spec: LookupSpec;
  readonly #failed: FailedRows;
  readonly #input: RowSchema;
  readonly #added: RowSchema;
  readonly #required: readonly string[];
  readonly #layouts: OutputLayouts;

  constructor(
    spec: LookupSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    context: OperatorContext,
  ) {
    this.#spec = spec;
    this.#failed = new FailedRows(spec, context.operatorId, this.counts);
    this.#input = schemas.input;
    this.#added = { fields: schemas.output.fields.slice(schemas.input.fields.length) };
    this.#required = spec.found.fields.filter(({ type }) => !type.nullable).map(({ name }) => name);
    this.#layouts = new OutputLayouts(schemas.output);
    const fetch = findFunction(context, spec.functionId);
    this.inFlight = new RowsInFlight({
      work: new KeyFetches(spec, { fetch, keyOf: keyReader(spec), clock: context.clock }),
      give: (batch, rows, outcomes, out) => this.#give(batch, rows, outcomes, out),
      isOrdered: spec.calls.order === "ordered",
      rowsMax: inFlightRowsMax(spec.calls),
    });
  }

  process(batch: RecordBatch): void {
    if (batch.numRows === 0) return;
    this.counts.rowsIn += batch.numRows;
    this.inFlight.take(batch);
  }

  advanceWatermark(watermark: number): void {
    this.inFlight.reach(watermark);
  }

  #give(
    batch: RecordBatch,
    rows: readonly number[],
    outcomes: readonly (CallOutcome | undefined)[],
    out: Collector,
  ): void {
    const found: object[] = [];
    const from: number[] = [];
    const refuse = (row: number, error: unknown): void => {
      const value = rowReader(this.#input)(batch, row);
      this.#failed.take(batch, row, value, error, out);
    };
    for (const row of rows) {
      const outcome = outcomes[row] as CallOutcome;
      const problem = "error" in outcome ? outcome.error : this.#problemOf(outcome.value as Found);
      if (problem !== undefined) refuse(row, problem);
      else if (this.#spec.joinKind === "inner" && (outcome as { value: Found }).value === null) {
        this.counts.filtered += 1;
      } else {
        found.push((outcome as { value: Found }).value ?? {});
        from.push(row);
      }
    }
    const { columns, kept } = settledColumns(this.#added, found, (at, error) =>
      refuse(from[at] as number, error),
    );
    const count = kept.length;
    if (count === 0) return;
    this.counts.accepted += count;
    this.counts.rowsOut += count;
    const taken = mapToInts(kept, (at) => from[at] as number);
    const source = takeRows(batch, taken, count);
    const own = this.#input.fields.map(({ name }) => columnOf(source, name));
    const layout = this.#layouts.of(source.schema);
    const all = [...own, ...columns, ...hiddenColumnsOf(source, layout)];
    out.emit(makeBatch(layout.schema, all, count));
  }

  /** The columns of the result hold nulls where nothing is found, but what is found is whole. */
  #problemOf(found: Found): TypeError | undefined {
    if (found === null) return undefined;
    const missing = this.#required.find(
      (name) => found[name] === undefined || found[name] === null,
    );
    return missing === undefined ? undefined : new TypeError(`${missing} must not be null`);
  }
}

/** Reads keys, of one batch after the other. */
function keyReader({ by }: LookupSpec): KeyReader {
  const compiled = by.map(({ expression }) => compileExpression(expression));
  const fields = by.map(({ name, expression }) => ({ name, type: expression.type }));
  const schema = batchSchema(fields);
  const read = rowReader({ fields });
  let last: { readonly of: RecordBatch; readonly keys: RecordBatch } | undefined;
  return (batch, row) => {
    if (last?.of !== batch) {
      const columns = compiled.map((expression) => expression.evaluate(batch));
      last = { of: batch, keys: makeBatch(schema, columns, batch.numRows) };
    }
    const values = read(last.keys, row);
    const parts: string[] = [];
    for (const { name } of fields) {
      const value = values[name];
      if (value === null) return undefined;
      parts.push(typeof value === "string" ? JSON.stringify(value) : String(value));
    }
    return { text: parts.join(","), values };
  };
}

import { compileExpression, compilePredicate, hashColumns } from "@millrace/columnar";
import { type AggregateCall, argumentsOf } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import { hiddenColumns } from "@millrace/core";
import { findColumn } from "../find-column.ts";
import type { AggregateRows, OtherArgument } from "./accumulator.ts";
import type { AccumulatorPlan } from "./create-accumulator.ts";
import type { EventOrder } from "./event-order.ts";
import { readNumbers } from "./read-numbers.ts";

const noNumbers = new Float64Array(0);
const noHashes = new Uint32Array(0);

/**
 * Evaluates arguments and filter of one aggregate call once per batch, and picks the rows that it
 * sees.
 */
export class CallInput {
  readonly #arguments: readonly { evaluate(batch: RecordBatch): Data }[];
  readonly #filter: { select(batch: RecordBatch, into: Int32Array): number } | undefined;
  readonly #plan: AccumulatorPlan;
  readonly #needsHashes: boolean;
  readonly #scratch = new Scratch();
  readonly #otherScratch: readonly Scratch[];
  readonly #input: AggregateRows;
  /** 1 for the rows that pass the filter, where there is one. */
  #passes: Uint8Array | undefined;
  /** The arguments that have nulls. */
  #nullable: readonly Data[] = [];

  constructor(call: AggregateCall, plan: AccumulatorPlan, order: EventOrder) {
    this.#arguments = argumentsOf(call).map((argument) => compileExpression(argument));
    this.#filter = call.filter === undefined ? undefined : compilePredicate(call.filter);
    this.#plan = plan;
    this.#needsHashes = plan.form === "hash" || call.distinct;
    this.#otherScratch = this.#arguments.slice(1).map(() => new Scratch());
    this.#input = {
      data: undefined,
      values: noNumbers,
      others: [],
      hashes: noHashes,
      rows: new Int32Array(0),
      groups: new Int32Array(0),
      count: 0,
      weights: undefined,
      order,
    };
  }

  /** Call once per batch, before `pick`. */
  prepare(batch: RecordBatch): void {
    const count = batch.numRows;
    const columns = this.#arguments.map((argument) => argument.evaluate(batch));
    const [data, ...others] = columns;
    this.#nullable =
      this.#plan.seesNulls === true ? [] : columns.filter((column) => column.nullCount > 0);
    this.#input.data = data;
    this.#input.weights = weightsOf(batch);
    if (data !== undefined && this.#plan.form === "number") {
      this.#input.values = numbersOf(data, this.#scratch);
    }
    if (others.length > 0) {
      this.#input.others = others.map((other, i): OtherArgument => {
        const scratch = this.#otherScratch[i] as Scratch;
        const isNumber = this.#plan.otherForm === "number";
        return { data: other, values: isNumber ? numbersOf(other, scratch) : noNumbers };
      });
    }
    if (data !== undefined && this.#needsHashes) {
      this.#input.hashes = hashColumns([data], count, this.#scratch.words(count));
    }
    this.#passes = this.#filter === undefined ? undefined : this.#filterRows(batch);
  }

  #filterRows(batch: RecordBatch): Uint8Array {
    const rows = this.#scratch.ints(2, batch.numRows);
    const count = this.#filter?.select(batch, rows) ?? 0;
    const passes = this.#scratch.zeroBytes(batch.numRows);
    for (let i = 0; i < count; i += 1) passes[rows[i] as number] = 1;
    return passes;
  }

  /**
   * The rows (of those given) that pass the filter and whose arguments are not null. Reused by the
   * next call.
   */
  pick(rows: Int32Array, groups: Int32Array, count: number): AggregateRows {
    const input = this.#input;
    input.rows = rows;
    input.groups = groups;
    input.count = count;
    if (this.#passes !== undefined) this.#keepPassing(this.#passes);
    for (const data of this.#nullable) this.#keepPresent(data);
    return input;
  }

  /** Leaves the rows for which `passes` is 1. */
  #keepPassing(passes: Uint8Array): void {
    const input = this.#input;
    const keptRows = this.#scratch.ints(0, input.count);
    const keptGroups = this.#scratch.ints(1, input.count);
    let kept = 0;
    for (let i = 0; i < input.count; i += 1) {
      const row = input.rows[i] as number;
      if (passes[row] === 0) continue;
      keptRows[kept] = row;
      keptGroups[kept] = input.groups[i] as number;
      kept += 1;
    }
    input.rows = keptRows;
    input.groups = keptGroups;
    input.count = kept;
  }

  /** Leaves the rows in which the column is not null. Kept rows may be written over in place. */
  #keepPresent(data: Data): void {
    const input = this.#input;
    const keptRows = this.#scratch.ints(0, input.count);
    const keptGroups = this.#scratch.ints(1, input.count);
    const bitmap = data.nullBitmap;
    let kept = 0;
    for (let i = 0; i < input.count; i += 1) {
      const row = input.rows[i] as number;
      const bit = row + data.offset;
      if ((((bitmap[bit >> 3] as number) >> (bit & 7)) & 1) === 0) continue;
      keptRows[kept] = row;
      keptGroups[kept] = input.groups[i] as number;
      kept += 1;
    }
    input.rows = keptRows;
    input.groups = keptGroups;
    input.count = kept;
  }
}

function numbersOf(data: Data, scratch: Scratch): Float64Array {
  const isFloat = data.values instanceof Float64Array;
  return readNumbers(data, isFloat ? undefined : scratch.floats(data.length));
}

/** How often each row counts; undefined where the stream only adds rows. */
function weightsOf(batch: RecordBatch): Int32Array | undefined {
  return findColumn(batch, hiddenColumns.weight)?.values as Int32Array | undefined;
}

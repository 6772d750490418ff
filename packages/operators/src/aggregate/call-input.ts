import { compileExpression, compilePredicate, hashColumns } from "@millrace/columnar";
import type { AggregateCall } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { Scratch } from "../scratch.ts";
import type { AggregateRows, ArgumentForm } from "./accumulator.ts";
import type { EventOrder } from "./event-order.ts";
import { readNumbers } from "./read-numbers.ts";

const noNumbers = new Float64Array(0);
const noHashes = new Uint32Array(0);

/**
 * Evaluates argument and filter of one aggregate call once per batch, and picks the rows that it
 * sees.
 */
export class CallInput {
  readonly #argument: { evaluate(batch: RecordBatch): Data } | undefined;
  readonly #filter: { select(batch: RecordBatch, into: Int32Array): number } | undefined;
  readonly #form: ArgumentForm;
  readonly #needsHashes: boolean;
  readonly #scratch = new Scratch();
  readonly #input: AggregateRows;
  /** 1 for the rows that pass the filter, where there is one. */
  #passes: Uint8Array | undefined;
  #hasNulls = false;

  constructor(call: AggregateCall, form: ArgumentForm, order: EventOrder) {
    this.#argument = call.argument === undefined ? undefined : compileExpression(call.argument);
    this.#filter = call.filter === undefined ? undefined : compilePredicate(call.filter);
    this.#form = form;
    this.#needsHashes = form === "hash" || call.distinct;
    this.#input = {
      data: undefined,
      values: noNumbers,
      hashes: noHashes,
      rows: new Int32Array(0),
      groups: new Int32Array(0),
      count: 0,
      order,
    };
  }

  /** Call once per batch, before `pick`. */
  prepare(batch: RecordBatch): void {
    const count = batch.numRows;
    const data = this.#argument?.evaluate(batch);
    this.#input.data = data;
    this.#hasNulls = data !== undefined && data.nullCount > 0;
    if (data !== undefined && this.#form === "number") {
      const isFloat = data.values instanceof Float64Array;
      this.#input.values = readNumbers(data, isFloat ? undefined : this.#scratch.floats(count));
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
   * The rows (of those given) that pass the filter and whose argument is not null. Reused by the
   * next call.
   */
  pick(rows: Int32Array, groups: Int32Array, count: number): AggregateRows {
    const input = this.#input;
    input.rows = rows;
    input.groups = groups;
    input.count = count;
    if (this.#passes === undefined && !this.#hasNulls) return input;
    const keptRows = this.#scratch.ints(0, count);
    const keptGroups = this.#scratch.ints(1, count);
    const bitmap = this.#hasNulls ? (input.data as Data).nullBitmap : undefined;
    const offset = input.data?.offset ?? 0;
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const row = rows[i] as number;
      if (this.#passes !== undefined && this.#passes[row] === 0) continue;
      const bit = row + offset;
      if (bitmap !== undefined && (((bitmap[bit >> 3] as number) >> (bit & 7)) & 1) === 0) continue;
      keptRows[kept] = row;
      keptGroups[kept] = groups[i] as number;
      kept += 1;
    }
    input.rows = keptRows;
    input.groups = keptGroups;
    input.count = kept;
    return input;
  }
}

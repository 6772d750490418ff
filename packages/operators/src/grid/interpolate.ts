import { columnOf, isValidAt, makeBatch, mapToFloats } from "@millrace/columnar";
import {
  type Collector,
  findField,
  type FieldType,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { InterpolateSpec } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { hiddenColumnsOf, OutputLayouts } from "../output-layout.ts";
import { KeyedRows } from "./keyed-rows.ts";
import { KnownValues } from "./known-values.ts";
import { linearColumn } from "./linear-column.ts";
import { overlayColumn } from "./overlay-column.ts";

// Invariants:
//   I1. A row is held while it, or a row of its key before it, waits for a known value; so the rows
//       of a key come out in event order.
//   I2. A row waits at most until the watermark has passed it by the longest gap. So rows that come
//       are never further behind the watermark than that.
//   I3. Held, in the changelog too, are rows that wait, rows that hold a last known value, and rows
//       whose values are used by a row that waits. Looking at them in order again gives the same:
//       rows at the front that wait for nothing have come out before.

/**
 * Passes the rows on with nulls of some columns filled: from known values of the key around them.
 *
 * **Shape** the input's columns and hidden columns
 * **State** rows that wait for the watermark or for a known value, and for each key and column the
 * last known value, until the longest gap has passed
 * **Cost**  O(rows × columns), one key look-up per row; rows that wait are looked at whenever the
 * watermark moves
 * **Nulls** a null key is a key of its own; NaN is a value
 * **Source** `interpolate("time")`, `ffill` and `bfill` of pandas
 */
export class InterpolateOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly #spec: InterpolateSpec;
  readonly #rows: KeyedRows;
  readonly #columns: readonly { readonly field: FieldType; readonly index: number }[];
  readonly #layouts: OutputLayouts;
  readonly #columnCount: number;
  #known: readonly KnownValues[] = [];
  /** Held rows of the groups that have any, in event order. */
  #held = new Map<number, number[]>();
  /** How often a slot is needed: held, or used by others. */
  #uses = new Int32Array(16);
  #watermark = -Infinity;

  constructor(spec: InterpolateSpec, input: RowSchema, operatorId: string) {
    this.#spec = spec;
    this.#columnCount = input.fields.length;
    this.#columns = spec.columns.map((name) => ({
      field: findField(input, name) as FieldType,
      index: input.fields.findIndex((field) => field.name === name),
    }));
    this.#layouts = new OutputLayouts(input);
    this.#rows = new KeyedRows({
      input,
      keys: spec.keys,
      operatorId,
      counts: this.counts,
      deletes: true,
      onRenumbered: (watermark) => this.#lookAgain(watermark),
    });
    this.#known = this.#nothingKnown();
  }

  get state(): readonly StateTable[] {
    return this.#rows.state;
  }

  #nothingKnown(): KnownValues[] {
    const { method, maxGapMs } = this.#spec;
    return this.#columns.map(
      () =>
        new KnownValues(method, maxGapMs, {
          timeOf: (slot) => this.#rows.times[slot] as number,
          use: (slot) => this.#use(slot),
          release: (slot) => this.#release(slot),
        }),
    );
  }

  process(batch: RecordBatch, out: Collector): void {
    this.#rows.add(batch, out);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    const taken = this.#rows.take(watermark);
    if (taken !== undefined) {
      const { start, end, batch } = taken;
      const slots = Int32Array.from({ length: end - start }, (_, i) => start + i);
      this.#look(slots, batch);
    }
    this.#watermark = watermark;
    const due = this.#takeSettled();
    if (due.length > 0) this.#emit(Int32Array.from(due), out);
    for (const slot of due) this.#leave(slot);
    for (const known of this.#known) known.forget(watermark);
    this.#rows.tidy();
  }

  #use(slot: number): void {
    if (slot >= this.#uses.length) {
      const uses = new Int32Array(Math.max(slot + 1, this.#uses.length * 2));
      uses.set(this.#uses);
      this.#uses = uses;
    }
    const before = this.#uses[slot] as number;
    this.#uses[slot] = before + 1;
    if (before === 0 && !this.#rows.isHeld(slot)) this.#rows.hold(slot);
  }

  #release(slot: number): void {
    const left = (this.#uses[slot] as number) - 1;
    this.#uses[slot] = left;
    if (left === 0) this.#rows.letGo(slot);
  }

  /** Takes in rows in event order: what they know, and what they wait for. */
  #look(slots: Int32Array, batch: RecordBatch): void {
    const data = this.#columns.map(({ index }) => batch.data.children[index] as Data);
    for (const known of this.#known) known.reserve(this.#rows.size, this.#rows.groupCount);
    for (let row = 0; row < slots.length; row += 1) {
      const slot = slots[row] as number;
      const group = this.#rows.groupOf(slot);
      this.#use(slot);
      for (let column = 0; column < data.length; column += 1) {
        const known = this.#known[column] as KnownValues;
        known.add(group, slot, isValidAt(data[column] as Data, row));
      }
      const held = this.#held.get(group);
      if (held === undefined) this.#held.set(group, [slot]);
      else held.push(slot);
    }
  }

  /** Removes the rows that wait for nothing, nor does one before them, from those that are held. */
  #takeSettled(): number[] {
    const due: number[] = [];
    for (const [group, held] of this.#held) {
      for (const known of this.#known) known.giveUp(group, this.#watermark);
      let count = 0;
      for (; count < held.length; count += 1) {
        const slot = held[count] as number;
        if (this.#known.some((known) => known.isWaiting(slot))) break;
        due.push(slot);
      }
      if (count === held.length) this.#held.delete(group);
      else held.splice(0, count);
    }
    return due;
  }

  /** A row has come out: what it was filled from is not needed for it any more. */
  #leave(slot: number): void {
    for (const known of this.#known) known.leave(slot);
    this.#release(slot);
  }

  /** Slots are new: what is known and waits is found again (I3). */
  #lookAgain(watermark: number | undefined): void {
    this.#held = new Map();
    this.#uses = new Int32Array(Math.max(16, this.#rows.size));
    this.#known = this.#nothingKnown();
    if (watermark !== undefined) this.#watermark = Math.max(this.#watermark, watermark);
    const slots: number[] = [];
    for (let slot = 0; slot < this.#rows.size; slot += 1) {
      if (this.#rows.isHeld(slot)) slots.push(slot);
    }
    if (slots.length === 0) return;
    const held = Int32Array.from(slots);
    this.#look(held, this.#rows.gather(held));
    for (const slot of this.#takeSettled()) this.#leave(slot);
    for (const known of this.#known) known.forget(this.#watermark);
  }

  #emit(slots: Int32Array, out: Collector): void {
    const batch = this.#rows.gather(slots);
    const layout = this.#layouts.of(batch.schema);
    const columns = (batch.data.children as Data[]).slice(0, this.#columnCount);
    for (const [i, known] of this.#known.entries()) {
      const { field, index } = this.#columns[i] as { field: FieldType; index: number };
      columns[index] = this.#filled(columns[index] as Data, field, known, slots);
    }
    this.counts.rowsOut += slots.length;
    const all = [...columns, ...hiddenColumnsOf(batch, layout)];
    out.emit(makeBatch(layout.schema, all, slots.length));
  }

  #filled(base: Data, field: FieldType, known: KnownValues, slots: Int32Array): Data {
    const rows: number[] = [];
    for (let row = 0; row < slots.length; row += 1) {
      if (known.isFilled(slots[row] as number)) rows.push(row);
    }
    if (rows.length === 0) return base;
    const places = Int32Array.from(rows);
    const own = places.map((row) => slots[row] as number);
    const previous = own.map((slot) => known.previousOf(slot));
    const next = own.map((slot) => known.nextOf(slot));
    const valuesAt = (of: Int32Array): Data => columnOf(this.#rows.gather(of), field.name);
    const { method } = this.#spec;
    if (method !== "linear") {
      const values = valuesAt(method === "previous" ? previous : next);
      return overlayColumn(base, { rows: places, values });
    }
    const { times } = this.#rows;
    const timesOf = (of: Int32Array): Float64Array =>
      mapToFloats(of, (slot, i) => {
        return (times[slot] as number) - (times[previous[i] as number] as number);
      });
    const ends = {
      previous: valuesAt(previous),
      next: valuesAt(next),
      passedMs: timesOf(own),
      totalMs: timesOf(next),
    };
    const values = linearColumn(field.type, ends, places.length);
    return overlayColumn(base, { rows: places, values });
  }
}

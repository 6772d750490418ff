import { timestampColumn } from "@millrace/columnar";
import {
  assert,
  type Collector,
  type Operator,
  type OperatorCounts,
  operatorCounts,
  type RowSchema,
  type StateTable,
} from "@millrace/core";
import type { WindowJoinSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { onTimeRows } from "../window/late-rows.ts";
import { layoutOf, type WindowLayout } from "../window/window-layout.ts";
import { JoinKeys, keyFieldsOf } from "./join-keys.ts";
import { isOptionalSide, type JoinedSides, JoinOutput } from "./join-output.ts";
import { JoinPairs, pairsMax } from "./join-pairs.ts";
import { JoinSide } from "./join-side.ts";
import { rowTimes } from "./row-times.ts";

// Invariants:
//   V1. A row counts in a window over its time iff its own `$watermark` had not reached the
//     window's end. It is late iff it counts in none.
//   V2. A window is emitted once, at the first watermark that reaches its end. By then each row
//     that counts in it has come.
//   V3. A row is kept until the last window over its time has been emitted.

/** The rows of a window, by slot. */
interface WindowRows {
  readonly left: number[];
  readonly right: number[];
}

/**
 * Pairs rows of two inputs with equal keys in the same window, when the window closes.
 *
 * **Shape** out: `windowStart`, `windowEnd`, the selected columns, `$time` = windowEnd − 1
 * **State** the rows of open windows, once each; at most `limits.joinRowsMax` per side
 * **Cost**  one key look-up per row; closing takes a step per row and window, and one per pair
 * **Nulls** a null key is a key of its own: it pairs with null
 */
export class WindowJoinOperator implements Operator {
  readonly counts: OperatorCounts = operatorCounts();
  readonly state: readonly StateTable[];
  readonly #spec: WindowJoinSpec;
  readonly #layout: WindowLayout;
  readonly #keys: JoinKeys;
  readonly #sides: JoinedSides;
  readonly #output: JoinOutput;
  readonly #pairs = new JoinPairs();
  /** End of the window of each pair. */
  #ends: number[] = [];
  /** The least end of a window that may have rows. */
  #nextEnd = Infinity;
  #watermark = -Infinity;

  constructor(
    spec: WindowJoinSpec,
    schemas: { readonly inputs: readonly RowSchema[]; readonly output: RowSchema },
    operatorId: string,
  ) {
    const [leftSchema, rightSchema] = schemas.inputs;
    assert(leftSchema !== undefined && rightSchema !== undefined, "a join has two inputs");
    this.#spec = spec;
    this.#layout = layoutOf(spec.window);
    this.#keys = new JoinKeys(keyFieldsOf(spec.joinKeys, leftSchema), operatorId);
    const sideOf = (name: "left" | "right", schema: RowSchema): JoinSide =>
      new JoinSide({
        name,
        schema,
        joinKeys: this.#keys,
        isOptional: isOptionalSide(name, spec.joinKind),
        keeps: ["times", "behind"],
        untilOf: (time) => this.#layout.lastEndOf(time) - 1,
        isUpdating: false,
        keepsLineage: true,
        operatorId,
        onRestored: (watermark) => {
          this.#watermark = Math.max(this.#watermark, watermark);
          this.#nextEnd = -Infinity;
        },
      });
    this.#sides = { left: sideOf("left", leftSchema), right: sideOf("right", rightSchema) };
    this.state = [this.#sides.left, this.#sides.right];
    const selected = { fields: schemas.output.fields.slice(2) };
    this.#output = new JoinOutput(spec, { inputs: schemas.inputs, output: selected }, false);
  }

  process(batch: RecordBatch, out: Collector, input: number): void {
    const layout = this.#layout;
    const rows = onTimeRows(batch, this.counts, out, (time) => layout.lastEndOf(time));
    if (rows.numRows === 0) return;
    const side = input === 0 ? this.#sides.left : this.#sides.right;
    const { times, behind } = rowTimes(rows);
    const first = side.add({ batch: rows, keys: this.#keys.of(rows), times, behind });
    const { slots } = side;
    for (let slot = first; slot < side.slotCount; slot += 1) {
      // Only a row behind the last such end can open an earlier window.
      if ((slots.times[slot] as number) >= this.#nextEnd) continue;
      const end = layout.firstEndAfter(slots.times[slot] as number, this.#seenBy(side, slot));
      if (end < this.#nextEnd) this.#nextEnd = end;
    }
  }

  /** The watermark before which windows are closed to a row. */
  #seenBy(side: JoinSide, slot: number): number {
    return Math.max(side.slots.behind[slot] as number, this.#watermark);
  }

  advanceWatermark(watermark: number, out: Collector): void {
    if (watermark <= this.#watermark) return;
    if (watermark >= this.#nextEnd) this.#close(watermark, out);
    this.#watermark = watermark;
    const { left, right } = this.#sides;
    left.expire(watermark);
    right.expire(watermark);
    left.compact();
    right.compact();
    this.#keys.forget(() => {
      left.renumber();
      right.renumber();
    });
  }

  #close(watermark: number, out: Collector): void {
    const windows = new Map<number, WindowRows>();
    this.#nextEnd = Infinity;
    this.#collect("left", watermark, windows);
    this.#collect("right", watermark, windows);
    const buckets = new Int32Array(this.#keys.size);
    const { left, right } = this.#sides;
    const chain = { heads: buckets, next: new Int32Array(right.slotCount) };
    const isMatched = new Uint8Array(right.slotCount);
    for (const end of [...windows.keys()].sort((a, b) => a - b)) {
      this.#pairWindow(end, windows.get(end) as WindowRows, { chain, isMatched, left, right, out });
    }
    this.#emit(out);
  }

  /** Puts rows into the windows that close, and finds the next end. */
  #collect(name: "left" | "right", watermark: number, into: Map<number, WindowRows>): void {
    const layout = this.#layout;
    const side = this.#sides[name];
    const { times, isGone } = side.slots;
    for (let slot = 1; slot < side.slotCount; slot += 1) {
      if (isGone[slot] === 1) continue;
      const time = times[slot] as number;
      const last = layout.lastEndOf(time);
      let end = layout.firstEndAfter(time, this.#seenBy(side, slot));
      for (; end <= last && end <= watermark; end += layout.strideMs) {
        let rows = into.get(end);
        if (rows === undefined) {
          rows = { left: [], right: [] };
          into.set(end, rows);
        }
        rows[name].push(slot);
      }
      if (end <= last && end < this.#nextEnd) this.#nextEnd = end;
    }
  }

  #pairWindow(
    end: number,
    rows: WindowRows,
    on: {
      readonly chain: { readonly heads: Int32Array; readonly next: Int32Array };
      readonly isMatched: Uint8Array;
      readonly left: JoinSide;
      readonly right: JoinSide;
      readonly out: Collector;
    },
  ): void {
    const { heads, next } = on.chain;
    const leftKeys = on.left.slots.keys;
    const rightKeys = on.right.slots.keys;
    const { joinKind } = this.#spec;
    for (const slot of rows.right) {
      const key = rightKeys[slot] as number;
      next[slot] = heads[key] as number;
      heads[key] = slot;
    }
    for (const slot of rows.left) {
      let found = heads[leftKeys[slot] as number] as number;
      if (found === 0 && isOptionalSide("right", joinKind)) this.#pair(slot, 0, end);
      for (; found !== 0; found = next[found] as number) {
        on.isMatched[found] = 1;
        this.#pair(slot, found, end);
      }
      if (this.#pairs.count >= pairsMax) this.#emit(on.out);
    }
    for (const slot of rows.right) {
      if (on.isMatched[slot] === 0 && isOptionalSide("left", joinKind)) this.#pair(0, slot, end);
      on.isMatched[slot] = 0;
      heads[rightKeys[slot] as number] = 0;
    }
  }

  #pair(left: number, right: number, end: number): void {
    this.#pairs.add(left, right, 1);
    this.#ends.push(end);
  }

  #emit(out: Collector): void {
    const { count } = this.#pairs;
    if (count === 0) return;
    this.counts.rowsOut += count;
    const ends = Float64Array.from(this.#ends);
    const starts = ends.map((end) => this.#layout.startOf(end));
    const before = [timestampColumn(starts, count), timestampColumn(ends, count)];
    const times = ends.map((end) => end - 1);
    out.emit(this.#output.make(this.#pairs, this.#sides, { before, times }));
    this.#pairs.clear();
    this.#ends = [];
  }
}

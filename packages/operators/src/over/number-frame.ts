import { float64Column, isValidAt, mapToBytes, mapToFloats } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { numberColumn } from "../aggregate/number-column.ts";
import { readNumbers } from "../aggregate/read-numbers.ts";
import { FrameArgument } from "./frame-argument.ts";
import type { FrameFunction } from "./frame-function.ts";
import type { NumberMonoid } from "./number-monoid.ts";

/**
 * An aggregate of numbers over frames.
 *
 * **State** 8 bytes, a byte and the slots of its monoid per kept row
 */
export class NumberFrame implements FrameFunction {
  readonly stateType: DataType = { kind: "float64", nullable: true };
  readonly #monoid: NumberMonoid;
  readonly #type: DataType;
  readonly #argument: FrameArgument;
  /** Values of any type are counted; all else goes by numbers. */
  readonly #readsNumbers: boolean;
  #numbers: Float64Array = new Float64Array(0);
  /** By entry: what it brings, and whether it brings anything. */
  #values: Float64Array = new Float64Array(16);
  #isPresent: Uint8Array = new Uint8Array(16);
  #suffixes: Float64Array;
  /** By group. */
  #backs: Float64Array;
  /** What one row brings. */
  readonly #one: Float64Array;
  #results: number[] = [];
  #isValid: number[] = [];

  constructor(call: AggregateCall, monoid: NumberMonoid) {
    this.#monoid = monoid;
    this.#type = call.type;
    this.#argument = new FrameArgument(call);
    this.#readsNumbers = call.function !== "count";
    this.#suffixes = new Float64Array(16 * monoid.width);
    this.#backs = new Float64Array(16 * monoid.width);
    this.#one = new Float64Array(monoid.width);
  }

  reserve(entries: number, groups: number): void {
    const { width } = this.#monoid;
    if (entries > this.#values.length) {
      const room = Math.max(entries, this.#values.length * 2);
      this.#values = grown(this.#values, room);
      this.#suffixes = grown(this.#suffixes, room * width);
      const isPresent = new Uint8Array(room);
      isPresent.set(this.#isPresent);
      this.#isPresent = isPresent;
    }
    if (groups * width > this.#backs.length) {
      this.#backs = grown(this.#backs, Math.max(groups * width, this.#backs.length * 2));
    }
  }

  prepare(batch: RecordBatch): void {
    this.#argument.prepare(batch);
    const { data } = this.#argument;
    if (data !== undefined && this.#readsNumbers) this.#numbers = readNumbers(data);
  }

  set(entry: number, row: number): void {
    const isPresent = this.#argument.isPresent(row);
    this.#isPresent[entry] = isPresent ? 1 : 0;
    this.#values[entry] = this.#readsNumbers ? (this.#numbers[row] as number) : 1;
  }

  clearBack(group: number): void {
    const { width } = this.#monoid;
    this.#backs.fill(0, group * width, (group + 1) * width);
  }

  addToBack(group: number, entry: number): void {
    if (this.#isPresent[entry] === 0) return;
    this.#monoid.lift(this.#one, 0, this.#values[entry] as number);
    this.#monoid.append(this.#backs, group * this.#monoid.width, this.#one, 0);
  }

  setSuffix(entry: number, next: number): void {
    const { width } = this.#monoid;
    const at = entry * width;
    if (this.#isPresent[entry] === 1) {
      this.#monoid.lift(this.#suffixes, at, this.#values[entry] as number);
    } else {
      this.#suffixes.fill(0, at, at + width);
    }
    if (next >= 0) this.#monoid.append(this.#suffixes, at, this.#suffixes, next * width);
  }

  addResult(entry: number, group: number): void {
    const { width } = this.#monoid;
    const slots = this.#one.fill(0);
    if (entry >= 0) this.#monoid.append(slots, 0, this.#suffixes, entry * width);
    this.#monoid.append(slots, 0, this.#backs, group * width);
    this.#isValid.push(this.#monoid.isNull(slots, 0) ? 0 : 1);
    this.#results.push(this.#monoid.result(slots, 0));
  }

  takeResults(): Data {
    const count = this.#results.length;
    const values = Float64Array.from(this.#results);
    const isValid = Uint8Array.from(this.#isValid);
    this.#results = [];
    this.#isValid = [];
    return numberColumn(this.#type, values, count, isValid);
  }

  stateColumn(entries: Int32Array): Data {
    const values = mapToFloats(entries, (entry) => this.#values[entry] as number);
    const isValid = mapToBytes(entries, (entry) => this.#isPresent[entry] as number);
    return float64Column(values, entries.length, isValid);
  }

  restore(entry: number, column: Data, row: number): void {
    this.#isPresent[entry] = isValidAt(column, row) ? 1 : 0;
    this.#values[entry] = (column.values as Float64Array)[row] as number;
  }

  get sizeBytes(): number {
    const arrays = [this.#values, this.#isPresent, this.#suffixes, this.#backs];
    return arrays.reduce((sum, array) => sum + array.byteLength, 0);
  }
}

function grown(from: Float64Array, length: number): Float64Array {
  const into = new Float64Array(length);
  into.set(from);
  return into;
}

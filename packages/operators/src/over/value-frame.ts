import { columnBuilder, valueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Data, RecordBatch } from "apache-arrow";
import { compareValues } from "../aggregate/compare-values.ts";
import { FrameArgument } from "./frame-argument.ts";
import type { FrameFunction } from "./frame-function.ts";

/** Which of two values stands for both, the second being the later; null is no value. */
type Choice = (earlier: unknown, later: unknown) => unknown;

function choiceOf(call: AggregateCall): Choice {
  switch (call.function) {
    case "min":
      return (earlier, later) => (compareValues(later, earlier) < 0 ? later : earlier);
    case "max":
      return (earlier, later) => (compareValues(later, earlier) > 0 ? later : earlier);
    case "last":
      return (_, later) => later;
    default:
      return (earlier) => earlier;
  }
}

/**
 * The least, greatest, first or last value over frames, of values that are no numbers.
 *
 * **State** two plain values per kept row
 */
export class ValueFrame implements FrameFunction {
  readonly stateType: DataType;
  readonly #choose: Choice;
  readonly #argument: FrameArgument;
  readonly #read: (data: Data, row: number) => unknown;
  #values: unknown[] = [];
  #suffixes: unknown[] = [];
  #backs: unknown[] = [];
  #results: unknown[] = [];

  constructor(call: AggregateCall, argument: DataType) {
    const choose = choiceOf(call);
    this.#choose = (earlier, later) =>
      earlier === null ? later : later === null ? earlier : choose(earlier, later);
    this.stateType = { ...argument, nullable: true };
    this.#argument = new FrameArgument(call);
    this.#read = valueReader(this.stateType);
  }

  reserve(entries: number, groups: number): void {
    while (this.#values.length < entries) {
      this.#values.push(null);
      this.#suffixes.push(null);
    }
    while (this.#backs.length < groups) this.#backs.push(null);
  }

  prepare(batch: RecordBatch): void {
    this.#argument.prepare(batch);
  }

  set(entry: number, row: number): void {
    const isPresent = this.#argument.isPresent(row);
    this.#values[entry] = isPresent ? this.#read(this.#argument.data as Data, row) : null;
  }

  clearBack(group: number): void {
    this.#backs[group] = null;
  }

  addToBack(group: number, entry: number): void {
    this.#backs[group] = this.#choose(this.#backs[group], this.#values[entry]);
  }

  setSuffix(entry: number, next: number): void {
    const later = next < 0 ? null : this.#suffixes[next];
    this.#suffixes[entry] = this.#choose(this.#values[entry], later);
  }

  addResult(entry: number, group: number): void {
    const earlier = entry < 0 ? null : this.#suffixes[entry];
    this.#results.push(this.#choose(earlier, this.#backs[group]));
  }

  takeResults(): Data {
    const results = this.#results;
    this.#results = [];
    return this.#column(results);
  }

  stateColumn(entries: Int32Array): Data {
    return this.#column(Array.from(entries, (entry) => this.#values[entry]));
  }

  #column(values: readonly unknown[]): Data {
    const builder = columnBuilder(this.stateType, values.length);
    for (const value of values) builder.append(value);
    return builder.finish();
  }

  restore(entry: number, column: Data, row: number): void {
    this.#values[entry] = this.#read(column, row);
  }

  get sizeBytes(): number {
    return (this.#values.length + this.#suffixes.length + this.#backs.length) * 16;
  }
}

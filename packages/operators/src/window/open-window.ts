import { GroupTable } from "@millrace/columnar";
import { type FieldType, keyGroupOf } from "@millrace/core";
import type { AggregateCall } from "@millrace/plan";
import type { Accumulator, ArgumentForm } from "../aggregate/accumulator.ts";
import type { CallInput } from "../aggregate/call-input.ts";
import type { AccumulatorPlan } from "../aggregate/create-accumulator.ts";
import { DistinctSet } from "../aggregate/distinct-set.ts";
import { needsDistinctSet } from "../aggregate/needs-distinct-set.ts";

/** One aggregate call as all windows of an operator share it. */
export interface WindowCall {
  readonly call: AggregateCall;
  readonly plan: AccumulatorPlan;
  /** Whether rows may be taken back; the accumulator then does `distinct` itself. */
  readonly retracts?: boolean;
}

/** One aggregate call in one window. */
export interface CallState {
  readonly form: ArgumentForm;
  readonly accumulator: Accumulator;
  /** Present for a `distinct` that changes the result. */
  readonly distinct: DistinctSet | undefined;
}

/**
 * The groups of one window, or of one pane of several windows, and what has been aggregated of
 * them. Freed whole when the last window over it closes.
 */
export class OpenWindow {
  readonly start: number;
  /** End of the first window that its rows count in. */
  readonly firstEnd: number;
  readonly groups: GroupTable;
  readonly calls: readonly CallState[];
  #isChanged = new Uint8Array(16);
  #changed = new Int32Array(16);
  #changedCount = 0;

  /** @param groupsExpected how many groups to make room for at once */
  constructor(
    span: { readonly start: number; readonly firstEnd: number },
    keys: readonly FieldType[],
    calls: readonly WindowCall[],
    operatorId: string,
    groupsExpected?: number,
  ) {
    this.start = span.start;
    this.firstEnd = span.firstEnd;
    this.groups = new GroupTable(keys, { operatorId, groupsExpected });
    this.calls = calls.map(({ call, plan, retracts }) => ({
      form: plan.form,
      accumulator: plan.create(),
      distinct:
        call.argument !== undefined && retracts !== true && needsDistinctSet(call)
          ? new DistinctSet(call.argument.type)
          : undefined,
    }));
  }

  /** Makes room in all accumulators for the groups there are. */
  ensure(): void {
    for (const { accumulator } of this.calls) accumulator.ensure(this.groups.size);
  }

  /** Key groups of groups. */
  keyGroupsOf(groups: Int32Array): Int32Array {
    return groups.map((group) => keyGroupOf(this.groups.hashOf(group)));
  }

  /** Marks groups as changed since the last delta. */
  touch(groups: Int32Array, count: number): void {
    if (this.#isChanged.length < this.groups.size) {
      const grown = new Uint8Array(Math.max(this.groups.size, this.#isChanged.length * 2));
      grown.set(this.#isChanged);
      this.#isChanged = grown;
      const changed = new Int32Array(grown.length);
      changed.set(this.#changed);
      this.#changed = changed;
    }
    const flags = this.#isChanged;
    const changed = this.#changed;
    let changedCount = this.#changedCount;
    for (let i = 0; i < count; i += 1) {
      const group = groups[i] as number;
      if (flags[group] === 1) continue;
      flags[group] = 1;
      changed[changedCount] = group;
      changedCount += 1;
    }
    this.#changedCount = changedCount;
  }

  /**
   * Aggregates rows of one batch and marks their groups as changed.
   *
   * @param inputs of each call, prepared for the batch
   * @param groups of each of the rows, already in `this.groups`
   */
  add(inputs: readonly CallInput[], rows: Int32Array, groups: Int32Array, count: number): void {
    this.ensure();
    this.touch(groups, count);
    for (let call = 0; call < inputs.length; call += 1) {
      const state = this.calls[call];
      const input = inputs[call]?.pick(rows, groups, count);
      if (state === undefined || input === undefined) continue;
      state.distinct?.keepNew(input);
      state.accumulator.add(input);
    }
  }

  /** Whether there is something for the next delta. */
  get isChanged(): boolean {
    return this.#changedCount > 0;
  }

  /** Groups changed since the last call, and marks them as unchanged. */
  takeChanged(): Int32Array {
    const changed = this.#changed.slice(0, this.#changedCount);
    for (const group of changed) this.#isChanged[group] = 0;
    this.#changedCount = 0;
    return changed;
  }

  get sizeBytes(): number {
    return this.calls.reduce(
      (sum, { accumulator, distinct }) => sum + accumulator.sizeBytes + (distinct?.sizeBytes ?? 0),
      this.groups.sizeBytes,
    );
  }
}

import { type Clock, isMillraceError, type RowSchema, type StateTable } from "@millrace/core";
import type { ProcessSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { CallChanges } from "./call-changes.ts";
import { EmittedRows } from "./emitted-rows.ts";
import { KeyTimers } from "./key-timers.ts";
import { KeyedEntries } from "./keyed-entries.ts";
import { ProcessKeys } from "./process-keys.ts";
import { entryTypesOf, stateAccess } from "./state-access.ts";

/** What a call is made for: a row, or a timer in event time, or one by the clock. */
type CallCause = "row" | "timer" | "clock";

/** What has been emitted: to the main output, and to sides by name. */
interface TakenRows {
  readonly main: RecordBatch | undefined;
  readonly sides: readonly (readonly [string, RecordBatch])[];
}

/**
 * The call of a user function that is being made: its key and time, and what it sees as its
 * context. The context is one object for all calls.
 */
export class ProcessCall {
  readonly keys: ProcessKeys;
  readonly timers: KeyTimers;
  /** Timers in processing time. */
  readonly clockTimers: KeyTimers;
  readonly context: object;
  /** Event time up to which rows are complete, in ms. */
  watermark: number = -Infinity;
  /** Whether all rows have come: timers that a timer sets are then dropped. */
  isEnding = false;
  key = 0;
  readonly #entries: readonly KeyedEntries[];
  readonly #main: EmittedRows;
  readonly #sides: ReadonlyMap<string, EmittedRows>;
  readonly #changes = new CallChanges();
  readonly #isForgetful: boolean;
  readonly #isArrival: boolean;
  readonly #hasTimers: boolean;
  readonly #hasClockTimers: boolean;
  readonly #clock: Clock;
  #time = 0;
  #cause: CallCause = "row";
  /** Of a timer in processing time that fires, its instant. */
  #firingAt = -Infinity;

  constructor(
    spec: ProcessSpec,
    schemas: { readonly input: RowSchema; readonly output: RowSchema },
    { operatorId, clock }: { readonly operatorId: string; readonly clock: Clock },
  ) {
    this.#clock = clock;
    this.keys = new ProcessKeys(schemas.input, spec.keys, operatorId);
    this.timers = new KeyTimers("event", this.keys, this.#changes, operatorId);
    this.clockTimers = new KeyTimers("processing", this.keys, this.#changes, operatorId);
    this.#entries = spec.states.map(
      (state) => new KeyedEntries(entryTypesOf(state), this.keys, this.#changes, operatorId),
    );
    this.#main = new EmittedRows(schemas.output);
    this.#sides = new Map(spec.sides.map(({ name, schema }) => [name, new EmittedRows(schema)]));
    this.#isForgetful = spec.forgetAfterMs !== undefined;
    this.#isArrival = spec.order === "arrival";
    this.#hasTimers = spec.onTimerId !== undefined;
    this.#hasClockTimers = spec.onProcessingTimerId !== undefined;
    this.context = this.#makeContext(spec);
  }

  get tables(): readonly StateTable[] {
    const keys = this.#isForgetful ? [this.keys] : [];
    const timers = this.#hasTimers ? [this.timers] : [];
    const clockTimers = this.#hasClockTimers ? [this.clockTimers] : [];
    return [...keys, ...timers, ...clockTimers, ...this.#entries];
  }

  #makeContext(spec: ProcessSpec): object {
    // oxlint-disable-next-line typescript/no-this-alias -- the context's getters have their own
    const call = this;
    const state = spec.states.map(
      (one, i) => [one.name, stateAccess(one, this.#entries[i] as KeyedEntries, call)] as const,
    );
    return {
      get key() {
        return call.keys.valuesOf(call.key);
      },
      get time() {
        return call.#time;
      },
      get watermark() {
        return call.watermark;
      },
      state: Object.fromEntries(state),
      timers: {
        at: (instant: number) => call.#setTimer(instant),
        cancel: (instant: number) => call.timers.cancel(call.key, instant),
        processing: {
          get now() {
            return call.#clock.now();
          },
          at: (instant: number) => call.#setClockTimer(instant),
          cancel: (instant: number) => call.clockTimers.cancel(call.key, instant),
        },
      },
      emit: (row: unknown) => call.#main.add(row, call.#emitTime),
      emitTo: (side: string, row: unknown) => {
        const rows = call.#sides.get(side);
        if (rows === undefined) throw new TypeError(`there is no side output ${side}`);
        rows.add(row, call.#emitTime);
      },
    };
  }

  /** In arrival order a late row's results come at the watermark, so that they are not late. */
  get #emitTime(): number {
    const isLate = this.#isArrival && this.#cause === "row" && this.#time < this.watermark;
    return isLate ? this.watermark : this.#time;
  }

  #setTimer(instant: number): void {
    if (!this.#hasTimers) throw new TypeError("the step has no onTimer");
    if (!Number.isSafeInteger(instant)) throw new TypeError("a timer needs an instant");
    if (this.#cause === "timer" && instant <= this.#time) {
      throw new RangeError("a timer that a timer sets must be later than it");
    }
    if (this.#cause === "timer" && this.isEnding) return;
    const at = Math.max(instant, this.#emitTime);
    this.timers.add(this.key, at);
    this.use(at);
  }

  #setClockTimer(instant: number): void {
    if (!this.#hasClockTimers) throw new TypeError("the step has no onProcessingTimer");
    if (!Number.isSafeInteger(instant)) throw new TypeError("a timer needs an instant");
    if (this.#cause === "clock" && instant <= this.#firingAt) {
      throw new RangeError("a timer that a timer sets must be later than it");
    }
    if (!this.isEnding) this.clockTimers.add(this.key, instant);
  }

  begin(key: number, time: number, cause: CallCause): void {
    this.key = key;
    this.#time = time;
    this.#cause = cause;
  }

  /** Event time that has been reached, before a restart as well. */
  get reached(): number {
    return Math.max(this.watermark, this.clockTimers.restoredAt);
  }

  /** Begins the call for a timer in processing time: it happens where event time is. */
  beginClockTimer(key: number, at: number): void {
    this.begin(key, this.reached, "clock");
    this.#firingAt = at;
  }

  /** Clears the state of a key that was last in use longer ago than `afterMs`. */
  expire(afterMs: number | undefined): void {
    if (afterMs === undefined || this.#time < this.keys.lastOf(this.key) + afterMs) return;
    this.#clear(this.key);
  }

  #clear(key: number): void {
    for (const entries of this.#entries) entries.clear(key);
    this.#changes.keep();
    this.keys.reset(key);
  }

  /** Notes until when the key is in use. */
  use(time: number): void {
    if (this.#isForgetful) this.keys.touch(this.key, time);
  }

  /** The call has succeeded. */
  keep(): void {
    this.#changes.keep();
    this.#main.keep();
    for (const rows of this.#sides.values()) rows.keep();
  }

  /**
   * The call has failed: nothing of it stays.
   *
   * @throws the error itself, when it is not about the call but about a bound of the step
   */
  takeBack(error: unknown): void {
    this.#changes.takeBack();
    this.#main.takeBack();
    for (const rows of this.#sides.values()) rows.takeBack();
    if (isMillraceError(error) && error.code === "RUN_STATE_TOO_LARGE") throw error;
  }

  get isFull(): boolean {
    return this.#main.isFull || [...this.#sides.values()].some((rows) => rows.isFull);
  }

  takeRows(): TakenRows {
    const sides: [string, RecordBatch][] = [];
    for (const [name, rows] of this.#sides) {
      const batch = rows.take();
      if (batch !== undefined) sides.push([name, batch]);
    }
    return { main: this.#main.take(), sides };
  }

  /**
   * Clears keys whose time is up, and drops those without state, once the changelog knows it.
   *
   * @returns the keys that are in use still
   */
  forget(watermark: number, afterMs: number | undefined): number {
    const { keys, timers, clockTimers } = this;
    let clearedCount = 0;
    const all = [timers, clockTimers, ...this.#entries];
    const renumbered = keys.compact((key) => {
      const isOver = afterMs !== undefined && keys.lastOf(key) + afterMs <= watermark;
      if (isOver) this.#clear(key);
      const isKept = all.some((table) => table.holds(key));
      if (isOver && isKept) clearedCount += 1;
      return isKept;
    });
    for (const table of all) table.renumber(renumbered);
    return keys.size - clearedCount;
  }
}

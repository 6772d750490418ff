import type { ColumnType, Duration, Instant, RowType } from "@millrace/core";
import type { DataType } from "@millrace/core";
import type { FunctionOptions } from "./function-options.ts";

/** One value for each key. */
export interface ValueState<Value> {
  /** The value; null where none is set. */
  get(): Value | null;
  set(value: Value): void;
  clear(): void;
}

/** A list for each key. */
export interface ListState<Item> {
  /** The items; none where nothing is set. */
  get(): readonly Item[];
  add(item: Item): void;
  /** Replaces all items. */
  set(items: Iterable<Item>): void;
  clear(): void;
  readonly length: number;
}

/** Values by a key of their own, for each key of the stream. */
export interface MapState<Key, Value> {
  /** The value of a key; null where there is none. */
  get(key: Key): Value | null;
  has(key: Key): boolean;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  /** In ascending order of their keys. */
  entries(): readonly (readonly [Key, Value])[];
  clear(): void;
  readonly size: number;
}

/** A declared list or map state; `listState` and `mapState` make it. */
export interface StateType<out Access> {
  /** Only for inference; never present at run time. */
  readonly access?: Access;
  readonly shape: "list" | "map";
  readonly value: DataType;
  /** Of a map. */
  readonly key?: DataType;
}

/** States by name: a column type for one value, `listState(…)` or `mapState(…)`. */
export type StateTypes = Readonly<Record<string, ColumnType<unknown> | StateType<unknown>>>;

/** What a function sees of declared states. */
export type StateAccess<States> = {
  readonly [Name in keyof States]: States[Name] extends StateType<infer Access>
    ? Access
    : States[Name] extends ColumnType<infer Value>
      ? ValueState<Value>
      : never;
};

/** Timers in processing time, by the run's clock. */
export interface ProcessingTimers {
  /** The clock's time. */
  readonly now: Instant;
  /**
   * Calls `onProcessingTimer` for this key when the clock has come to an instant, within about 50
   * ms and not in the midst of a batch. Setting a timer twice is setting it once. A timer that such
   * a timer sets must be later than it.
   */
  at(instant: Instant): void;
  cancel(instant: Instant): void;
}

/** What the functions of a process step see beside the row. */
export interface ProcessContext<Key, States, Out, Sides> {
  /** The key whose row or timer it is. */
  readonly key: Key;
  /** Event time of the row or timer. */
  readonly time: Instant;
  /**
   * Event time up to which rows are complete; −Infinity at first, +Infinity when all rows have
   * come. It depends on how rows arrive: what is decided by it is not the same in every run.
   */
  readonly watermark: Instant;
  /** The state of the key. Changes count only if the function returns. */
  readonly state: StateAccess<States>;
  readonly timers: {
    /**
     * Calls `onTimer` for this key when event time reaches an instant: at once, if it has. Setting
     * a timer twice is setting it once. A timer that a timer sets must be later than it.
     */
    at(instant: Instant): void;
    cancel(instant: Instant): void;
    /** Timers by the clock. What depends on them is not the same in every run. */
    readonly processing: ProcessingTimers;
  };
  /** Gives a row to the result, at `time`. */
  emit(row: Out): void;
  /** Gives a row to a side output, at `time`. */
  emitTo<Name extends keyof Sides & string>(side: Name, row: Sides[Name]): void;
}

/** Options of `process`. */
export interface ProcessOptions<
  Row,
  Key,
  States extends StateTypes,
  Out extends object,
  Sides extends Readonly<Record<string, object>>,
> extends FunctionOptions {
  /** What is kept for each key, by name. */
  readonly state?: States;
  /** The rows that `emit` takes. */
  readonly output: RowType<Out>;
  /** The rows that `emitTo` takes, by the name of the output. */
  readonly sideOutputs?: { readonly [Name in keyof Sides]: RowType<Sides[Name]> };
  /** Called for each row. Not async. */
  readonly onRow: (row: Row, context: ProcessContext<Key, States, Out, Sides>) => void;
  /** Called for each timer, by time, then key. Not async. */
  readonly onTimer?: (context: ProcessContext<Key, States, Out, Sides>) => void;
  /**
   * Called for each timer in processing time, by instant, then key; `time` is the event time that
   * has been reached. Timers that are left when a bounded input has ended are dropped. Not async.
   */
  readonly onProcessingTimer?: (context: ProcessContext<Key, States, Out, Sides>) => void;
  /**
   * `event`: rows come in event order, once the watermark has passed them; late rows do not come.
   * `arrival`: rows come as they arrive, late ones too. Default `event`.
   */
  readonly order?: "event" | "arrival";
  /**
   * Event time after which the state of a key is forgotten, counted from its last row or the last
   * timer that it has set. By default it is kept until it is cleared.
   */
  readonly forgetAfter?: Duration;
}

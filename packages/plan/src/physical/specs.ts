import type {
  DataType,
  FieldType,
  Guarantee,
  Json,
  ModelDescriptor,
  RowSchema,
} from "@millrace/core";
import type { AggregateCall } from "../expression/aggregate.ts";
import type { Expression, NamedExpression } from "../expression/expression.ts";
import type { MatchCall } from "../expression/match-call.ts";
import type { SortKey } from "../expression/sort-key.ts";
import type {
  EmitChanges,
  GlobalWindow,
  HoppingWindow,
  IdlenessSpec,
  JoinKind,
  OnError,
  OverFrame,
  RankKind,
  SessionWindow,
  TumblingWindow,
  WindowEmit,
  WindowSpec,
} from "../logical/nodes.ts";
import type { GapFillSpec, InterpolateSpec, ResampleSpec } from "./grid-specs.ts";

/**
 * Rows that satisfy the predicate, then the columns; either may be absent. Hidden columns pass
 * through.
 */
export interface FilterProjectSpec {
  readonly kind: "filterProject";
  readonly predicate?: Expression;
  readonly columns?: readonly NamedExpression[];
}

/**
 * A user function over plain rows. Hidden columns pass through; `flatMap` numbers its rows in
 * `$index`.
 */
export interface RowFunctionSpec {
  readonly kind: "rowFunction";
  readonly mode: "filter" | "map" | "flatMap";
  readonly functionId: string;
  /** The step as the user knows it, for error texts. */
  readonly step: string;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/**
 * Aggregates per key and window; closes windows when the watermark reaches their end plus allowed
 * lateness.
 */
export interface WindowAggregateSpec {
  readonly kind: "windowAggregate";
  readonly keys: readonly string[];
  readonly window: WindowSpec;
  readonly allowedLatenessMs: number;
  readonly emit?: WindowEmit;
  readonly calls: readonly AggregateCall[];
  /** Result columns over the calls, which are columns `$0`, `$1`, …. */
  readonly columns: readonly NamedExpression[];
}

/** A column of partial rows: an aggregate of the rows that were put together. */
export interface PartialColumn {
  readonly name: string;
  readonly call: AggregateCall;
}

/**
 * Puts the rows of a batch together that are of one key and one pane of windows: keys, then the
 * columns. It keeps nothing from one batch to the next.
 */
export interface PreAggregateSpec {
  readonly kind: "preAggregate";
  readonly keys: readonly string[];
  readonly window: Exclude<WindowSpec, SessionWindow | GlobalWindow>;
  readonly columns: readonly PartialColumn[];
}

/** Aggregates of each row and the rows of its key before it, in event order. */
export interface OverSpec {
  readonly kind: "over";
  readonly keys: readonly string[];
  readonly frame: OverFrame;
  /** Number columns that order rows of equal time; none: source, partition and offset do. */
  readonly tieColumns?: readonly string[];
  readonly calls: readonly AggregateCall[];
  /** Result columns over the calls, which are columns `$0`, `$1`, …. */
  readonly columns: readonly NamedExpression[];
}

/**
 * Keeps the first row of each key in event-time order; a key is forgotten `withinMs` after the time
 * of its kept row.
 */
export interface DeduplicateSpec {
  readonly kind: "deduplicate";
  readonly keys: readonly string[];
  readonly withinMs: number;
}

/** What all joins of inputs 0 (left) and 1 (right) have; keys have the same names on both sides. */
export interface JoinSpecBase {
  readonly joinKeys: readonly string[];
  readonly joinKind: JoinKind;
  /** Over `left.<name>` and `right.<name>`. */
  readonly columns: readonly NamedExpression[];
}

/**
 * Pairs rows with equal keys and `right.time` in `[left.time + lowerMs, left.time + upperMs]`, or
 * up to `upperBound`.
 */
export interface IntervalJoinSpec extends JoinSpecBase {
  readonly kind: "intervalJoin";
  readonly lowerMs: number;
  /** Absent where the bound is of the row. */
  readonly upperMs?: number;
  /** A timestamp over `left.<name>`, in place of `upperMs`. */
  readonly upperBound?: Expression;
  /** A further condition on pairs. */
  readonly where?: Expression;
}

/**
 * Pairs rows with equal keys, whichever comes first. Of updating inputs, and of kinds other than
 * inner, the result is updating.
 */
export interface JoinSpec extends JoinSpecBase {
  readonly kind: "join";
  /** Whether each input is updating: left, right. */
  readonly areUpdating: readonly [boolean, boolean];
  /** Whether the result is. */
  readonly isUpdating: boolean;
  /** A row is forgotten when the watermark is after its time by more; absent: never. */
  readonly forgetAfterMs?: number;
}

/**
 * Pairs rows with equal keys in the same window, when the window closes; `windowStart` and
 * `windowEnd` come before the columns.
 */
export interface WindowJoinSpec extends JoinSpecBase {
  readonly kind: "windowJoin";
  readonly window: TumblingWindow | HoppingWindow;
}

/**
 * Pairs each left row with the latest right row of its key that is not after it, nor more than
 * `toleranceMs` before it.
 */
export interface AsOfJoinSpec extends JoinSpecBase {
  readonly kind: "asOfJoin";
  readonly joinKind: "inner" | "left";
  readonly toleranceMs?: number;
}

/**
 * Aggregates all rows of a key so far, and emits how its result changes. Keys, then the columns.
 */
export interface RunningAggregateSpec {
  readonly kind: "runningAggregate";
  readonly keys: readonly string[];
  readonly calls: readonly AggregateCall[];
  /** Result columns over the calls, which are columns `$0`, `$1`, …. */
  readonly columns: readonly NamedExpression[];
  readonly emit: EmitChanges;
  /** Whether rows of the input may be taken back. */
  readonly retracts: boolean;
  /** A key is forgotten this long after its last row, in event time. Absent: never. */
  readonly forgetAfterMs?: number;
}

/**
 * Keeps the rows of each key whose number in an order is at most `n`, and emits how they change;
 * or, with `completeAt`, emits them once.
 */
export interface TopRowsSpec {
  readonly kind: "topRows";
  readonly keys: readonly string[];
  readonly orderBy: readonly SortKey[];
  /** Which of rows that `orderBy` leaves equal comes first: by event order, then by content. */
  readonly tieOrder: "first" | "last";
  /** What a row's number is, see `RankKind`. */
  readonly rankKind: RankKind;
  readonly n: number;
  /** Name of the column that holds the number; absent where there is none. */
  readonly rankColumn?: string;
  /** Whether rows of the input may be taken back. */
  readonly retracts: boolean;
  /** A key column with the time at which the key's rows are complete; they then come out once. */
  readonly completeAt?: string;
  /**
   * Only with the last row: a key is forgotten this long after it, in event time. Absent: never.
   */
  readonly forgetAfterMs?: number;
}

/** Makes rows that stay of an updating stream: its changes, with a column that says which. */
export interface ChangesSpec {
  readonly kind: "changes";
}

/** Pairs each left row with the rows of a table (right) whose keys the expressions give. */
export interface LookupTableSpec extends JoinSpecBase {
  readonly kind: "lookupTable";
  readonly joinKind: "inner" | "left";
  /** For each of `joinKeys`, in their order: over `left.<name>`. */
  readonly on: readonly NamedExpression[];
}

/** Scores a value per key in event-time order. */
export interface DetectSpec {
  readonly kind: "detect";
  readonly keys: readonly string[];
  readonly value: string;
  readonly detector: ModelDescriptor<"detector">;
  readonly stepMs?: number;
}

/** Forecasts a value per key, in event-time order. */
export interface ForecastSpec {
  readonly kind: "forecast";
  readonly keys: readonly string[];
  readonly value: string;
  readonly model: ModelDescriptor<"forecaster">;
  readonly stepMs: number;
  readonly horizonMs: number;
  readonly everyMs: number;
  readonly levels: readonly number[];
}

/**
 * Gives rows another event time. A row whose time is then more than `outOfOrdernessMs` before the
 * one it had is late.
 */
export interface RetimeSpec {
  readonly kind: "retime";
  /** A timestamp that is never null. */
  readonly time: Expression;
  readonly outOfOrdernessMs: number;
}

/**
 * Keeps the rows whose hash over `columns` (mixed with the seed) is below a share of all hashes.
 */
export interface SampleSpec {
  readonly kind: "sample";
  readonly columns: readonly string[];
  /** From 0 to 1. */
  readonly fraction: number;
  readonly seed: number;
}

/** A state of a process step: one value, a list, or values by key, for each key of the stream. */
export type ProcessState = { readonly name: string; readonly value: DataType } & (
  | { readonly shape: "value" | "list" }
  | { readonly shape: "map"; readonly key: DataType }
);

/** An output of a process step beside the main one. */
export interface ProcessSide {
  readonly name: string;
  readonly schema: RowSchema;
}

/** How async functions are called. May be changed between two runs: no state depends on it. */
export interface AsyncCallSpec {
  /** Calls of a task that go on at once. */
  readonly concurrency: number;
  /** Whether rows keep their order, or leave as their calls end. */
  readonly order: "ordered" | "unordered";
  /** Rows, or keys, that one call is given as a list. Absent: each call is given one by itself. */
  readonly rowsPerCall?: number;
  /** Time of one attempt. */
  readonly timeoutMs: number;
  /** 1: a call that fails is not repeated. */
  readonly attempts: number;
  /** Time before the second attempt; it doubles before each other one, up to `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** Makes a row of each by an async user function. */
export interface MapAsyncSpec {
  readonly kind: "mapAsync";
  readonly functionId: string;
  /** The step as the user knows it, for error texts. */
  readonly step: string;
  readonly calls: AsyncCallSpec;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/** What a lookup keeps of what it has found. May be changed between two runs. */
export interface LookupCache {
  /** Keys of a task; the one that was not asked for the longest goes first. */
  readonly rowsMax: number;
  /** How long a key is not asked for again. */
  readonly ttlMs: number;
  /** Whether it is kept, too, that nothing was found. */
  readonly keepsMissing: boolean;
}

/** Adds to each row the columns that an async user function finds for a key. */
export interface LookupSpec {
  readonly kind: "lookup";
  /** The key that is looked up. */
  readonly by: readonly NamedExpression[];
  /** The columns that the function gives. */
  readonly found: RowSchema;
  /** What becomes of rows for which nothing is found: none, or nulls in the columns. */
  readonly joinKind: "inner" | "left";
  readonly functionId: string;
  /** The step as the user knows it, for error texts. */
  readonly step: string;
  readonly calls: AsyncCallSpec;
  /** Absent: only calls that go on are shared. */
  readonly cache?: LookupCache;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/** Runs a user function for each row, and one for each timer, with state of the row's key. */
export interface ProcessSpec {
  readonly kind: "process";
  readonly keys: readonly string[];
  readonly states: readonly ProcessState[];
  readonly sides: readonly ProcessSide[];
  /** Whether rows wait for the watermark, or are taken as they come. */
  readonly order: "event" | "arrival";
  /** Ids of the user's functions. */
  readonly onRowId: string;
  readonly onTimerId?: string;
  /** Called for timers in processing time. */
  readonly onProcessingTimerId?: string;
  /**
   * A key's state is forgotten this long after it was last in use, in event time. Absent: never.
   */
  readonly forgetAfterMs?: number;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/** A variable of a pattern: which rows it matches, and how many of them. */
export interface PatternVariable {
  readonly name: string;
  readonly min: number;
  /** Absent: without bound. */
  readonly max?: number;
  /** Whether it takes as few rows as possible, and not as many. */
  readonly isReluctant: boolean;
  /** Whether rows that do not satisfy its condition may stand before each of its rows. */
  readonly isRelaxed: boolean;
  /** Over the row's columns and `conditionCalls`; absent: any row. */
  readonly condition?: Expression;
  /** Only of a relaxed one: what none of the rows before may satisfy. */
  readonly unless?: Expression;
}

/** Where the search goes on after a match. */
export type PatternSkip =
  | { readonly kind: "past-last-row" }
  | { readonly kind: "to-next-row" }
  | { readonly kind: "to-first" | "to-last"; readonly variable: string };

/** Finds rows of a key that follow each other in event order as variables say; a row per match. */
export interface PatternSpec {
  readonly kind: "pattern";
  readonly keys: readonly string[];
  readonly variables: readonly PatternVariable[];
  /** What no row after a match may satisfy, as long as it lies within `withinMs` of its first. */
  readonly notFollowedBy?: Expression;
  /** The last row of a match is at most so much later than its first. */
  readonly withinMs: number;
  readonly skip: PatternSkip;
  /** What conditions read of the match so far. */
  readonly conditionCalls: readonly MatchCall[];
  /** What the columns read of a match. */
  readonly calls: readonly MatchCall[];
  /** Result columns after the keys, over `calls`. */
  readonly columns: readonly NamedExpression[];
}

/** Brings inputs together as they come: columns in the order of the output schema. */
export interface UnionSpec {
  readonly kind: "union";
  /** Whether rows of an input may be taken back: those of the others then get the weight 1. */
  readonly isUpdating?: boolean;
}

/** What an operator has to do, by kind. */
export type OperatorSpec =
  | FilterProjectSpec
  | RowFunctionSpec
  | WindowAggregateSpec
  | PreAggregateSpec
  | OverSpec
  | ResampleSpec
  | GapFillSpec
  | InterpolateSpec
  | DeduplicateSpec
  | IntervalJoinSpec
  | JoinSpec
  | WindowJoinSpec
  | AsOfJoinSpec
  | LookupTableSpec
  | RunningAggregateSpec
  | TopRowsSpec
  | ChangesSpec
  | DetectSpec
  | ForecastSpec
  | RetimeSpec
  | SampleSpec
  | ProcessSpec
  | MapAsyncSpec
  | LookupSpec
  | PatternSpec
  | UnionSpec;

/** Whether the order of rows matters to an operator (DESIGN 2). */
export type OrderClass = "order-free" | "event-ordered" | "arrival-ordered";

/**
 * Where a port's rows come from inside a stage: the stage's input, or an operator's main, late or
 * side output.
 */
export interface StagePort {
  readonly from: "input" | "operator";
  /** Index of the stage input or of the operator. */
  readonly index: number;
  readonly output: "main" | "late" | { readonly side: string };
}

/** An operator of a stage, with its place in the chain. */
export interface StageOperator {
  /** Id of the logical node it came from (of a fused chain: the last one). */
  readonly id: string;
  readonly spec: OperatorSpec;
  readonly inputs: readonly StagePort[];
  /** One per input, in the order of `inputs`. */
  readonly inputSchemas: readonly RowSchema[];
  readonly outputSchema: RowSchema;
  readonly order: OrderClass;
  /** Logical nodes that it holds, for explain. */
  readonly nodeIds: readonly string[];
}

/** What a source may leave unread. */
export interface SkippingSpec {
  /** What is left out as a whole, such as `row groups`. */
  readonly unit: string;
  /** Each has a `columnConditionOf`; a row that does not satisfy all of them is not needed. */
  readonly conditions: readonly Expression[];
}

/** What all inputs of a stage may have. */
interface StageInputBase {
  /** Indexes of inputs that have ended before this one is read: tables that its rows look up. */
  readonly after?: readonly number[];
}

/** Reads a connector's partitions. */
export interface SourceInput extends StageInputBase {
  readonly kind: "source";
  /**
   * Present where a table needs it: then it waits neither for other sources nor for its readers.
   */
  readonly feedsTable?: true;
  readonly sourceId: string;
  readonly sourceIndex: number;
  readonly connector: string;
  readonly options: Json;
  /** The whole row type. */
  readonly rowSchema: RowSchema;
  /** Columns that are read, in this order: the schema of the input's batches. */
  readonly columns: readonly FieldType[];
  readonly eventTime?: Expression;
  readonly outOfOrdernessMs: number;
  readonly idleness?: IdlenessSpec;
  readonly futureLimitMs?: number;
  /** Present where rows are left out. */
  readonly skipping?: SkippingSpec;
  /** Whether `$source`, `$partition`, `$offset` are needed downstream. */
  readonly hasLineage: boolean;
}

/** Reads a repartition topic, one partition per task. */
export interface ShuffleInput extends StageInputBase {
  readonly kind: "shuffle";
  readonly topic: string;
  readonly schema: RowSchema;
}

/** Where the rows of a stage come from. */
export type StageInput = SourceInput | ShuffleInput;

/** Rows leave to another stage, by key. */
export interface ShuffleOutput {
  readonly kind: "shuffle";
  readonly from: StagePort;
  readonly topic: string;
  readonly keys: readonly string[];
  /** Present where every task gets all rows. */
  readonly isBroadcast?: true;
  readonly schema: RowSchema;
}

/** Rows leave to a sink topic, which a sink task writes to the store. */
export interface SinkOutput {
  readonly kind: "sink";
  readonly from: StagePort;
  readonly topic: string;
  readonly sinkId: string;
  readonly connector: string;
  readonly options: Json;
  readonly guarantee: Guarantee;
  readonly schema: RowSchema;
}

/** Rows leave to a topic of the run's log, in the task's own transaction: without a sink task. */
export interface TopicOutput {
  readonly kind: "topic";
  readonly from: StagePort;
  readonly topic: string;
  readonly sinkId: string;
  readonly connector: string;
  readonly options: Json;
  readonly guarantee: Guarantee;
  /** Columns whose hash chooses the partition; where there are none, the task's number does. */
  readonly keys: readonly string[];
  readonly schema: RowSchema;
}

/** Where rows of a stage leave to. */
export type StageOutput = ShuffleOutput | SinkOutput | TopicOutput;

/** A chain of operators that runs as one task per partition. Operators are in topological order. */
export interface Stage {
  readonly id: string;
  readonly inputs: readonly StageInput[];
  readonly operators: readonly StageOperator[];
  readonly outputs: readonly StageOutput[];
}

/** What runs. Plain data. */
export interface PhysicalPlan {
  readonly pipeline: string;
  /** Changes with anything that saved state depends on. */
  readonly fingerprint: string;
  readonly partitions: number;
  /** How far the partitions of sources that meet may be apart in event time. */
  readonly maxDriftMs: number;
  /** In an order in which writers come before their readers. */
  readonly stages: readonly Stage[];
}

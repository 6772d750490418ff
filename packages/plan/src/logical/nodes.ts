import type { DataType, Guarantee, Json, ModelDescriptor, RowSchema } from "@millrace/core";
import type { AggregateColumn } from "../expression/aggregate.ts";
import type { Expression, NamedExpression } from "../expression/expression.ts";
import type { GapFillSpec, InterpolateSpec, ResampleSpec } from "../physical/grid-specs.ts";
import type {
  AsOfJoinSpec,
  AsyncCallSpec,
  DeduplicateSpec,
  IntervalJoinSpec,
  JoinSpec,
  LookupSpec,
  LookupTableSpec,
  PatternSpec,
  PreAggregateSpec,
  ProcessSpec,
  RetimeSpec,
  SampleSpec,
  SkippingSpec,
  TopRowsSpec,
  WindowJoinSpec,
} from "../physical/specs.ts";

/** Where in the user's file a step was written. */
export interface CodePlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * What every node has. `id` is the user's for sources, sinks and stateful steps, else derived:
 * `where-3`.
 */
interface NodeBase {
  readonly id: string;
  /** Ids of the nodes it reads. */
  readonly inputs: readonly string[];
  /** The user's columns after this step. */
  readonly schema: RowSchema;
  /** Key columns of a keyed stream; empty when not keyed. */
  readonly keys: readonly string[];
  /** Present where the stream is updating: a row may be taken back later. */
  readonly updating?: Updating;
  readonly place?: CodePlace;
}

/** How the rows of an updating stream change. */
export interface Updating {
  /** Columns of which no two rows have the same values at a time; empty where none are known. */
  readonly uniqueKey: readonly string[];
}

/** Reads a connector. Has no inputs. */
export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly connector: string;
  readonly options: Json;
  /** The whole row type, where a rule has left columns out of `schema`. */
  readonly rowSchema?: RowSchema;
  /** Index among the plan's sources, for `$source`. */
  readonly sourceIndex: number;
  /** Absent where the source has no event time. */
  readonly eventTime?: Expression;
  readonly outOfOrdernessMs: number;
  /** Absent: a partition that has nothing to read is waited for without end. */
  readonly idleness?: IdlenessSpec;
  /** How far an event time may be after the clock's time; absent: without bound. */
  readonly futureLimitMs?: number;
  /** Whether the row type has checks of its own, given by `.validate`: they are no plain data. */
  readonly hasValidators?: boolean;
  /** Present where the connector can leave rows out; a rule finds the conditions. */
  readonly skipping?: SkippingSpec;
}

/** When a source partition is idle, and what becomes of event time then. */
export interface IdlenessSpec {
  /** How long it must have nothing to read; 0: at once. */
  readonly afterMs: number;
  readonly whenIdle: WhenIdle;
  readonly whenResumed: WhenResumed;
}

/**
 * What an idle partition counts as having seen. `follow`: the event time of the slowest partition
 * that is not idle. `advance`: where all are idle, the clock's time.
 */
export type WhenIdle = "follow" | "advance";

/**
 * Records of a partition that was idle, with event times that it has been taken past. `late`: like
 * other late ones. `accept`: taken in as if they had happened at the watermark.
 */
export type WhenResumed = "late" | "accept";

/** Keeps the rows for which the predicate is true; null is false. */
export interface WhereNode extends NodeBase {
  readonly kind: "where";
  readonly predicate: Expression;
}

/** `select`, `withColumns`, `drop` and `rename`: the columns after it, each by an expression. */
export interface ProjectNode extends NodeBase {
  readonly kind: "project";
  readonly columns: readonly NamedExpression[];
  /** What the user wrote, for texts. */
  readonly verb: "select" | "withColumns" | "drop" | "rename" | "keyBy";
}

/**
 * What becomes of a row for which a user function fails: a dead letter, nothing (it counts as
 * filtered), or an error that stops the run.
 */
export type OnError = "deadLetter" | "skip" | "fail";

/**
 * A user function over plain rows. The function itself is in `LogicalPlan.functions`, never in the
 * node.
 */
export interface FunctionNode extends NodeBase {
  readonly kind: "filter" | "map" | "flatMap";
  readonly functionId: string;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/** An async user function over plain rows, which gives a row of each. */
export interface MapAsyncNode extends NodeBase {
  readonly kind: "mapAsync";
  readonly functionId: string;
  readonly calls: AsyncCallSpec;
  /** Absent: `deadLetter`. */
  readonly onError?: OnError;
}

/** Rows with the columns that an async user function finds for a key. */
export interface LookupNode extends NodeBase, Omit<LookupSpec, "step"> {}

/** Brings together streams of one schema; their rows interleave as they come. */
export interface UnionNode extends NodeBase {
  readonly kind: "union";
}

/** The same rows at other times. */
export interface RetimeNode extends NodeBase, RetimeSpec {}

/** A share of the rows, which depends on their values alone. */
export interface SampleNode extends NodeBase, SampleSpec {}

/** Only marks `keys`: rows stay as they are. */
export interface KeyByNode extends NodeBase {
  readonly kind: "keyBy";
}

/** Windows [n·size + offset, (n+1)·size + offset), epoch-aligned. */
export interface TumblingWindow {
  readonly kind: "tumbling";
  readonly sizeMs: number;
  readonly offsetMs: number;
}

/**
 * Windows [n·slide + offset, n·slide + offset + size), epoch-aligned; 0 < slide ≤ size, so that
 * each time is in at least one. The size need not be a multiple of the slide.
 */
export interface HoppingWindow {
  readonly kind: "hopping";
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/**
 * Per key, the rows that follow each other in less than the gap: [first row, last row + gap).
 */
export interface SessionWindow {
  readonly kind: "session";
  readonly gapMs: number;
}

/**
 * Windows that grow by a step until they start afresh: [n·size + offset, n·size + offset + k·step)
 * for each k from 1 to size / step, epoch-aligned; the size is a multiple of the step.
 */
export interface CumulateWindow {
  readonly kind: "cumulate";
  readonly stepMs: number;
  readonly sizeMs: number;
  readonly offsetMs: number;
}

/**
 * The days, weeks, months or years of a time zone: a day with a clock change has 23 or 25 hours.
 */
export interface CalendarWindow {
  readonly kind: "calendar";
  readonly unit: "day" | "week" | "month" | "year";
  /** A name of the IANA database, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** The first day of a week, 0 for Sunday to 6; Monday where it is absent. */
  readonly weekStart?: number;
}

/** When a global window gives a result: at every n-th row of a key, or at multiples of a time. */
export type WindowTrigger =
  | { readonly kind: "rows"; readonly count: number }
  | { readonly kind: "every"; readonly everyMs: number };

/** One window per key, which gives a result whenever its trigger fires, in event order. */
export interface GlobalWindow {
  readonly kind: "global";
  readonly trigger: WindowTrigger;
  /** Whether a result is of the rows since the one before, rather than of all rows of the key. */
  readonly purge: boolean;
}

/** How the rows of a key are cut into windows. */
export type WindowSpec =
  | TumblingWindow
  | HoppingWindow
  | CumulateWindow
  | CalendarWindow
  | SessionWindow
  | GlobalWindow;

/**
 * When a window's result is given out, where it may change later. `on-end`: at the window's end;
 * `on-change`: with every batch; `every`: when event time passes a multiple. After the window's end
 * it is always with every batch.
 */
export type WindowEmit =
  | { readonly kind: "on-end" }
  | { readonly kind: "on-change" }
  | { readonly kind: "every"; readonly everyMs: number };

/**
 * Rows per (key, window): keys, `windowStart`, `windowEnd` (timestamps in ms), then the columns.
 */
export interface WindowAggregateNode extends NodeBase {
  readonly kind: "windowAggregate";
  readonly window: WindowSpec;
  readonly allowedLatenessMs: number;
  /** Absent: once, when the window has closed. Present: the result is an updating stream. */
  readonly emit?: WindowEmit;
  readonly columns: readonly AggregateColumn[];
}

/** Rows of a batch put together before they are moved, by the planner. */
export interface PreAggregateNode extends NodeBase, Omit<PreAggregateSpec, "keys"> {
  /** Keys of the rows that are put together: the rows are keyed by them only after it. */
  readonly groupKeys: readonly string[];
}

/** Which rows of its key, up to itself, a row is aggregated with. */
export type OverFrame =
  | {
      /** Rows of event time in `(time − sizeMs, time]`. */
      readonly kind: "time";
      readonly sizeMs: number;
    }
  | {
      /** The last rows in event order, the row itself among them. */
      readonly kind: "rows";
      readonly count: number;
    };

/** The input's columns, then aggregates over the rows before each row. */
export interface OverNode extends NodeBase {
  readonly kind: "over";
  readonly frame: OverFrame;
  readonly tieColumns?: readonly string[];
  readonly columns: readonly AggregateColumn[];
}

/** Rows of each key at the points of a regular grid: keys, the time, then the columns. */
export interface ResampleNode extends NodeBase, ResampleSpec {}

/** The rows, and one for each point of a regular grid at which a key has none. */
export interface GapFillNode extends NodeBase, GapFillSpec {}

/** The rows, with nulls filled from the values around them. */
export interface InterpolateNode extends NodeBase, InterpolateSpec {}

/** The late rows of a window aggregation, in its input's schema. */
export interface LateNode extends NodeBase {
  readonly kind: "late";
}

/** A user function with state and timers; the rows that it emits. */
export interface ProcessNode extends NodeBase, Omit<ProcessSpec, "keys"> {
  /** Key columns of the input: those of the result are not known. */
  readonly stateKeys: readonly string[];
}

/** A row per match of a pattern: keys, then the columns. */
export interface PatternNode extends NodeBase, PatternSpec {}

/** A side output of a process step. */
export interface SideNode extends NodeBase {
  readonly kind: "side";
  readonly name: string;
}

/** The first row of each key by event time, until `withinMs` after it. */
export interface DeduplicateNode extends NodeBase, DeduplicateSpec {}

/** Pairs of rows of its two inputs; the keys have the same names on both sides. */
export interface IntervalJoinNode extends NodeBase, IntervalJoinSpec {}

/** Pairs of rows of its two inputs with equal keys, whichever comes first. */
export interface JoinNode extends NodeBase, JoinSpec {}

/** Pairs of rows with equal keys in the same window. */
export interface WindowJoinNode extends NodeBase, WindowJoinSpec {}

/** Each left row with the latest right row of its key by then. */
export interface AsOfJoinNode extends NodeBase, AsOfJoinSpec {}

/** Marks a table of which every task gets all rows: only lookups read it. */
export interface BroadcastNode extends NodeBase {
  readonly kind: "broadcast";
}

/** Each row of the first input with the rows of the second, a broadcast, that it looks up. */
export interface LookupTableNode extends NodeBase, LookupTableSpec {}

/**
 * Which rows without a partner are in the result, with nulls for the other side's columns: none,
 * the left ones, the right ones, or both.
 */
export type JoinKind = "inner" | "left" | "right" | "full";

/**
 * How often changes come out: at most one per key and batch, or one for each row that changes the
 * result.
 */
export type EmitChanges = "each-batch" | "each-row";

/** One row per key that changes as rows come: keys, then the columns. */
export interface RunningAggregateNode extends NodeBase {
  readonly kind: "runningAggregate";
  readonly columns: readonly AggregateColumn[];
  readonly emit: EmitChanges;
  readonly retracts: boolean;
  readonly forgetAfterMs?: number;
}

/**
 * What the number of a row in an order is: its place (1, 2, 3, …), one more than the rows before it
 * (1, 1, 3, …), or one more than the different values before it (1, 1, 2, …).
 */
export type RankKind = "rowNumber" | "rank" | "denseRank";

/** The first rows of each key in an order; the input's columns, then the number, if any. */
export interface TopRowsNode extends NodeBase, TopRowsSpec {
  /** What the user wrote; `materialize` is the planner's own. */
  readonly verb: "topN" | "rank" | "deduplicate" | "materialize";
}

/** The changes of an updating stream as rows that stay: the input's columns, then `change`. */
export interface ChangesNode extends NodeBase {
  readonly kind: "changes";
}

/** The input's columns, then those of `detectionFields`. */
export interface DetectNode extends NodeBase {
  readonly kind: "detect";
  readonly value: string;
  readonly detector: ModelDescriptor<"detector">;
  /** Time between points where it is known (window size). */
  readonly stepMs?: number;
}

/** Keys, then `issuedAt`, `windowStart`, `windowEnd`, `step`, `mean`, `lower80`, `upper80`, … */
export interface ForecastNode extends NodeBase {
  readonly kind: "forecast";
  readonly value: string;
  readonly model: ModelDescriptor<"forecaster">;
  readonly stepMs?: number;
  readonly horizonMs: number;
  /** A forecast is issued whenever event time passes a multiple of this. */
  readonly everyMs: number;
  /** Central intervals, in (0, 1), ascending. */
  readonly levels: readonly number[];
}

/** Writes a stream to a connector. Nothing reads it. */
export interface SinkNode extends NodeBase {
  readonly kind: "sink";
  readonly connector: string;
  /** The topic of the run's log that rows are appended to, where the sink is one. */
  readonly topic?: string;
  readonly options: Json;
  readonly guarantee: Guarantee;
  /** Columns by which the store replaces and deletes rows; absent where it only appends. */
  readonly updatesKey?: readonly string[];
  /** What the user demands; the planner refuses a sink that gives less. */
  readonly demandedGuarantee?: Guarantee;
}

/** One step of a pipeline. */
export type LogicalNode =
  | SourceNode
  | WhereNode
  | ProjectNode
  | FunctionNode
  | UnionNode
  | RetimeNode
  | SampleNode
  | ProcessNode
  | SideNode
  | MapAsyncNode
  | LookupNode
  | PatternNode
  | KeyByNode
  | WindowAggregateNode
  | PreAggregateNode
  | OverNode
  | ResampleNode
  | GapFillNode
  | InterpolateNode
  | LateNode
  | DeduplicateNode
  | IntervalJoinNode
  | JoinNode
  | WindowJoinNode
  | AsOfJoinNode
  | BroadcastNode
  | LookupTableNode
  | RunningAggregateNode
  | TopRowsNode
  | ChangesNode
  | DetectNode
  | ForecastNode
  | SinkNode;

/** A typed setting of a pipeline. */
export interface ParameterSpec {
  readonly name: string;
  readonly type: DataType;
  readonly default?: Json;
}

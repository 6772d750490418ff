import type { DataType, Guarantee, Json, ModelDescriptor, RowSchema } from "@millrace/core";
import type { AggregateColumn } from "../expression/aggregate.ts";
import type { Expression, NamedExpression } from "../expression/expression.ts";
import type {
  DeduplicateSpec,
  IntervalJoinSpec,
  ProcessSpec,
  RetimeSpec,
  SampleSpec,
  TopRowsSpec,
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
  /** Whether the row type has checks of its own, given by `.validate`: they are no plain data. */
  readonly hasValidators?: boolean;
}

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

/** How event time is cut into windows. */
export type WindowSpec = TumblingWindow | HoppingWindow | CumulateWindow | SessionWindow;

/**
 * Rows per (key, window): keys, `windowStart`, `windowEnd` (timestamps in ms), then the columns.
 */
export interface WindowAggregateNode extends NodeBase {
  readonly kind: "windowAggregate";
  readonly window: WindowSpec;
  readonly allowedLatenessMs: number;
  readonly columns: readonly AggregateColumn[];
}

/** The late rows of a window aggregation, in its input's schema. */
export interface LateNode extends NodeBase {
  readonly kind: "late";
}

/** A user function with state and timers; the rows that it emits. */
export interface ProcessNode extends NodeBase, Omit<ProcessSpec, "keys"> {
  /** Key columns of the input: those of the result are not known. */
  readonly stateKeys: readonly string[];
}

/** A side output of a process step. */
export interface SideNode extends NodeBase {
  readonly kind: "side";
  readonly name: string;
}

/** The first row of each key by event time, until `withinMs` after it. */
export interface DeduplicateNode extends NodeBase, DeduplicateSpec {}

/** Pairs of rows of its two inputs; the keys have the same names on both sides. */
export interface IntervalJoinNode extends NodeBase, IntervalJoinSpec {}

/** `left`: a left row without a partner is in the result, with nulls for the right's columns. */
export type JoinKind = "inner" | "left";

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
  | KeyByNode
  | WindowAggregateNode
  | LateNode
  | DeduplicateNode
  | IntervalJoinNode
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

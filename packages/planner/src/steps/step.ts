import type { MillraceError } from "@millrace/core";
import type { Expression, LogicalNode, OperatorSpec } from "@millrace/plan";

/** The node of a kind. */
export type NodeOf<Kind extends LogicalNode["kind"]> = Extract<LogicalNode, { kind: Kind }>;

/** Who reads what of a node's input. */
export interface ColumnUse {
  readonly input: LogicalNode;
  /** Columns of the node's own result that its readers read. */
  readonly wanted: ReadonlySet<string>;
  /** Columns that readers of the node's late rows read. */
  readonly wantedLate: ReadonlySet<string>;
}

/** What pruning has found so far: inputs come before their readers. */
export interface Pruning {
  /** Columns of the node's result that its readers read. */
  readonly required: ReadonlySet<string>;
  /** The pruned node of an id. */
  pruned(id: string | undefined): LogicalNode | undefined;
}

/**
 * What the planner must know of a kind of step. Each kind has one, in a file of its own; `steps.ts`
 * lists them. Whatever is left out has the default that its comment names.
 */
export interface Step<Kind extends LogicalNode["kind"]> {
  /** What the node does, in one line: `where delay > 5`. */
  describe(node: NodeOf<Kind>): string;
  /** Problems of the node by itself. Default: none. */
  readonly check?: (
    node: NodeOf<Kind>,
    byId: ReadonlyMap<string, LogicalNode>,
  ) => readonly MillraceError[];
  /** Whether all sources above must name an event time. Default: no. */
  readonly needsEventTime?: (node: NodeOf<Kind>) => boolean;
  /** Columns of an input that the node reads. Default: all. */
  readonly columnsRead?: (node: NodeOf<Kind>, use: ColumnUse) => Iterable<string>;
  /** The node without what nobody reads. Default: the node as it is. */
  readonly prune?: (node: NodeOf<Kind>, pruning: Pruning) => LogicalNode;
  /** The node with each of its expressions changed. Default: it has none. */
  readonly mapExpressions?: (
    node: NodeOf<Kind>,
    change: (expression: Expression) => Expression,
  ) => LogicalNode;
  /**
   * Whether rows of equal event time must come in an order that everyone agrees on, so that sources
   * give their lineage. Default: where a reader needs it.
   */
  readonly needsLineage?: (node: NodeOf<Kind>) => boolean | "as its readers";
  /** What its operator does. Absent where the stage builder lays the node out itself. */
  readonly spec?: (node: NodeOf<Kind>) => OperatorSpec;
}

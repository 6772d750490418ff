import type { MillraceError } from "@millrace/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { LogicalNode, ParameterSpec } from "./nodes.ts";

/** A function of the user's, by id. */
// oxlint-disable-next-line typescript/no-explicit-any -- user functions have the user's types
export type UserFunction = (...args: any[]) => unknown;

/** The serialisable part of a plan: survives JSON unchanged. */
export interface LogicalPlanData {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  /** In an order in which inputs come before their readers. */
  readonly nodes: readonly LogicalNode[];
  /** How far source partitions may be apart in event time; absent: the planner's default. */
  readonly maxDriftMs?: number;
}

/** A pipeline as data, with what cannot be data beside it. */
export interface LogicalPlan extends LogicalPlanData {
  readonly functions: ReadonlyMap<string, UserFunction>;
  /** By source id and column: checks given by `.validate`. */
  readonly validators: ReadonlyMap<string, ReadonlyMap<string, readonly StandardSchemaV1[]>>;
  /** Ids of the nodes that the pipeline's callback returned, by the names that it gave them. */
  readonly parts?: ReadonlyMap<string, string>;
  /** What the builder already found wrong; the planner reports them with its own. */
  readonly problems: readonly MillraceError[];
}

/** The node of that id. */
export function findNode(plan: LogicalPlanData, id: string): LogicalNode | undefined {
  return plan.nodes.find((node) => node.id === id);
}

import type { Clock, ModelRegistry } from "@millrace/core";
import type { UserFunction } from "@millrace/plan";

/** What an operator needs beside its spec. */
export interface OperatorContext {
  readonly pipeline: string;
  readonly operatorId: string;
  /** The plan's user functions by id. */
  readonly functions: ReadonlyMap<string, UserFunction>;
  readonly models: ModelRegistry;
  /** For time limits and timers; results must not depend on it. */
  readonly clock: Clock;
}

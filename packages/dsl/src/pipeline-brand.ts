import type { LogicalPlan } from "@millrace/plan";

const brand = Symbol.for("millrace.pipeline");

/**
 * A named pipeline. Frozen; `build` may be called any number of times and gives equal plans.
 *
 * `Parts` is what its callback returned: sources and sinks by name, for those who test it.
 */
export interface Pipeline<out Parts = unknown> {
  /** Only for inference; never present at run time. */
  readonly parts?: Parts;
  readonly name: string;
  /**
   * Runs the pipeline's callback and gives its plan.
   *
   * What is wrong with the pipeline is in `problems`, each with the user's file and line; nothing
   * is thrown but what the callback itself throws.
   */
  build(): LogicalPlan;
}

/** Whether a value is a pipeline, of this or another copy of the package. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === "object" && value !== null && brand in value;
}

/** Makes a pipeline known as one. */
export function branded<Parts>(pipeline: Pipeline<Parts>): Pipeline<Parts> {
  return Object.freeze(Object.defineProperty(pipeline, brand, { value: true }));
}

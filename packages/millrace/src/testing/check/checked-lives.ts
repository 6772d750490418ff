import type { Json } from "@millrace/core";
import type { Pipeline } from "@millrace/dsl";
import type { LogicalPlan } from "@millrace/plan";
import { planPipeline } from "@millrace/planner";
import { Run } from "@millrace/runtime";
import type { RunParts, Scenario } from "@millrace/simulate";
import { createOperatorWithModels } from "../../run/registries.ts";
import { testSources, withTestConnectors } from "../test-connectors.ts";
import { TestInputs } from "../test-inputs.ts";
import type { Coverage } from "./coverage.ts";
import type { FunctionWatch } from "./function-watch.ts";
import type { PartitionedRows } from "./given-rows.ts";

/** Gives a pipeline of whose earlier lives nothing is left in memory. */
export type LoadPipeline = () => Promise<Pipeline>;

/** What is the same in all lives of a checked pipeline. */
export interface CheckedParts {
  readonly logical: LogicalPlan;
  readonly rows: ReadonlyMap<string, PartitionedRows>;
  readonly partitions: number;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly watch: FunctionWatch;
}

/** How a scenario runs. */
interface LifeOptions {
  readonly batchRows: number;
  /** Counts what rows come through; such a run is planned without rules, step by step. */
  readonly coverage?: Coverage;
}

/** Lives that are loaded before a simulation begins, in which no real time passes. */
const readyLives = 12;
/** In ms: so that time goes by, and with it the next commit comes near. */
const readMsMax = 400;
/** Chance that a read finds nothing yet, so that what was read is committed. */
const pauses = 0.4;

/**
 * A checked pipeline as scenarios run it: each process that starts it has one of its own, freshly
 * loaded, over the same rows.
 */
export class CheckedLives {
  readonly #load: LoadPipeline;
  readonly #parts: CheckedParts;
  readonly #ready: Pipeline[] = [];
  readonly #inputs: TestInputs;
  #last: Pipeline | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(load: LoadPipeline, parts: CheckedParts) {
    this.#load = load;
    this.#parts = parts;
    this.#inputs = inputsOf(parts);
  }

  /** Loads lives for the next simulation. */
  async refill(): Promise<void> {
    while (this.#ready.length < readyLives) this.#ready.push(await this.#load());
  }

  /** A scenario, with lives for its first simulation. */
  async prepared(options: LifeOptions): Promise<Scenario> {
    await this.refill();
    const { logical } = this.#parts;
    return {
      name: logical.name,
      sources: testSources(this.#inputs),
      readMsMax,
      pauses,
      sinks: logical.nodes
        .filter((node) => node.kind === "sink")
        .map(({ id, updating, updatesKey }) => ({
          id,
          ...(updating === undefined || updatesKey === undefined ? {} : { updatesKey }),
        })),
      stateBytesMax: Infinity,
      start: async (parts) => this.#start(parts, options),
    };
  }

  /** What comes of an undisturbed run. @throws what ended it, rather than that it did not end */
  async orFailure<Result>(running: Promise<Result>): Promise<Result> {
    this.#failure = undefined;
    try {
      return await running;
    } catch (error) {
      throw (this.#failure as { readonly error: unknown } | undefined)?.error ?? error;
    }
  }

  #start(parts: RunParts, { batchRows, coverage }: LifeOptions): Run {
    const { partitions, parameters, watch } = this.#parts;
    this.#last = this.#ready.pop() ?? this.#last;
    const built = this.#last?.build() ?? this.#parts.logical;
    const logical = withTestConnectors(watch.watched(built), {
      believesTimes: true,
      isNeverIdle: true,
    });
    const isOptimized = coverage === undefined;
    const planned = planPipeline(logical, { partitions, parameters, isOptimized });
    const createOperator = coverage?.counting(createOperatorWithModels) ?? createOperatorWithModels;
    const { functions, validators } = planned.logical;
    const run = new Run(
      { physical: planned.physical, functions, validators },
      { ...parts, createOperator },
      { batchRows, isFresh: false },
    );
    run.finished.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    return run;
  }
}

function inputsOf({ logical, rows, partitions }: CheckedParts): TestInputs {
  const inputs = new TestInputs(logical, partitions);
  for (const [source, parts] of rows) {
    parts.forEach((some, partition) => inputs.send(source, some, partition % partitions));
  }
  inputs.end();
  return inputs;
}

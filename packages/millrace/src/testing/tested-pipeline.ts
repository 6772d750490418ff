import { ManualClock, MemoryStore } from "@millrace/conformance/fakes";
import {
  assertUserInput,
  type DeadLetter,
  type Duration,
  formatError,
  type Instant,
  isMillraceError,
  type Json,
  limits,
  quote,
} from "@millrace/core";
import type { Pipeline } from "@millrace/dsl";
import { type MemoryLog, openMemoryLog } from "@millrace/log";
import type { SinkNode } from "@millrace/plan";
import { planPipeline, type PlannedPipeline } from "@millrace/planner";
import { deadLettersOf } from "../run/dead-letters.ts";
import { createOperatorWithModels } from "../run/registries.ts";
import type { ReceivedRow, SentRow, SinkName, SourceName } from "./part-types.ts";
import { receivedRows, sinkSchema } from "./received-rows.ts";
import { SinkExpectation } from "./sink-expectation.ts";
import { testConnectors, withTestConnectors } from "./test-connectors.ts";
import { TestInputs } from "./test-inputs.ts";
import { TestProcess } from "./test-process.ts";

/** How a pipeline is tested. */
export interface TestPipelineOptions {
  /** Tasks of each stage, and partitions of each source: 1 … 240, default 1. */
  readonly partitions?: number;
  /** Rows of a batch: 1 … 1,048,576, default 65,536. Never changes results. */
  readonly batchRows?: number;
  /** Values of the pipeline's parameters, by name. */
  readonly parameters?: Readonly<Record<string, Json>>;
  /**
   * What the clock shows at first. Default 2000-01-01, and then no event time counts as too far in
   * the future.
   */
  readonly startAt?: Instant;
}

const startAtDefault = Date.UTC(2000, 0);
/** A wait of days takes no more steps than this: timers then fire that much later. */
const clockStepsMax = 1_000;
const clockStepMs = 50;

/**
 * A pipeline under test: it runs in this process, over a log in memory and a clock that stands
 * still. Its sources give what is sent, its sinks keep what they get; nothing outside is touched.
 *
 * Each method returns when the pipeline has done all that it can do with what it has been given, so
 * no test has to wait. What ends the run is thrown by the method that comes upon it.
 */
export class TestedPipeline<Parts = unknown> {
  readonly #pipeline: Pipeline<Parts>;
  readonly #options: TestPipelineOptions;
  readonly #clock: ManualClock;
  readonly #log: MemoryLog = openMemoryLog();
  readonly #store = new MemoryStore();
  readonly #inputs: TestInputs;
  #planned: PlannedPipeline;
  #process: TestProcess | undefined;

  constructor(pipeline: Pipeline<Parts>, options: TestPipelineOptions) {
    const { partitions = 1, startAt = startAtDefault } = options;
    assertUserInput(
      Number.isInteger(partitions) && partitions >= 1 && partitions <= limits.partitionsMax,
      `partitions must be a whole number from 1 to ${limits.partitionsMax}`,
    );
    this.#pipeline = pipeline;
    this.#options = options;
    this.#clock = new ManualClock(startAt);
    this.#planned = this.#plan();
    this.#inputs = new TestInputs(this.#planned.logical, partitions);
  }

  /**
   * Gives rows to a source; they are in order.
   *
   * @param source the name under which the pipeline's callback returned it, or else its id
   * @param options `partition`: which one gets them. Default: all partitions in turn
   */
  async send<Name extends SourceName<Parts>>(
    source: Name,
    rows: readonly SentRow<Parts, Name>[],
    options: { readonly partition?: number } = {},
  ): Promise<void> {
    this.#inputs.send(this.#idOf(source), rows as readonly object[], options.partition);
    await this.#settle();
  }

  /**
   * Takes event time to an instant: rows before it are late from now on, windows that end by it
   * close.
   *
   * @param source of this source alone; what depends on others too waits for them. Default: of all
   */
  async advanceWatermark(to: Instant, source?: SourceName<Parts>): Promise<void> {
    this.#inputs.advance(to, source === undefined ? undefined : this.#idOf(source));
    await this.#settle();
  }

  /** Lets time pass on the clock: for timers, timeouts and partitions that become idle. */
  async advanceClock(by: Duration): Promise<void> {
    await this.#settle();
    await this.#clock.advance(by, Math.max(clockStepMs, by / clockStepsMax));
    await this.#settle();
  }

  /**
   * Kills the process that runs the pipeline and starts another one, which builds the pipeline anew
   * and restores what was committed: whatever else there was in memory is lost.
   */
  async crashAndRestore(): Promise<void> {
    await this.#running().kill();
    this.#planned = this.#plan();
    this.#process = undefined;
    await this.#settle();
  }

  /**
   * No more rows will come, of one source or of all. When all have ended, the last windows close,
   * and the pipeline with them. A table that others look up has to end before they go on.
   */
  async end(source?: SourceName<Parts>): Promise<void> {
    this.#inputs.end(source === undefined ? undefined : this.#idOf(source));
    await this.#settle();
  }

  /**
   * What a sink has got until now.
   *
   * @param sink the name under which the pipeline's callback returned it, or else its id
   */
  expect<Name extends SinkName<Parts>>(sink: Name): SinkExpectation<ReceivedRow<Parts, Name>> {
    const node = this.#sink(this.#idOf(sink));
    return new SinkExpectation(sink, sinkSchema(node), receivedRows(this.#store, node));
  }

  /** Records that could not go on, oldest first within a task. */
  async deadLetters(): Promise<readonly DeadLetter[]> {
    await this.#settle();
    return deadLettersOf(this.#log, this.#pipeline.name);
  }

  /** Ends the run where it stands. A test that leaves it out loses nothing but memory. */
  async close(): Promise<void> {
    await this.#process?.kill();
  }

  #plan(): PlannedPipeline {
    const { partitions = 1, parameters = {}, startAt } = this.#options;
    const times = { believesTimes: startAt === undefined, isNeverIdle: false };
    const logical = withTestConnectors(this.#pipeline.build(), times);
    return planPipeline(logical, { partitions, parameters });
  }

  #running(): TestProcess {
    this.#process ??= new TestProcess({
      planned: this.#planned,
      log: this.#log,
      clock: this.#clock,
      connectors: testConnectors(this.#inputs, this.#store),
      createOperator: createOperatorWithModels,
      batchRows: this.#options.batchRows ?? limits.batchRowsDefault,
    });
    return this.#process;
  }

  #settle(): Promise<void> {
    return this.#running().settle();
  }

  #idOf(name: string): string {
    return this.#planned.logical.parts?.get(name) ?? name;
  }

  #sink(id: string): SinkNode {
    const sinks = this.#planned.logical.nodes.filter((node) => node.kind === "sink");
    const found = sinks.find((sink) => sink.id === id);
    const known = sinks.map((sink) => quote(sink.id)).join(", ");
    assertUserInput(found !== undefined, `${quote(id)} is not a sink; there is ${known}`);
    return found;
  }
}

/**
 * Puts a pipeline under test, without a broker and without its sources and sinks.
 *
 * @throws Error whose message tells all problems of the pipeline; its cause is PLAN_INVALID
 * @example
 * ```ts
 * const test = testPipeline(orders);
 * await test.send("orders", [{ placedAt: instant(0), shop: "Bern", amount: 12.5 }]);
 * await test.end();
 * test.expect("table").toContain({ shop: "Bern", orders: 1 });
 * ```
 */
export function testPipeline<Parts>(
  pipeline: Pipeline<Parts>,
  options: TestPipelineOptions = {},
): TestedPipeline<Parts> {
  try {
    return new TestedPipeline(pipeline, options);
  } catch (error) {
    // Test runners print the message alone: it has to say what is wrong with the pipeline.
    const hasProblems = isMillraceError(error) && error.problems.length > 0;
    throw hasProblems ? new Error(formatError(error), { cause: error }) : error;
  }
}

import { type CommitFault, faultyLog } from "@millrace/conformance/fakes";
import { type Clock, type ConnectorRegistry, type Log, yieldToEventLoop } from "@millrace/core";
import type { UserFunction } from "@millrace/plan";
import type { PlannedPipeline } from "@millrace/planner";
import { Run, type RunEnvironment, type RunSummary } from "@millrace/runtime";

/** Turns of the event loop without any news after which a run has nothing to do. */
const quietTurns = 2;

/** What a run of a test is made of. */
export interface TestProcessParts {
  readonly planned: PlannedPipeline;
  /** Outlives the process. */
  readonly log: Log;
  readonly clock: Clock;
  readonly connectors: ConnectorRegistry;
  readonly createOperator: RunEnvironment["createOperator"];
  readonly batchRows: number;
  /** What happens to a commit of the writer of that id; absent: nothing. */
  readonly faultOf?: (writerId: string) => CommitFault;
}

/**
 * One life of the process that runs a pipeline, within this one. It may be killed at any time: what
 * it has not committed is lost.
 *
 * Nothing but its log, clock and connectors outlives it.
 */
export class TestProcess {
  readonly #run: Run;
  readonly #ended: Promise<void>;
  #outcome: { readonly summary: RunSummary } | { readonly error: unknown } | undefined;
  #isKilled = false;
  /** Counts what the run has done: as long as it grows, there is something to wait for. */
  #news = 0;
  /** Calls of async user functions that have not ended. */
  #calls = 0;
  #arrived: () => void = () => undefined;

  constructor(parts: TestProcessParts) {
    const { planned, clock, connectors, createOperator, batchRows } = parts;
    const { functions, validators } = planned.logical;
    const counted = new Map([...functions].map(([id, each]) => [id, this.#counting(each)]));
    this.#run = new Run(
      { physical: planned.physical, functions: counted, validators },
      { log: this.#logOf(parts), clock, connectors, createOperator },
      { batchRows, isFresh: false },
    );
    this.#ended = this.#watch();
  }

  /** What the run came to; undefined while it runs. @throws what ended it */
  summary(): RunSummary | undefined {
    if (this.#outcome === undefined) return undefined;
    if ("error" in this.#outcome) throw this.#outcome.error;
    return this.#outcome.summary;
  }

  /**
   * Waits until the run has done all that it can do before time passes or rows come.
   *
   * @throws what ended the run
   */
  async settle(): Promise<void> {
    let quiet = 0;
    while (quiet < quietTurns && this.summary() === undefined) {
      const before = this.#news;
      this.#arrived();
      await yieldToEventLoop();
      quiet = this.#news === before && this.#calls === 0 ? quiet + 1 : 0;
    }
  }

  /** Ends it with nothing more committed. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#run.stop();
    await this.#ended;
  }

  async #watch(): Promise<void> {
    try {
      this.#outcome = { summary: await this.#run.finished };
    } catch (error) {
      this.#outcome = { error };
    }
  }

  #logOf({ log, faultOf }: TestProcessParts): Log {
    const faulty = faultyLog(log, (writerId) => {
      this.#news += 1;
      if (this.#isKilled) return "crash";
      return faultOf?.(writerId) ?? "none";
    });
    return {
      ...faulty,
      onArrival: (listener) => {
        this.#arrived = listener;
      },
    };
  }

  #counting(userFunction: UserFunction): UserFunction {
    return (...given) => {
      this.#news += 1;
      const result = userFunction(...given);
      if (!(result instanceof Promise)) return result;
      this.#calls += 1;
      const end = (): void => {
        this.#calls -= 1;
        this.#news += 1;
      };
      result.then(end, end);
      return result;
    };
  }
}

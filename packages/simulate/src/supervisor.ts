import type { MemoryStore } from "@millrace/conformance/fakes";
import type { Random } from "@millrace/core";
import type { SimulatedLog, SimulatedProcess } from "@millrace/log/simulated";
import type { Scenario, WatchedRun } from "./scenario.ts";
import { simulatedConnectors } from "./simulated-connectors.ts";

/** Who stands still for longer is taken for dead. */
const deadAfterMs = 3_000;
const restartMs = 1_500;
const processesMax = 60;
const lookEveryMs = 200;

/** What a supervisor is made with. */
export interface SupervisorParts {
  readonly scenario: Scenario;
  readonly log: SimulatedLog;
  readonly store: MemoryStore;
  readonly random: Random;
  /** Whether an error ends everything, and rightly so. */
  readonly isEnd: (error: unknown) => boolean;
  /** Whether an error may end a process, so that the next one goes on. */
  readonly isExpected: (error: unknown) => boolean;
}

/** How a process has ended, for who watches it. */
type Ended = "finished" | "gone" | { readonly error: unknown };

/**
 * Starts a pipeline, and starts it again in a new process when it has ended before it was done, as
 * those do who run pipelines. Who stood still may wake up beside its successor.
 */
export class Supervisor {
  /** What was found wrong. */
  readonly problems: string[] = [];
  readonly #parts: SupervisorParts;
  #processes = 0;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** Processes that were started. */
  get processes(): number {
    return this.#processes;
  }

  /** Until the pipeline has finished, or has stopped for good. */
  async run(): Promise<"finished" | "stopped" | "stuck"> {
    const { log, random, isEnd, isExpected } = this.#parts;
    while (this.#processes < processesMax) {
      this.#processes += 1;
      const ended = await this.#runProcess(log.openIn(`process ${this.#processes}`));
      if (ended === "finished") return "finished";
      if (ended !== "gone") {
        if (isEnd(ended.error)) return "stopped";
        if (!isExpected(ended.error)) {
          this.#find(`a process has ended with ${String(ended.error)}`);
        }
      }
      await log.process.network.clock.sleep(restartMs * random.next());
    }
    return "stuck";
  }

  #find(problem: string): void {
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }

  async #runProcess(log: SimulatedLog): Promise<Ended> {
    const { scenario, store, random } = this.#parts;
    const { process } = log;
    const taken = new Promise<void>((resolve) => {
      process.onStall = (ms) => {
        const { clock } = process.network;
        if (ms > deadAfterMs) void clock.sleep(deadAfterMs).then(resolve);
      };
    });
    const gone = Promise.race([process.died, taken]).then((): Ended => "gone");
    const sources = { ...scenario.sources, store: store.connector() };
    const { readMsMax, pauses } = scenario;
    const connectors = simulatedConnectors(process, sources, { random, readMsMax, pauses });
    const starting = scenario.start({ log, clock: process.clock, connectors });
    return Promise.race([this.#watch(starting, process), gone]);
  }

  async #watch(starting: Promise<WatchedRun>, process: SimulatedProcess): Promise<Ended> {
    try {
      const run = await starting;
      void this.#watchState(run, process);
      const { outcome } = await run.finished;
      if (outcome !== "finished") this.#find(`a run that nobody stopped is ${outcome}`);
      return "finished";
    } catch (error) {
      return { error };
    }
  }

  /** Looks at how large the state is, for as long as it runs. */
  async #watchState(run: WatchedRun, process: SimulatedProcess): Promise<void> {
    const { stateBytesMax } = this.#parts.scenario;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    run.finished.then(end, end);
    while (!ended.signal.aborted && !process.isDead) {
      await process.network.clock.sleep(lookEveryMs, ended.signal);
      const stateBytes = run.status()?.stateBytes ?? 0;
      if (stateBytes <= stateBytesMax) continue;
      this.#find(`${stateBytes} bytes of state are more than ${stateBytesMax}`);
      return;
    }
  }
}

import type { MessagePort } from "node:worker_threads";
import { assert, type Clock, millraceError, type Source } from "@millrace/core";
import { closeAll, openSources, openTopicSinks } from "../open-connectors.ts";
import type { RunEnvironment, RunnablePlan } from "../run-options.ts";
import { RunPart } from "../run-part.ts";
import { topicsByName } from "../sink-topics.ts";
import type { TaskNotice } from "../run-notice.ts";
import type {
  ThreadAttempt,
  ThreadMessage,
  ThreadNews,
  ThreadRequest,
  ThreadStop,
} from "./messages.ts";
import { LiveMembership } from "../../task/live-membership.ts";
import type { Placement } from "./place-tasks.ts";
import { toPlainError } from "./plain-error.ts";
import { ThreadBoard } from "./thread-board.ts";

/** How often a thread tells how its tasks stand. */
const reportEveryMs = 100;

/**
 * Does in a thread what the main thread asks for, until it asks for the end.
 *
 * @param environment of this thread; its log is closed at the end
 */
export function serveThread(
  port: MessagePort,
  plan: RunnablePlan,
  environment: RunEnvironment,
): void {
  const server = new ThreadServer(port, plan, environment);
  port.on("message", (message: ThreadRequest | ThreadStop) => server.receive(message));
  const { pipeline, fingerprint } = plan.physical;
  send(port, { kind: "loaded", pipeline, fingerprint });
}

/** Tells the main thread that the pipeline could not be loaded. */
export function refuseToServe(port: MessagePort, error: unknown): void {
  send(port, { kind: "failed", error: toPlainError(error), news: {} });
}

function send(port: MessagePort, message: ThreadMessage): void {
  port.postMessage(message);
}

/** What an attempt has open in this thread. */
interface OpenedPart {
  readonly part: RunPart;
  readonly sources: ReadonlyMap<string, Source>;
}

class ThreadServer {
  readonly #port: MessagePort;
  readonly #plan: RunnablePlan;
  readonly #environment: RunEnvironment;
  #opened: OpenedPart | undefined;
  /** Of the attempt: a stop may come while it is opened. */
  #abort = new AbortController();
  #hasFailed = false;
  /** What tasks have done, until it is told. */
  #notices: TaskNotice[] = [];

  constructor(port: MessagePort, plan: RunnablePlan, environment: RunEnvironment) {
    this.#port = port;
    this.#plan = plan;
    this.#environment = environment;
  }

  receive(message: ThreadRequest | ThreadStop): void {
    if (message.kind === "stop") this.#stop(message.hasFailed);
    else void this.#answer(message);
  }

  #stop(hasFailed: boolean): void {
    this.#hasFailed ||= hasFailed;
    this.#abort.abort();
    this.#opened?.part.stop(hasFailed);
  }

  async #answer(request: ThreadRequest): Promise<void> {
    try {
      await this.#do(request);
      send(this.#port, { kind: "done", news: this.#takeNews() });
    } catch (error) {
      send(this.#port, { kind: "failed", error: toPlainError(error), news: this.#takeNews() });
    }
    if (request.kind === "end") this.#port.close();
  }

  #takeNews(): ThreadNews {
    const notices = this.#notices;
    this.#notices = [];
    if (this.#opened === undefined) return { notices };
    const { part } = this.#opened;
    const turn = part.longestTurn();
    return { notices, reports: part.reports(), ...(turn === undefined ? {} : { turn }) };
  }

  async #do(request: ThreadRequest): Promise<void> {
    switch (request.kind) {
      case "open":
        this.#opened = await this.#open(request.attempt);
        return;
      case "run":
        return this.#run();
      case "close":
        return this.#close();
      case "end":
        await this.#environment.log.close();
    }
  }

  async #open(attempt: ThreadAttempt): Promise<OpenedPart> {
    const { place, placement, membership, generation, settings, isObserved } = attempt;
    const { log, clock, connectors } = this.#environment;
    const plan = this.#plan;
    const stages = plan.physical.stages.filter((_, index) => placement[index]?.includes(place));
    const context = { clock, log, signal: this.#abort.signal };
    const sources = await openSources(plan, connectors, context, stages);
    try {
      checkSources(plan, sources, attempt);
      const topicSinks = await openTopicSinks(plan.physical, connectors);
      const part = new RunPart(
        {
          plan,
          environment: this.#environment,
          settings,
          membership: new LiveMembership(membership),
          generation,
          sources,
          topicSinks,
          topics: await topicsByName(log, topicSinks),
          onNotice: isObserved ? (notice) => this.#notices.push(notice) : undefined,
        },
        { place, placement, board: new ThreadBoard(plan.physical, attempt.board, place) },
      );
      const partitions = partitionsAt(placement, place);
      const handedOver = (): Promise<boolean> => Promise.resolve(true);
      await part.take({ partitions, sinks: new Map(), standbys: [], handedOver });
      await openedOrClosed(part);
      if (this.#abort.signal.aborted) part.stop(this.#hasFailed);
      return { part, sources };
    } catch (error) {
      await closeAll(sources.values());
      throw error;
    }
  }

  async #run(): Promise<void> {
    assert(this.#opened !== undefined, "tasks are opened before they run");
    const ended = new AbortController();
    const { clock } = this.#environment;
    const telling = this.#tell(clock, ended.signal);
    try {
      await this.#opened.part.run();
    } finally {
      ended.abort();
      await telling;
    }
  }

  async #tell(clock: Clock, ended: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(reportEveryMs, ended);
      if (ended.aborted) return;
      send(this.#port, { kind: "news", news: this.#takeNews() });
    }
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#abort = new AbortController();
    this.#hasFailed = false;
    if (opened === undefined) return;
    try {
      await opened.part.close();
    } finally {
      await closeAll(opened.sources.values());
    }
  }
}

/** Partitions of which some task is at a place. */
function partitionsAt(placement: Placement, place: number): number[] {
  const partitions = placement.flatMap((places) =>
    places.flatMap((at, n) => (at === place ? n : [])),
  );
  return [...new Set(partitions)];
}

/** Waits until the tasks are open; when one fails, the others are closed. */
async function openedOrClosed(part: RunPart): Promise<void> {
  try {
    await part.opened();
  } catch (error) {
    await part.close();
    throw error;
  }
}

/** The main thread has decided by its sources what is continued: they must be the same here. */
function checkSources(
  plan: RunnablePlan,
  sources: ReadonlyMap<string, Source>,
  attempt: ThreadAttempt,
): void {
  for (const [id, { fingerprint }] of sources) {
    if (fingerprint === attempt.sources[id]) continue;
    const problem = `the input of the source ${id} was changed while it was opened`;
    throw millraceError("RUN_STATE_MISMATCH", { pipeline: plan.physical.pipeline, problem });
  }
}

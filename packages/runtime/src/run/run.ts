import { assert, isMillraceError, limits, type Source, type TopicSink } from "@millrace/core";
import { GroupPart } from "./group/group-part.ts";
import type { OtherRuns } from "./group/other-runs.ts";
import { closeAll, openSources, openTopicSinks } from "./open-connectors.ts";
import { createControlTopics, type Generation } from "./prepare-generation.ts";
import type { RunNotice } from "./run-notice.ts";
import type { TopicLag } from "./run-observer.ts";
import type { RunEnvironment, RunnablePlan, RunSettings } from "./run-options.ts";
import type { RunStatus, RunSummary } from "./run-status.ts";
import { topicsByName } from "./sink-topics.ts";
import { rowsReadBy, sumReports } from "./sum-reports.ts";
import { openParts, type RunParts } from "./threads/threaded-parts.ts";

/** Times that a run restores itself after errors that come one soon after the other. */
const restoresMax = 5;
/** An attempt that went on for longer does not count. */
const soonMs = 60_000;
const restoreDelayMs = 50;
/** A commit in doubt, or a log that is out of reach for the moment. */
const restorable: ReadonlySet<string> = new Set([
  "LOG_COMMIT_INDEFINITE",
  "LOG_COMMIT_ABORTED",
  "KAFKA_NOT_READY",
  "KAFKA_CONNECTION_LOST",
  "KAFKA_UNREACHABLE",
]);

/** What a run has opened through its connectors, by id. */
interface OpenedConnectors {
  readonly sources: ReadonlyMap<string, Source>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
}

/** Everything that one attempt has open. */
interface Attempt {
  readonly generation: Generation;
  readonly parts: RunParts;
  readonly rowsReadBefore: number;
}

/** A pipeline that runs in this process. Nothing is global: two runs do not know of each other. */
export class Run {
  /**
   * Resolves when the run has ended and closed everything; rejects with the error that ended it.
   */
  readonly finished: Promise<RunSummary>;
  readonly #plan: RunnablePlan;
  readonly #environment: RunEnvironment;
  readonly #settings: RunSettings;
  readonly #abort = new AbortController();
  readonly #startedAtMs: number;
  /** Undefined before the tasks are open and after they have ended. */
  #running: RunParts | undefined;
  #attempt: Attempt | undefined;
  /** By all shares that have ended. */
  #rowsReadHere = 0;
  readonly #listeners: readonly ((notice: RunNotice) => void)[];

  constructor(plan: RunnablePlan, environment: RunEnvironment, settings: RunSettings) {
    assert(
      settings.batchRows >= 1 && settings.batchRows <= limits.batchRowsMax,
      "batchRows is within its bounds",
    );
    this.#plan = plan;
    this.#environment = environment;
    this.#settings = settings;
    this.#startedAtMs = environment.clock.monotonicMs();
    this.#listeners = (environment.observers ?? []).map((observer) =>
      observer({
        pipeline: plan.physical.pipeline,
        reports: () => this.#running?.reports() ?? [],
        longestTurn: () => this.#running?.longestTurn(),
        lags: () => this.#lags(),
      }),
    );
    this.finished = this.#runObserved();
  }

  /**
   * Asks the run to stop: what was taken in is committed, except by tasks with rows in flight;
   * `finished` then resolves with outcome "stopped".
   */
  stop(): void {
    this.#abort.abort();
    this.#running?.stop();
  }

  /** Now; undefined until the tasks are open. */
  status(): RunStatus | undefined {
    return this.#attempt === undefined ? undefined : this.#statusOf(this.#attempt);
  }

  async #runObserved(): Promise<RunSummary> {
    try {
      this.#tell({ kind: "started" });
      const summary = await this.#runWithRestores();
      this.#tell({ kind: "ended", outcome: summary.outcome });
      return summary;
    } catch (error) {
      await this.#tellFailure(error);
      throw error;
    }
  }

  /** The run's own error is thrown afterwards: what a listener makes of it must not hide it. */
  async #tellFailure(failure: unknown): Promise<void> {
    const notice: RunNotice = { kind: "failed", error: failure };
    const telling = this.#listeners.map(async (listen) => listen(notice));
    await Promise.allSettled(telling);
  }

  #tell(notice: RunNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  /**
   * T4: an attempt that failed in doubt is thrown away whole, and the next one restores from the
   * log. It gives up where several fail one soon after the other.
   */
  async #runWithRestores(): Promise<RunSummary> {
    const { clock } = this.#environment;
    let isFirst = true;
    for (let restores = 0; ; restores += 1) {
      const startedAtMs = clock.monotonicMs();
      try {
        return await this.#runOnce(this.#settings.isFresh && isFirst);
      } catch (error) {
        isFirst = false;
        if (clock.monotonicMs() - startedAtMs > soonMs) restores = 0;
        const mayRetry = isMillraceError(error) && restorable.has(error.code);
        if (!mayRetry || restores >= restoresMax || this.#abort.signal.aborted) throw error;
        const delayMs = restoreDelayMs * 2 ** restores;
        this.#tell({ kind: "restarting", error, restart: restores + 1, delayMs });
        await clock.sleep(delayMs, this.#abort.signal);
      }
    }
  }

  async #runOnce(isFresh: boolean): Promise<RunSummary> {
    const { connectors, clock, log } = this.#environment;
    const context = { clock, signal: this.#abort.signal, log };
    try {
      const sources = await openSources(this.#plan, connectors, context);
      try {
        return await this.#runWithSources(sources, isFresh);
      } finally {
        await closeAll(sources.values());
      }
    } catch (error) {
      if (isMillraceError(error)) error.at({ pipeline: this.#plan.physical.pipeline });
      throw error;
    }
  }

  async #runWithSources(
    sources: ReadonlyMap<string, Source>,
    isFresh: boolean,
  ): Promise<RunSummary> {
    const { log, connectors } = this.#environment;
    const plan = this.#plan.physical;
    await createControlTopics(log, plan.pipeline);
    const topicSinks = await openTopicSinks(plan, connectors);
    const part = new GroupPart(this.#plan, this.#environment, { sources, topicSinks, isFresh });
    await part.open();
    try {
      for (;;) {
        const summary = await this.#runShare(part, { sources, topicSinks });
        if (summary !== undefined) return summary;
      }
    } finally {
      await part.close();
    }
  }

  /** Undefined when the share was taken back: there is another one. */
  async #runShare(part: GroupPart, opened: OpenedConnectors): Promise<RunSummary | undefined> {
    try {
      return await this.#takeShare(part, opened);
    } catch (error) {
      // Also before there is a share: a leader may be sent away while it prepares the generation.
      if (!part.isTakenOver(error)) throw error;
      return undefined;
    } finally {
      await part.giveUp();
    }
  }

  /** Joins, opens the tasks of the share, and runs them. Undefined as in `#runShare`. */
  async #takeShare(part: GroupPart, opened: OpenedConnectors): Promise<RunSummary | undefined> {
    const share = await part.join();
    const { log } = this.#environment;
    const { control, partitions, membership } = share;
    this.#tell({
      kind: "share-taken",
      generation: control.generation,
      groupGeneration: membership.generation,
      isContinued: share.isContinued,
      isLeader: share.isLeader,
      partitions,
      members: share.members.length,
    });
    const parts = await openParts({
      plan: this.#plan,
      environment: this.#environment,
      settings: this.#settings,
      membership,
      generation: control.generation,
      partitions,
      ...opened,
      sinks: share.sinks,
      topics: await topicsByName(log, opened.topicSinks),
      onNotice: this.#listeners.length === 0 ? undefined : (notice) => this.#tell(notice),
    });
    const stop = (): void => parts.stop();
    share.changed.addEventListener("abort", stop);
    let others: OtherRuns | undefined;
    try {
      others = await part.openOtherRuns(share, parts);
      const rowsReadBefore = rowsReadBy(parts.reports()) - this.#rowsReadHere;
      const attempt = { generation: share, parts, rowsReadBefore };
      this.#attempt = attempt;
      this.#running = parts;
      if (this.#abort.signal.aborted || share.changed.aborted) parts.stop();
      this.#tell({ kind: "running" });
      await parts.run();
      const isFinished = parts.isEnded && (await part.finish(share, others, this.#abort.signal));
      if (!isFinished && !this.#abort.signal.aborted) return undefined;
      const commits = parts.reports().reduce((sum, { counts }) => sum + counts.commits, 0);
      const outcome = isFinished ? "finished" : "stopped";
      return { ...this.#statusOf(attempt), outcome, commits };
    } finally {
      share.changed.removeEventListener("abort", stop);
      this.#running = undefined;
      const { rowsReadBefore = 0 } = this.#attempt ?? {};
      const reports = parts.reports();
      this.#rowsReadHere = rowsReadBy(reports) - rowsReadBefore;
      try {
        this.#tell({ kind: "share-ended", reports });
      } finally {
        await others?.close();
        await parts.close();
      }
    }
  }

  /** What is left to read of the topics that tasks here read. */
  async #lags(): Promise<TopicLag[]> {
    const { log } = this.#environment;
    const places = (this.#running?.reports() ?? []).flatMap(({ stage, logPlaces }) =>
      logPlaces.map((place) => ({ stage, ...place })),
    );
    const lag = async (place: Omit<TopicLag, "records">): Promise<TopicLag> => {
      const { end } = await log.bounds(place.topic, place.partition);
      return { ...place, records: Math.max(0, Number(end - place.next)) };
    };
    return Promise.all(places.map(lag));
  }

  #statusOf(attempt: Attempt): RunStatus {
    const { parts, generation, rowsReadBefore } = attempt;
    const plan = this.#plan.physical;
    const sums = sumReports(plan, parts.reports());
    return {
      pipeline: plan.pipeline,
      generation: generation.control.generation,
      isContinued: generation.isContinued,
      ...sums,
      rowsReadHere: sums.rowsRead - rowsReadBefore,
      elapsedMs: Math.round(this.#environment.clock.monotonicMs() - this.#startedAtMs),
    };
  }
}

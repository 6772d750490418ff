import {
  assert,
  isMillraceError,
  limits,
  type MillraceError,
  type Source,
  topicKind,
  type TopicSink,
} from "@millrace/core";
import { GroupPart, type TakenShare } from "./group/group-part.ts";
import type { OtherRuns } from "./group/other-runs.ts";
import { closeAll, openSources, openTopicSinks } from "./open-connectors.ts";
import { createControlTopics } from "./prepare-generation.ts";
import type { RunNotice } from "./run-notice.ts";
import type { TopicLag } from "./run-observer.ts";
import type { RunEnvironment, RunnablePlan, RunSettings } from "./run-options.ts";
import { isAborted } from "./signal.ts";
import type { GroupStatus, Restores, RunStatus, RunSummary } from "./run-status.ts";
import { topicsByName } from "./sink-topics.ts";
import { firstCommitsOf, sumReports } from "./sum-reports.ts";
import type { TaskReport } from "./task-report.ts";
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

/**
 * Whether a restore may help. Of a topic of the pipeline itself, records are removed when what has
 * come of them is committed: then somebody else has gone on with the task.
 */
function isRestorable({ code, params }: MillraceError): boolean {
  if (code !== "LOG_OFFSET_OUT_OF_RANGE") return restorable.has(code);
  return topicKind(String(params["topic"])) !== "records";
}

/** What a run has opened through its connectors, by id. */
interface OpenedConnectors {
  readonly sources: ReadonlyMap<string, Source>;
  readonly topicSinks: ReadonlyMap<string, TopicSink>;
}

/** Everything that one attempt has open. */
interface Attempt {
  readonly parts: RunParts;
  /** The last one that was taken. */
  share: TakenShare;
  /** Whether the group has other members, or may have. */
  readonly isShared: boolean;
  /** By earlier attempts. */
  readonly before: { readonly rowsRead: number; readonly restores: Restores };
  /** Whether the tasks of the first share are open. */
  isOpen: boolean;
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
  /** By the wall clock. */
  readonly #startedAt: number;
  /** The last one; undefined before the first. */
  #attempt: Attempt | undefined;
  /** The tasks of an attempt, until it ends. */
  #running: RunParts | undefined;
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
    this.#startedAt = environment.clock.now();
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
    this.#attempt?.parts.stop();
  }

  /** Now; undefined until the tasks are open. */
  status(): RunStatus | undefined {
    return this.#attempt?.isOpen === true ? this.#statusOf(this.#attempt) : undefined;
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
        return await this.#runOnce(isFirst);
      } catch (error) {
        isFirst = false;
        if (clock.monotonicMs() - startedAtMs > soonMs) restores = 0;
        const mayRetry = isMillraceError(error) && isRestorable(error);
        if (!mayRetry || restores >= restoresMax || this.#abort.signal.aborted) throw error;
        const delayMs = restoreDelayMs * 2 ** restores;
        this.#tell({ kind: "restarting", error, restart: restores + 1, delayMs });
        await clock.sleep(delayMs, this.#abort.signal);
      }
    }
  }

  async #runOnce(isFirst: boolean): Promise<RunSummary> {
    const { connectors, clock, log } = this.#environment;
    const context = { clock, signal: this.#abort.signal, log };
    try {
      const sources = await openSources(this.#plan, connectors, context);
      try {
        return await this.#runWithSources(sources, isFirst);
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
    isFirst: boolean,
  ): Promise<RunSummary> {
    const { log, connectors } = this.#environment;
    const plan = this.#plan.physical;
    await createControlTopics(log, plan.pipeline);
    const topicSinks = await openTopicSinks(plan, connectors);
    const { standbyCopies: copies = 0 } = this.#settings;
    const isFresh = this.#settings.isFresh && isFirst;
    const isAgain = this.#attempt !== undefined;
    const startedAtMs = this.#startedAt;
    const options = { sources, topicSinks, isFresh, isAgain, startedAtMs, copies };
    const part = new GroupPart(this.#plan, this.#environment, options);
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

  /** Undefined when everything was taken back: there is another share. */
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

  /** Joins, and runs the tasks of the share and of those that follow it. Undefined as before. */
  async #takeShare(part: GroupPart, opened: OpenedConnectors): Promise<RunSummary | undefined> {
    const share = await part.join();
    const context = {
      plan: this.#plan,
      environment: this.#environment,
      settings: this.#settings,
      membership: share.membership,
      generation: share.control.generation,
      ...opened,
      topics: await topicsByName(this.#environment.log, opened.topicSinks),
      onNotice:
        this.#listeners.length === 0 ? undefined : (notice: RunNotice): void => this.#tell(notice),
    };
    const { isShared } = part;
    const attempt = this.#begin({ parts: openParts(context, isShared), share, isShared });
    try {
      for (;;) {
        const next = await this.#runTasks(part, attempt);
        if (next === undefined || "outcome" in next) return next;
        attempt.share = next;
      }
    } finally {
      await this.#end(attempt);
    }
  }

  async #end({ parts }: Attempt): Promise<void> {
    this.#running = undefined;
    try {
      this.#tell({ kind: "share-ended", reports: parts.reports() });
    } finally {
      await parts.close();
    }
  }

  #tellShare({ control, groupGeneration, partitions, members, ...share }: TakenShare): void {
    this.#tell({
      kind: "share-taken",
      generation: control.generation,
      groupGeneration,
      isContinued: share.isContinued,
      isLeader: share.isLeader,
      partitions,
      members: members.length,
    });
  }

  #begin(attempt: Pick<Attempt, "parts" | "share" | "isShared">): Attempt {
    const before = hereSoFar(this.#attempt);
    this.#attempt = { ...attempt, before, isOpen: false };
    this.#running = attempt.parts;
    return this.#attempt;
  }

  /**
   * Runs the tasks of the attempt's share, until the group changes or there is no more to do.
   *
   * @returns the share that follows it, or what the run comes to; undefined as in `#runShare`
   */
  async #runTasks(part: GroupPart, attempt: Attempt): Promise<TakenShare | RunSummary | undefined> {
    const { parts, share } = attempt;
    const { signal } = this.#abort;
    this.#tellShare(share);
    const warmed = new AbortController();
    const changed = AbortSignal.any([share.changed, warmed.signal]);
    const hasToChange = (): boolean => parts.canChange && changed.aborted && !signal.aborted;
    const stop = (): void => parts.stop();
    if (!parts.canChange) changed.addEventListener("abort", stop);
    let others: OtherRuns | undefined;
    try {
      await parts.take(part.shareOfParts(share));
      others = await part.openOtherRuns(share, parts);
      if (signal.aborted || (changed.aborted && !parts.canChange)) parts.stop();
      const running = this.#runOpened(attempt);
      void whenWarm(attempt, AbortSignal.any([changed, signal]), () => warmed.abort());
      await (parts.canChange ? Promise.race([running, isAborted(changed)]) : running);
      if (!hasToChange()) {
        await running;
        const until = AbortSignal.any([changed, signal]);
        const isFinished = parts.isEnded && (await part.finish(share, others, until));
        if (isFinished || signal.aborted) return this.#summaryOf(attempt, isFinished);
      }
      const open = { held: parts.held, warm: parts.standbys.warm };
      return hasToChange() ? await part.joinAgain(share, open) : undefined;
    } finally {
      changed.removeEventListener("abort", stop);
      warmed.abort();
      await others?.close();
    }
  }

  /** Runs what was taken; its failure is for those who wait for it, or for the next who run it. */
  #runOpened(attempt: Attempt): Promise<void> {
    const told = this.#tellWhenOpen(attempt);
    const running = Promise.all([attempt.parts.run(), told]).then(() => undefined);
    running.catch(() => undefined);
    return running;
  }

  /** What fails to open has failed the run of the tasks. */
  async #tellWhenOpen(attempt: Attempt): Promise<void> {
    const { parts, share } = attempt;
    const [outcome] = await Promise.allSettled([parts.opened()]);
    if (outcome.status === "rejected") return;
    attempt.isOpen = true;
    if (attempt.share === share && this.#running === parts) this.#tell({ kind: "running" });
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

  #summaryOf(attempt: Attempt, isFinished: boolean): RunSummary {
    const reports = attempt.parts.reports();
    const commits = reports.reduce((sum, { counts }) => sum + counts.commits, 0);
    const outcome = isFinished ? "finished" : "stopped";
    return { ...this.#statusOf(attempt), outcome, commits };
  }

  #statusOf(attempt: Attempt): RunStatus {
    const { parts, share, isShared } = attempt;
    const plan = this.#plan.physical;
    const reports = parts.reports();
    const { rowsRead: rowsReadHere, restores } = hereSoFar(attempt);
    return {
      pipeline: plan.pipeline,
      generation: share.control.generation,
      isContinued: share.isContinued,
      ...sumReports(plan, reports),
      rowsReadHere,
      elapsedMs: Math.round(this.#environment.clock.monotonicMs() - this.#startedAtMs),
      restores,
      ...(isShared ? { group: groupStatusOf(share, parts.standbys, reports) } : {}),
    };
  }
}

/** What this process has done until the end of an attempt, or until now. */
function hereSoFar(attempt: Attempt | undefined): Attempt["before"] {
  if (attempt === undefined) return { rowsRead: 0, restores: { tasks: 0, bytes: 0 } };
  const { before, parts } = attempt;
  const { tasks, bytes } = parts.restores;
  return {
    rowsRead: before.rowsRead + parts.rowsReadHere,
    restores: { tasks: before.restores.tasks + tasks, bytes: before.restores.bytes + bytes },
  };
}

function groupStatusOf(
  share: TakenShare,
  standbys: GroupStatus["standbys"],
  reports: readonly TaskReport[],
): GroupStatus {
  const { groupGeneration, members, isLeader, changedAtMs, partitions } = share;
  return {
    generation: groupGeneration,
    members: members.length,
    isLeader,
    changedAtMs,
    partitions,
    standbys,
    firstCommits: firstCommitsOf(reports),
  };
}

/** Calls back when the tasks that the share has promised this run can be taken over. */
async function whenWarm(
  { parts, share }: Attempt,
  until: AbortSignal,
  callback: () => void,
): Promise<void> {
  const { awaited } = share;
  if (awaited.length === 0) return;
  await parts.areWarm(awaited, until);
  if (!until.aborted) callback();
}

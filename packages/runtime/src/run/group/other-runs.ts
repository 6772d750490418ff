import {
  type Clock,
  isMillraceError,
  type Log,
  type LogReader,
  type LogRecords,
  type LogWriter,
  type Offset,
  recordOffset,
  recordValue,
} from "@millrace/core";
import type { PhysicalPlan } from "@millrace/plan";
import { joinFronts, noFront, type SourceFront } from "../../watermark/source-front.ts";
import { connectedStages } from "../connected-stages.ts";
import { newsTopic } from "../control-record.ts";
import { ThreadBoard } from "../threads/thread-board.ts";
import { decodeNews, encodeNews, type RunNews } from "./run-news.ts";

/** How often news are told and heard. */
const newsEveryMs = 200;
const readBytesMax = 1024 * 1024;

/**
 * A run that has not told where it is: nobody waits for it, and nobody follows the others past it.
 */
const unknownFront: SourceFront = { ...noFront, time: -Infinity };

/** What the news are about. */
export interface OtherRunsOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly plan: PhysicalPlan;
  /** Of this process, with a place for the other runs. */
  readonly board: SharedArrayBuffer;
  /** The other runs' place on the board. */
  readonly place: number;
  readonly member: string;
  readonly members: readonly string[];
  readonly groupGeneration: number;
  readonly partitions: readonly number[];
  readonly isLeader: boolean;
  /** Called when nothing can be told or heard any more; `close` says why. */
  readonly onFailure: () => void;
}

/** The last news of a run, and where they stand. */
interface Heard {
  readonly news: RunNews;
  readonly at: Offset;
}

/**
 * The other runs of a pipeline, as far as tasks here need to know of them: where their sources are
 * in event time, so that idle partitions can follow and none runs ahead, and whether they have
 * ended. News go through a topic of the log; here the others are one more place on the board of
 * threads. Results do not depend on them: following is recorded where it happens.
 */
export class OtherRuns {
  readonly #options: OtherRunsOptions;
  readonly #board: ThreadBoard;
  readonly #groups: readonly string[];
  #writer: LogWriter;
  #reader: LogReader;
  readonly #heard = new Map<string, Heard>();
  readonly #closed = new AbortController();
  /** Aborted when there are news that should not wait. */
  #woken = new AbortController();
  #isEnded = false;
  #told = "";
  #working: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(options: OtherRunsOptions, writer: LogWriter, reader: LogReader) {
    this.#options = options;
    this.#writer = writer;
    this.#reader = reader;
    this.#board = new ThreadBoard(options.plan, options.board, options.place);
    this.#groups = [...new Set(connectedStages(options.plan.stages).values())];
  }

  /** Opens the topic of news and begins to tell and to hear. */
  static async open(options: OtherRunsOptions): Promise<OtherRuns> {
    const { log, plan } = options;
    const reader = await openNews(log, plan);
    const writer = await log.openAppender(newsTopic(plan.pipeline));
    const others = new OtherRuns(options, writer, reader);
    others.#publish();
    others.#working = others.#work();
    return others;
  }

  /** Whether every partition's tasks have ended, here and elsewhere, as far as is known. */
  get areAllEnded(): boolean {
    const { partitions, plan } = this.#options;
    const ended = new Set(this.#isEnded ? partitions : []);
    for (const { news } of this.#heard.values()) {
      if (news.isEnded) for (const partition of news.partitions) ended.add(partition);
    }
    return ended.size === plan.partitions;
  }

  /** All tasks here have ended: the others are told. */
  end(): void {
    this.#isEnded = true;
    this.#woken.abort();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#working;
    await this.#reader.close();
    await this.#writer.close();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    try {
      while (!this.#closed.signal.aborted) {
        await this.#tell();
        await this.#hear();
        this.#woken = new AbortController();
        const signal = AbortSignal.any([this.#closed.signal, this.#woken.signal]);
        await clock.sleep(newsEveryMs, signal);
      }
    } catch (error) {
      this.#failure = { error };
      this.#options.onFailure();
    }
  }

  async #tell(): Promise<void> {
    const { member, groupGeneration, partitions, plan } = this.#options;
    const fronts = Object.fromEntries(
      this.#groups.map((group) => [group, this.#board.frontOfOthers(group)]),
    );
    const isEnded = this.#isEnded;
    const bytes = encodeNews({ member, groupGeneration, partitions, isEnded, fronts });
    const text = new TextDecoder().decode(bytes);
    if (text === this.#told) return;
    this.#writer.append(newsTopic(plan.pipeline), 0, bytes);
    try {
      await this.#writer.commit();
      this.#told = text;
    } catch (error) {
      if (!isInDoubt(error)) throw error;
      // Whether they were told or not: they may be told twice.
      await this.#writer.close();
      this.#writer = await this.#options.log.openAppender(newsTopic(plan.pipeline));
    }
  }

  async #hear(): Promise<void> {
    const { groupGeneration, log, plan, isLeader } = this.#options;
    const records = await this.#read();
    if (records === undefined || records.count === 0) return;
    for (let index = 0; index < records.count; index += 1) {
      const news = decodeNews(recordValue(records, index));
      if (news.groupGeneration !== groupGeneration) continue;
      this.#heard.set(news.member, { news, at: recordOffset(records, index) });
    }
    this.#publish();
    const places = [...this.#heard.values()].map(({ at }) => at);
    if (!isLeader || places.length < this.#options.members.length) return;
    const oldest = places.reduce((least, at) => (at < least ? at : least));
    await log.truncate(newsTopic(plan.pipeline), 0, oldest);
  }

  /** Undefined: the leader has removed what comes next, as newer news of all runs are there. */
  async #read(): Promise<LogRecords | undefined> {
    const { log, plan } = this.#options;
    try {
      return await this.#reader.read(readBytesMax);
    } catch (error) {
      if (!isMillraceError(error) || error.code !== "LOG_OFFSET_OUT_OF_RANGE") throw error;
      await this.#reader.close();
      this.#reader = await openNews(log, plan);
      return undefined;
    }
  }

  /** Puts what is known of the others on the board. */
  #publish(): void {
    this.#board.publish(
      (group) => this.#frontOf(group),
      () => 0,
    );
    this.#board.ring("progress");
  }

  #frontOf(group: string): SourceFront {
    const { member, members } = this.#options;
    let front = noFront;
    for (const other of members) {
      if (other === member) continue;
      const told = this.#heard.get(other)?.news.fronts[group];
      front = joinFronts(front, told ?? unknownFront);
    }
    return front;
  }
}

/** A reader of all news that are still there. */
async function openNews(log: Log, plan: PhysicalPlan): Promise<LogReader> {
  const topic = newsTopic(plan.pipeline);
  const { start } = await log.bounds(topic, 0);
  return log.openReader(topic, 0, start);
}

function isInDoubt(error: unknown): boolean {
  if (!isMillraceError(error)) return false;
  return error.code === "LOG_COMMIT_INDEFINITE" || error.code === "LOG_COMMIT_ABORTED";
}

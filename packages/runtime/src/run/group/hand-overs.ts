import {
  type Clock,
  isMillraceError,
  type Log,
  type LogReader,
  type LogRecords,
  recordValue,
} from "@millrace/core";
import { newsTopic } from "../control-record.ts";
import { isAborted, Signal } from "../signal.ts";
import { decodeNews } from "./run-news.ts";

/** Who has not let go by then is sent away: what it commits later fails. */
const waitMaxMs = 10_000;
const pollMs = 20;
const readBytesMax = 1024 * 1024;

/** What is handed over in a generation of a group, and where that is told. */
export interface HandOverOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly pipeline: string;
  readonly groupGeneration: number;
  /** By partition, the member that had it open when the generation began. */
  readonly from: Readonly<Record<string, string>>;
  /** The group has changed: nothing is waited for any more. */
  readonly changed: AbortSignal;
}

/**
 * Waits until members have let go of partitions that are this run's now: they tell first of a
 * generation when they have committed and closed what they have lost in it. One that does not tell
 * loses its membership, which changes the group: what it has open cannot be committed then, and
 * nobody takes it over before (L3).
 */
export class HandOvers {
  readonly #options: HandOverOptions;
  readonly #waitingFor: Set<string>;
  readonly #heard = new Signal();
  #reading: Promise<void> | undefined;

  constructor(options: HandOverOptions) {
    this.#options = options;
    this.#waitingFor = new Set(Object.values(options.from));
  }

  /**
   * @returns false when the group has changed before
   * @throws what reading the news fails with
   */
  async handedOver(partition: number): Promise<boolean> {
    const { from, changed } = this.#options;
    const member = from[partition];
    if (member === undefined) return !changed.aborted;
    const reading = (this.#reading ??= this.#read());
    // It may fail when nobody waits any more.
    reading.catch(() => undefined);
    while (this.#waitingFor.has(member) && !changed.aborted) {
      await Promise.race([this.#heard.wait(), reading]);
    }
    return !changed.aborted;
  }

  async #read(): Promise<void> {
    const { clock, log, changed } = this.#options;
    const ended = new AbortController();
    const until = clock.monotonicMs() + waitMaxMs;
    let reader = await this.#open();
    log.onArrival?.(() => this.#heard.notify(), ended.signal);
    try {
      while (this.#waitingFor.size > 0 && !changed.aborted && clock.monotonicMs() < until) {
        const records = await readNews(reader);
        if (records === undefined) {
          await reader.close();
          reader = await this.#open();
        } else if (records.count > 0) this.#take(records);
        else await Promise.race([this.#heard.wait(), clock.sleep(pollMs, changed)]);
      }
      if (this.#waitingFor.size > 0) await this.#sendAway();
    } finally {
      ended.abort();
      this.#heard.notify();
      await reader.close();
    }
  }

  async #sendAway(): Promise<void> {
    const { log, pipeline, changed } = this.#options;
    if (changed.aborted) return;
    for (const member of this.#waitingFor) await log.removeMember?.(pipeline, member);
    await isAborted(changed);
  }

  #take(records: LogRecords): void {
    for (let index = 0; index < records.count; index += 1) {
      const { member, groupGeneration } = decodeNews(recordValue(records, index));
      if (groupGeneration >= this.#options.groupGeneration) this.#waitingFor.delete(member);
    }
    this.#heard.notify();
  }

  async #open(): Promise<LogReader> {
    const { log, pipeline } = this.#options;
    const topic = newsTopic(pipeline);
    const { start } = await log.bounds(topic, 0);
    return log.openReader(topic, 0, start);
  }
}

/** Undefined: what comes next has been removed, as there are newer news of all runs. */
async function readNews(reader: LogReader): Promise<LogRecords | undefined> {
  try {
    return await reader.read(readBytesMax);
  } catch (error) {
    if (!isMillraceError(error) || error.code !== "LOG_OFFSET_OUT_OF_RANGE") throw error;
    return undefined;
  }
}

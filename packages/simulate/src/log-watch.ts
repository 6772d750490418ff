import type { CommittedRecord } from "@millrace/log/simulated";
import type { Clock } from "@millrace/core";
import { decodeDeadLetters, decodeEdgeRecord } from "@millrace/runtime";

/** A busy task commits every 400 ms at most; restarts within the time come on top. */
const paceMs = 4_000;
const commitsMax = 14;

/** Looks at every committed record of a simulation. */
export class LogWatch {
  /** What was found wrong. */
  readonly problems: string[] = [];
  readonly #clock: Clock;
  readonly #busyTopics: readonly string[];
  /** Of each upstream task, by edge. */
  readonly #watermarks = new Map<string, number>();
  /** Of the newest topic. */
  #letters: { readonly topicId: string; readonly texts: string[] } = { topicId: "", texts: [] };
  /** Times of the last commits of busy tasks, by changelog. */
  readonly #commits = new Map<string, number[]>();

  /** @param busyStages as `Scenario.busyStages` */
  constructor(clock: Clock, busyStages: readonly string[]) {
    this.#clock = clock;
    this.#busyTopics = busyStages.map((stage) => `.${stage}.changelog`);
  }

  /** Codes and raw records of all dead letters, sorted. */
  get deadLetters(): readonly string[] {
    return this.#letters.texts.toSorted();
  }

  take(record: CommittedRecord): void {
    const { topic } = record;
    if (topic.endsWith(".repartition") || topic.endsWith(".sink")) this.#takeEdge(record);
    else if (topic.endsWith(".dead-letters")) this.#takeLetters(record);
    else if (this.#busyTopics.some((end) => topic.endsWith(end))) this.#takeCommit(record);
  }

  #takeEdge({ topic, topicId, partition, value }: CommittedRecord): void {
    const edge = decodeEdgeRecord(value);
    if (edge.kind !== "watermark") return;
    const name = `${topic}/${partition} from ${edge.task}`;
    const before = this.#watermarks.get(`${topicId} ${name}`) ?? -Infinity;
    if (edge.watermark < before) {
      this.problems.push(`the watermark of ${name} went back from ${before} to ${edge.watermark}`);
    }
    this.#watermarks.set(`${topicId} ${name}`, edge.watermark);
  }

  #takeLetters({ topicId, value }: CommittedRecord): void {
    if (this.#letters.topicId !== topicId) this.#letters = { topicId, texts: [] };
    const texts = decodeDeadLetters(value).map(({ code, raw }) => `${code} ${raw}`);
    this.#letters.texts.push(...texts);
  }

  /** A task's transaction has several records in its changelog, at the same time. */
  #takeCommit({ topic, topicId, partition }: CommittedRecord): void {
    const name = `${topicId} ${topic}/${partition}`;
    const nowMs = this.#clock.monotonicMs();
    const times = (this.#commits.get(name) ?? []).filter((at) => at > nowMs - paceMs);
    if (times.at(-1) !== nowMs) times.push(nowMs);
    this.#commits.set(name, times);
    if (times.length !== commitsMax + 1) return;
    this.problems.push(`${topic}/${partition} commits too often: T5`);
  }
}

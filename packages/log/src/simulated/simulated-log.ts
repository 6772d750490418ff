import {
  assert,
  type Clock,
  type Group,
  type GroupMembership,
  type GroupOptions,
  type Log,
  type LogReader,
  type LogWriter,
  millraceError,
  type Offset,
  type Random,
  seededRandom,
  systemClock,
  topicKind,
  type TopicInfo,
  type TopicSpec,
} from "@millrace/core";
import { openAppender } from "../embedded/open-appender.ts";
import { SoleGroup } from "../embedded/sole-group.ts";
import { type FaultKind, type FaultPlan, noFaults } from "./faults.ts";
import { type RecordListener, SimulatedCluster } from "./simulated-cluster.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import type { PartitionRead, SimulatedPartition } from "./simulated-partition.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { SimulatedReader } from "./simulated-reader.ts";
import { SimulatedWriter } from "./simulated-writer.ts";

/** How often a process asks again whether what it has committed can be read. */
const retryMs = 2;
const marksMaxMs = 30_000;

/**
 * A log in memory that behaves as one on Kafka does, as one process sees it: marks take offsets,
 * what others have open holds readers back, and anything can go wrong at any request.
 */
export class SimulatedLog implements Log {
  readonly process: SimulatedProcess;
  readonly #cluster: SimulatedCluster;
  /** What this process has committed must be in what it reads: ends of partitions. */
  readonly #committed = new Map<SimulatedPartition, Offset>();

  constructor(cluster: SimulatedCluster, process: SimulatedProcess) {
    this.#cluster = cluster;
    this.process = process;
  }

  /** The same log as another process sees it. */
  openIn(name: string): SimulatedLog {
    return new SimulatedLog(this.#cluster, new SimulatedProcess(this.process.network, name));
  }

  /** @throws LOG_TOPIC_MISMATCH */
  createTopic(spec: TopicSpec): Promise<void> {
    return this.#ask(`create ${spec.name}`, () => this.#cluster.createTopic(spec));
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    const request = { kind: "delete", name: "delete topics" } as const;
    return this.process.request(request, () => this.#cluster.deleteTopics(names));
  }

  topics(): Promise<readonly TopicInfo[]> {
    return this.#ask("topics", () => this.#cluster.topics);
  }

  joinGroup(group: string): Promise<GroupMembership> {
    return this.#ask(`join ${group}`, () => this.#cluster.beginGeneration(group));
  }

  async openGroup(options: GroupOptions): Promise<Group> {
    return new SoleGroup(this, options);
  }

  /** @throws LOG_GENERATION_STALE */
  async openWriter(id: string, membership: GroupMembership): Promise<LogWriter> {
    const cluster = this.#cluster;
    const { process } = this;
    const request = { kind: "open", name: `open ${id}` } as const;
    const opened = await process.request(request, async () => {
      cluster.checkGeneration(membership);
      const { epoch, marked } = cluster.openProducer(id);
      await marked;
      return epoch;
    });
    return new SimulatedWriter({
      cluster,
      process,
      id,
      epoch: opened,
      membership,
      onCommitted: (partition) => this.#noteCommitted(partition),
    });
  }

  async openAppender(): Promise<LogWriter> {
    return openAppender(this);
  }

  /** @throws LOG_TOPIC_UNKNOWN */
  async bounds(topic: string, partition: number): Promise<{ start: Offset; end: Offset }> {
    const sinceMs = this.process.clock.monotonicMs();
    for (;;) {
      const [found, bounds] = await this.#boundsNow(topic, partition);
      if (bounds.end >= (this.#committed.get(found) ?? 0n)) return bounds;
      const waitedMs = Math.round(this.process.clock.monotonicMs() - sinceMs);
      if (waitedMs > marksMaxMs) {
        const error = "the marks of a committed transaction do not appear";
        throw millraceError("KAFKA_NOT_READY", { request: "bounds", error, waitedMs });
      }
      await this.process.clock.sleep(retryMs);
    }
  }

  /** @throws LOG_TOPIC_UNKNOWN; `read` of the reader LOG_OFFSET_OUT_OF_RANGE, LOG_CORRUPT */
  async openReader(topic: string, partition: number, from: Offset): Promise<LogReader> {
    const opened = this.#cluster.topic(topic);
    const request = { kind: "read", name: `read ${topic}/${partition}` } as const;
    const read = (at: Offset, bytesMax: number): Promise<PartitionRead> =>
      this.process.request(request, (fault) => {
        this.#cluster.expire();
        const found = partitionOf(this.#cluster.topic(topic, opened), partition);
        if (fault !== undefined) damage(found, at, fault.kind, this.process.network.random);
        return found.read(at, bytesMax);
      });
    return new SimulatedReader(from, read);
  }

  /** @throws LOG_TOPIC_UNKNOWN, LOG_OFFSET_OUT_OF_RANGE when `before` is past the end */
  truncate(topic: string, partition: number, before: Offset): Promise<void> {
    const request = { kind: "truncate", name: `truncate ${topic}/${partition}` } as const;
    return this.process.request(request, () =>
      partitionOf(this.#cluster.topic(topic), partition).truncate(before),
    );
  }

  async close(): Promise<void> {}

  async #boundsNow(
    topic: string,
    partition: number,
  ): Promise<[SimulatedPartition, { start: Offset; end: Offset }]> {
    const request = { kind: "bounds", name: `bounds ${topic}/${partition}` } as const;
    return this.process.request(request, (fault) => {
      this.#cluster.expire();
      const found = partitionOf(this.#cluster.topic(topic), partition);
      if (fault?.kind === "lose-progress" && topicKind(topic) === "changelog") found.empty();
      return [found, found.bounds];
    });
  }

  #noteCommitted(partition: SimulatedPartition): void {
    this.#committed.set(partition, partition.end);
  }

  #ask<Value>(name: string, effect: () => Value): Promise<Value> {
    return this.process.request({ kind: "admin", name }, effect);
  }
}

function partitionOf(
  topic: { readonly partitions: readonly SimulatedPartition[] },
  partition: number,
): SimulatedPartition {
  const found = topic.partitions[partition];
  assert(found !== undefined, "a partition's index is below the topic's number of partitions");
  return found;
}

/** What a disk, or an operator's hand, does to records that are about to be read. */
function damage(partition: SimulatedPartition, at: Offset, kind: FaultKind, random: Random): void {
  if (kind === "flip-bit") {
    partition.damage(at, (value) => {
      const bit = Math.floor(random.next() * value.length * 8);
      value[bit >> 3] = (value[bit >> 3] as number) ^ (1 << (bit & 7));
      return value;
    });
  } else if (kind === "tear-record") {
    partition.damage(at, (value) => value.subarray(0, Math.floor(random.next() * value.length)));
  } else if (kind === "lose-prefix" && topicKind(partition.topic) !== "control") {
    const { end } = partition.bounds;
    if (at < end) partition.truncate(end);
  }
}

/** How a simulated log behaves; every part has a default. */
export interface SimulatedLogOptions {
  /** What delays and time-outs are waited for by. Default: the machine's. */
  readonly clock?: Clock;
  /** Default: nothing goes wrong. */
  readonly faults?: FaultPlan;
  /** Draws what a request and its answer take, in ms each. Default: no time at all. */
  readonly wayMs?: () => number;
  readonly random?: Random;
  /** Hears of each request and of what came of it. */
  readonly trace?: (line: string) => void;
  /** Hears of each committed record. */
  readonly onRecord?: RecordListener;
}

/**
 * Opens a new, empty log in memory that behaves as one on Kafka does, with the faults that it is
 * given. What it gives is the log as a first process sees it; `openIn` gives it to others, and
 * `process` dies and stalls.
 */
export function openSimulatedLog(options: SimulatedLogOptions = {}): SimulatedLog {
  const { clock = systemClock, faults = noFaults, random = seededRandom(1) } = options;
  const { wayMs, trace, onRecord } = options;
  const network = new SimulatedNetwork({ clock, faults, random, wayMs, trace });
  const cluster = new SimulatedCluster(network, onRecord);
  return new SimulatedLog(cluster, new SimulatedProcess(network, "first"));
}

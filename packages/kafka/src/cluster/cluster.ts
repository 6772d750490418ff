import { type Clock, millraceError } from "@millrace/core";
import type { KafkaApi } from "../requests/api.ts";
import type { PartitionError, TopicPartition } from "../requests/by-topic.ts";
import { type CoordinatorKind, findCoordinator } from "../requests/find-coordinator.ts";
import { isRetriable, kafkaError } from "../requests/kafka-errors.ts";
import { metadata } from "../requests/metadata.ts";
import { type KafkaAddress, type KafkaOptions, parseAddress } from "../transport/options.ts";
import { SocketTransport } from "../transport/socket-transport.ts";
import type { KafkaLane, KafkaTransport } from "../transport/transport.ts";
import { type CallOptions, Negotiation } from "./negotiation.ts";
import {
  type Attempt,
  isConnectionError,
  refusedByKafka,
  retryDelayMs,
  retrying,
} from "./retry.ts";
import { type KafkaNode, type KafkaTopic, type PartitionLeader, Topology } from "./topology.ts";

/** How long an answer to a control request may take. */
const controlTimeoutMs = 10_000;
/** How long requests are repeated while Kafka asks for it. */
const waitDefaultMs = 30_000;
/** How long a topic may be unknown to the broker that is asked, after it was made. */
const unknownTopicWaitMs = 2_000;

/**
 * A Kafka cluster: which broker leads which partition or coordinates whom, and requests to them.
 * What is known is kept and asked again when a broker says that it has changed.
 */
export class KafkaCluster {
  readonly clock: Clock;
  private readonly transport: KafkaTransport;
  private readonly negotiation: Negotiation;
  private readonly seeds: readonly KafkaAddress[];
  private readonly topology = new Topology();
  private readonly coordinators = new Map<string, KafkaNode>();
  private refreshing: Promise<void> | undefined;
  private readonly wanted = new Set<string>();

  private constructor(seeds: readonly KafkaAddress[], transport: KafkaTransport, clock: Clock) {
    this.seeds = seeds;
    this.transport = transport;
    this.negotiation = new Negotiation(transport);
    this.clock = clock;
  }

  /**
   * Connects and asks for the brokers.
   *
   * @throws KAFKA_OPTIONS_INVALID, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION_FAILED,
   *   KAFKA_BROKER_TOO_OLD
   */
  static async connect(
    options: KafkaOptions,
    clock: Clock,
    transport: KafkaTransport = new SocketTransport(options, clock),
  ): Promise<KafkaCluster> {
    const seeds = options.brokers.map(parseAddress);
    if (seeds.length === 0) {
      throw millraceError("KAFKA_OPTIONS_INVALID", { problem: "no broker is given" });
    }
    const cluster = new KafkaCluster(seeds, transport, clock);
    try {
      await cluster.refresh();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** The brokers as last seen. */
  brokers(): readonly KafkaNode[] {
    return this.topology.brokers();
  }

  /** All topics, asked anew. */
  async topics(): Promise<readonly KafkaTopic[]> {
    const answer = await this.askAny("Metadata", async (broker) => ({
      error: 0,
      value: await this.control(broker, metadata, {}),
    }));
    this.topology.update(answer, true);
    return this.topology.topics();
  }

  /** Asks for the brokers and for the leaders of all topics in use. */
  refresh(): Promise<void> {
    this.refreshing ??= this.fetchMetadata().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  /**
   * The leader of a partition, asked for when it is not known.
   *
   * @throws LOG_TOPIC_UNKNOWN when there is no such topic or partition
   * @throws KAFKA_NOT_READY when the partition stays without a leader
   */
  async leaderOf(topic: string, partition: number): Promise<PartitionLeader> {
    const start = this.clock.monotonicMs();
    this.wanted.add(topic);
    for (let attempt = 0; ; attempt++) {
      const leader = this.topology.leaderOf(topic, partition);
      if (leader !== undefined) return leader;
      if (attempt > 0) await this.clock.sleep(retryDelayMs(attempt));
      await this.refresh();
      const waitedMs = this.clock.monotonicMs() - start;
      const place = this.topology.topic(topic)?.partitions.find((p) => p.partition === partition);
      if (place === undefined && waitedMs > unknownTopicWaitMs) {
        this.wanted.delete(topic);
        throw millraceError("LOG_TOPIC_UNKNOWN", { topic });
      }
      if (waitedMs > waitDefaultMs) {
        const error = "LEADER_NOT_AVAILABLE";
        throw millraceError("KAFKA_NOT_READY", { request: "Metadata", error, waitedMs });
      }
    }
  }

  /**
   * The coordinator of a group or of a transactional id, asked for when it is not known.
   *
   * @throws KAFKA_NOT_READY when there is none for `waitMs`
   */
  async coordinator(
    kind: CoordinatorKind,
    key: string,
    waitMs: number = waitDefaultMs,
  ): Promise<KafkaNode> {
    const name = `${kind} ${key}`;
    const known = this.coordinators.get(name);
    if (known !== undefined) return known;
    const found = await this.askAny(
      findCoordinator.name,
      async (broker) => {
        const [answer] = await this.control(broker, findCoordinator, { kind, key });
        if (answer === undefined) return { error: -1, value: undefined };
        const { error, nodeId, host, port } = answer;
        const message = `${kafkaError(error).text} (${key})`;
        return { error, message, value: { nodeId, host, port } };
      },
      waitMs,
    );
    if (found === undefined) throw refusedByKafka("FindCoordinator", kafkaError(-1));
    this.coordinators.set(name, found);
    return found;
  }

  /** Asks no more for the leaders of topics that are gone. */
  forgetTopics(names: readonly string[]): void {
    for (const name of names) {
      this.wanted.delete(name);
      this.topology.forget(name);
    }
  }

  /** A topic as last seen. */
  knownTopic(name: string): KafkaTopic | undefined {
    return this.topology.topic(name);
  }

  /** Forgets a coordinator that says it is none, or does not answer. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.coordinators.delete(`${kind} ${key}`);
  }

  /** The level of a feature that the cluster has switched on; 0 when it has not. */
  async featureLevel(broker: KafkaAddress, feature: string): Promise<number> {
    return (await this.negotiation.offer(broker)).features.get(feature) ?? 0;
  }

  /** The newest version of a request that the broker offers; −1: it does not know it. */
  async offeredVersion(broker: KafkaAddress, api: KafkaApi<never, unknown>): Promise<number> {
    return (await this.negotiation.offer(broker)).versions.get(api.key)?.max ?? -1;
  }

  /**
   * Sends a request once, in the newest version that both sides know.
   *
   * @throws KAFKA_CONNECTION_LOST when the broker may or may not have acted on it
   * @throws KAFKA_UNREACHABLE when nothing was sent
   */
  call<Request, Answer>(
    broker: KafkaAddress,
    api: KafkaApi<Request, Answer>,
    request: Request,
    options: CallOptions,
  ): Promise<Answer> {
    return this.negotiation.call(broker, api, request, options);
  }

  /** Repeats a request to a coordinator, which is looked for again when it has moved. */
  async askCoordinator<Value>(
    kind: CoordinatorKind,
    key: string,
    options: { readonly request: string; readonly waitMs?: number },
    attempt: (coordinator: KafkaNode) => Promise<Attempt<Value>>,
  ): Promise<Value> {
    const onMoved = async (): Promise<void> => this.forgetCoordinator(kind, key);
    const retry = { request: options.request, waitMs: options.waitMs ?? waitDefaultMs, onMoved };
    return retrying(this.clock, retry, async () => attempt(await this.coordinator(kind, key)));
  }

  /** Repeats a request that any broker answers; one that is out of reach is left out. */
  async askAny<Value>(
    request: string,
    attempt: (broker: KafkaAddress) => Promise<Attempt<Value>>,
    waitMs: number = waitDefaultMs,
  ): Promise<Value> {
    return retrying(this.clock, { request, waitMs }, () => this.tryBrokers(attempt));
  }

  /**
   * Asks the leaders of partitions, all at once, and again those that have moved or are not ready.
   * Results are in the order of the entries.
   *
   * @throws KAFKA_REQUEST_REFUSED at the first partition for which it will not succeed
   */
  async askLeaders<Entry extends TopicPartition, Result extends PartitionError>(
    entries: readonly Entry[],
    options: { readonly request: string; readonly waitMs?: number },
    ask: (leader: PartitionLeader, entries: readonly Entry[]) => Promise<readonly Result[]>,
  ): Promise<readonly Result[]> {
    const results = new Map<string, Result>();
    let left = entries;
    const retry = { waitMs: waitDefaultMs, ...options, onMoved: () => this.refresh() };
    await retrying(this.clock, retry, async () => {
      const round = await this.askLeadersOnce(left, ask);
      for (const result of round.done) results.set(nameOf(result), result);
      left = round.left;
      return { error: round.error, message: round.message ?? null, value: undefined };
    });
    return entries.map((entry) => results.get(nameOf(entry)) as Result);
  }

  /** A request to one broker on the lane for control requests, sent once. */
  control<Request, Answer>(
    broker: KafkaAddress,
    api: KafkaApi<Request, Answer>,
    request: Request,
    lane: KafkaLane = "control",
  ): Promise<Answer> {
    return this.call(broker, api, request, { lane, timeoutMs: controlTimeoutMs });
  }

  /**
   * Takes the memory of an answer back, of which these bytes are a view: nobody may read any of it
   * from now on. It need not be given back.
   */
  giveBack(bytes: Uint8Array): void {
    this.transport.giveBack?.(bytes);
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  private async askLeadersOnce<Entry extends TopicPartition, Result extends PartitionError>(
    entries: readonly Entry[],
    ask: (leader: PartitionLeader, entries: readonly Entry[]) => Promise<readonly Result[]>,
  ): Promise<LeadersRound<Entry, Result>> {
    const groups = new Map<number, { leader: PartitionLeader; entries: Entry[] }>();
    for (const entry of entries) {
      const leader = await this.leaderOf(entry.topic, entry.partition);
      const group = groups.get(leader.nodeId);
      if (group === undefined) groups.set(leader.nodeId, { leader, entries: [entry] });
      else group.entries.push(entry);
    }
    // All have to be over before an error is passed on: whoever gets it may do what must not
    // overtake them.
    const settled = await Promise.allSettled(
      [...groups.values()].map((group) => this.askLeader(group.leader, group.entries, ask)),
    );
    const answers = settled.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
    return {
      done: answers.flatMap(({ done }) => done),
      left: answers.flatMap(({ left }) => left),
      ...worstOf(answers),
    };
  }

  private async askLeader<Entry extends TopicPartition, Result extends PartitionError>(
    leader: PartitionLeader,
    entries: Entry[],
    ask: (leader: PartitionLeader, entries: readonly Entry[]) => Promise<readonly Result[]>,
  ): Promise<LeadersRound<Entry, Result>> {
    const results = await ask(leader, entries).catch((error: unknown) => {
      if (isConnectionError(error)) return undefined;
      throw error;
    });
    // 13 is NETWORK_EXCEPTION: the leader may have changed.
    if (results === undefined) return { done: [], left: entries, error: 13 };
    checkComplete(entries, results);
    const failed = results.filter(({ error }) => error !== 0);
    const names = new Set(failed.map(nameOf));
    return {
      done: results.filter(({ error }) => error === 0),
      left: entries.filter((entry) => names.has(nameOf(entry))),
      ...worstOf(failed.map(failedAt)),
    };
  }

  private async tryBrokers<Value>(
    attempt: (broker: KafkaAddress) => Promise<Attempt<Value>>,
  ): Promise<Attempt<Value>> {
    const brokers = [...this.topology.brokers(), ...this.seeds];
    let last: unknown;
    for (const broker of brokers) {
      try {
        return await attempt(broker);
      } catch (error) {
        if (!isConnectionError(error)) throw error;
        last = error;
      }
    }
    throw last;
  }

  private async fetchMetadata(): Promise<void> {
    const topics = [...this.wanted];
    const { value } = await this.tryBrokers(async (broker) => ({
      error: 0,
      value: await this.control(broker, metadata, { topics }),
    }));
    this.topology.update(value, false);
  }
}

/** A partition without an answer must not pass for one that succeeded. */
function checkComplete(
  entries: readonly TopicPartition[],
  results: readonly TopicPartition[],
): void {
  const answered = new Set(results.map(nameOf));
  const missing = entries.find((entry) => !answered.has(nameOf(entry)));
  if (missing === undefined) return;
  const problem = `${nameOf(missing)} is missing in it`;
  throw millraceError("KAFKA_ANSWER_INVALID", { request: "a request", problem });
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** An error of a partition, and in which one. */
interface Failed {
  readonly error: number;
  readonly message?: string | undefined;
}

/** How far a round of questions to leaders came. */
interface LeadersRound<Entry, Result> extends Failed {
  readonly done: readonly Result[];
  readonly left: readonly Entry[];
}

/** What Kafka says of a partition. */
function failedAt({ topic, partition, error }: TopicPartition & { error: number }): Failed {
  return { error, message: `${kafkaError(error).text} (${topic}[${partition}])` };
}

/** One that ends the attempts before one that does not, a moved leader before a wait. */
function worstOf(all: readonly Failed[]): Failed {
  const failures = all.filter(({ error }) => error !== 0);
  const final = failures.find(({ error }) => !isRetriable(kafkaError(error)));
  const moved = failures.find(({ error }) => kafkaError(error).meaning === "moved");
  const { error = 0, message } = final ?? moved ?? failures[0] ?? {};
  return { error, message };
}

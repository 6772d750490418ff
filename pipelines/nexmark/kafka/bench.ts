import type { Log } from "@millrace/core";
import { openKafkaLog } from "millrace/log";
import { type Cluster, ownCluster } from "../../../dev/services/services.mjs";
import { fillTopics, topicsOf } from "./fill-topics.ts";
import type { TopicFormat } from "./kafka-pipeline.ts";
import { KafkaProxy } from "./proxy/kafka-proxy.ts";

/** Kafka, with a data set in topics. */
export interface Bench {
  /** Ours to kill; absent where somebody else's is used. */
  readonly cluster: Cluster | undefined;
  /** Between a cluster of one node and all clients. */
  readonly proxy: KafkaProxy | undefined;
  /** What clients are given: `host:port,…` */
  readonly brokers: string;
  readonly log: Log;
  /** Before the names of the topics that hold the data set; they are filled the first time. */
  input(format: TopicFormat): Promise<string>;
  close(): Promise<void>;
}

/**
 * Starts a cluster of one node behind a proxy, or of three of which two must have each record.
 *
 * @param directory of the data set, which has a file for each partition
 */
export async function openBench(nodes: 1 | 3, directory: string): Promise<Bench> {
  const proxy = nodes === 1 ? await KafkaProxy.open() : undefined;
  const cluster = await ownCluster({ nodes, settings: settingsBehind(proxy) });
  const bench = await benchOf(cluster, proxy, directory);
  return {
    ...bench,
    async close() {
      await bench.close();
      await proxy?.close();
      await cluster.close();
    },
  };
}

/** What a broker must be told, so that it leads all clients to the proxy. */
export function settingsBehind(proxy: KafkaProxy | undefined): Readonly<Record<string, string>> {
  return proxy === undefined ? {} : { "advertised.listeners": `PLAINTEXT://${proxy.address}` };
}

/** Uses a cluster that runs, and ends with it. */
export async function benchOf(
  cluster: Cluster,
  proxy: KafkaProxy | undefined,
  directory: string,
): Promise<Bench> {
  proxy?.leadTo(cluster.brokers[0] as string);
  const brokers = proxy?.address ?? cluster.brokers.join(",");
  const topics = await Topics.open(brokers, directory);
  const { log } = topics;
  const close = (): Promise<void> => log.close();
  return { cluster, proxy, brokers, log, input: (format) => topics.of(format), close };
}

/** Uses brokers that somebody else has started; the topics are deleted at the end. */
export async function connectBench(brokers: string, directory: string): Promise<Bench> {
  const topics = await Topics.open(brokers, directory);
  return {
    cluster: undefined,
    proxy: undefined,
    brokers,
    log: topics.log,
    input: (format) => topics.of(format),
    async close() {
      await topics.delete();
      await topics.log.close();
    },
  };
}

/** The data set's topics, one set for each format. */
class Topics {
  readonly log: Log;
  readonly #directory: string;
  readonly #filled = new Map<TopicFormat, Promise<string>>();

  private constructor(log: Log, directory: string) {
    this.log = log;
    this.#directory = directory;
  }

  static async open(brokers: string, directory: string): Promise<Topics> {
    return new Topics(await openKafkaLog({ brokers: brokers.split(",") }), directory);
  }

  of(format: TopicFormat): Promise<string> {
    const filling = this.#filled.get(format) ?? this.#fill(format);
    this.#filled.set(format, filling);
    return filling;
  }

  async delete(): Promise<void> {
    for (const filling of this.#filled.values())
      await this.log.deleteTopics(topicsOf(await filling));
  }

  async #fill(format: TopicFormat): Promise<string> {
    const prefix = `nexmark-${process.pid}.${format}`;
    await fillTopics(this.log, { directory: this.#directory, prefix, format });
    return prefix;
  }
}

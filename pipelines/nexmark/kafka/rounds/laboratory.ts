import type { Log } from "@millrace/core";
import { openKafkaLog } from "millrace/log";
import { type Cluster, ownCluster } from "../../../../dev/services/services.mjs";
import { fillTopics } from "../fill-topics.ts";
import type { TopicFormat } from "../kafka-pipeline.ts";
import { KafkaProxy } from "../proxy/kafka-proxy.ts";

/** A cluster of our own, with the data set in topics. */
export interface Bench {
  readonly cluster: Cluster;
  /** Between it and all clients, where it has one node. */
  readonly proxy: KafkaProxy | undefined;
  /** What clients are given. */
  readonly brokers: string;
  readonly log: Log;
  /** Before the names of the topics of a format. */
  input(format: TopicFormat): Promise<string>;
  close(): Promise<void>;
}

/** Starts one node behind a proxy, or three of which two must have each record. */
export async function openBench(nodes: 1 | 3, directory: string): Promise<Bench> {
  const proxy = nodes === 1 ? await KafkaProxy.open() : undefined;
  const settings: Record<string, string> =
    proxy === undefined ? {} : { "advertised.listeners": `PLAINTEXT://${proxy.address}` };
  const cluster = await ownCluster({ nodes, settings });
  proxy?.leadTo(cluster.brokers[0] as string);
  const brokers = proxy?.address ?? cluster.brokers.join(",");
  const log = await openKafkaLog({ brokers: brokers.split(",") });
  const filled = new Map<TopicFormat, Promise<string>>();
  const fill = async (format: TopicFormat): Promise<string> => {
    const prefix = `nexmark.${format}`;
    await fillTopics(log, { directory, prefix, format });
    return prefix;
  };
  return {
    cluster,
    proxy,
    brokers,
    log,
    input(format) {
      const filling = filled.get(format) ?? fill(format);
      filled.set(format, filling);
      return filling;
    },
    async close() {
      await log.close();
      await proxy?.close();
      await cluster.close();
    },
  };
}

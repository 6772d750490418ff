// Tests that need a broker read its address from MILLRACE_KAFKA (`host:port,host:port`), and are
// left out where it is not set.
import { systemClock } from "@millrace/core";
import { describe } from "vitest";
import { KafkaCluster } from "../src/cluster/cluster.ts";
import { createTopic } from "../src/cluster/topics.ts";
import type { KafkaOptions } from "../src/transport/options.ts";

const brokers = process.env["MILLRACE_KAFKA"]?.split(",");

export const options: KafkaOptions = { brokers: brokers ?? [] };

/** A `describe` that is skipped without a broker. */
export const describeWithBroker: typeof describe =
  brokers === undefined ? (describe.skip as typeof describe) : describe;

let count = 0;
const run = `${process.pid}-${process.hrtime.bigint().toString(36)}`;

/** A name that no other test has. */
export function uniqueName(kind: string): string {
  return `${kind}-${run}-${count++}`;
}

/** Runs with a cluster, which is closed at the end. */
export async function withCluster<T>(body: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
  const cluster = await KafkaCluster.connect(options, systemClock);
  try {
    return await body(cluster);
  } finally {
    await cluster.close();
  }
}

/** A fresh topic. */
export async function newTopic(cluster: KafkaCluster, partitions = 1): Promise<string> {
  const name = uniqueName("topic");
  await createTopic(cluster, { name, partitions, replication: -1 });
  return name;
}

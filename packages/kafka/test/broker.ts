import { systemClock } from "@millrace/core";
import { describeWithKafka } from "../../../dev/services/describe.mjs";
import { KafkaCluster } from "../src/cluster/cluster.ts";
import { createTopic } from "../src/cluster/topics.ts";
import type { KafkaOptions } from "../src/transport/options.ts";

let service: { readonly brokers: readonly string[] } | undefined;

/** The broker of the run: to be read in tests only. */
export const options: KafkaOptions = {
  get brokers() {
    return service?.brokers ?? [];
  },
};

/** Describes tests that use the broker of the run. */
export function describeWithBroker(name: string, body: () => void): void {
  describeWithKafka(name, (kafka) => {
    service = kafka;
    body();
  });
}

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

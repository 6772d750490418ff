import type { KafkaCluster } from "../cluster/cluster.ts";
import { initProducerId, type ProducerIdentity } from "../requests/init-producer-id.ts";

/** A producer id that the cluster has given to nobody before. */
export async function newProducerId(cluster: KafkaCluster): Promise<ProducerIdentity> {
  return cluster.askAny(initProducerId.name, async (broker) => {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const answer = await cluster.control(broker, initProducerId, request);
    return { error: answer.error, value: answer };
  });
}

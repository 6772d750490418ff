import { type FetchAnswer, fetch, type FetchRequest } from "../requests/fetch.ts";
import type { KafkaLane } from "../transport/transport.ts";
import type { KafkaCluster } from "./cluster.ts";
import type { KafkaNode } from "./topology.ts";

/** Time for the answer to arrive, beside what the request lets the broker wait. */
const answerTimeoutMs = 15_000;

/**
 * Reads record batches from one broker, once, by default on the connection for fetching. Errors of
 * partitions are in the answer: where one has moved, `refresh` the cluster and ask the new leader.
 * Records are views of the answer, topics are given by name.
 *
 * @throws KAFKA_CONNECTION_LOST, KAFKA_UNREACHABLE
 */
export async function fetchRecords(
  cluster: KafkaCluster,
  broker: KafkaNode,
  request: FetchRequest,
  lane: KafkaLane = "fetch",
): Promise<FetchAnswer> {
  const timeoutMs = request.waitMs + answerTimeoutMs;
  const answer = await cluster.call(broker, fetch, request, { lane, timeoutMs });
  const names = new Map(request.partitions.map(({ topic, topicId }) => [topicId, topic]));
  const partitions = answer.partitions.map((partition) => ({
    ...partition,
    topic: names.get(partition.topic) ?? partition.topic,
  }));
  return { error: answer.error, partitions };
}

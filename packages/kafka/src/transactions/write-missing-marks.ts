import type { KafkaCluster } from "../cluster/cluster.ts";
import { isMillraceError } from "@millrace/core";
import type { TopicPartition } from "../requests/by-topic.ts";
import { describeProducers } from "../requests/describe-producers.ts";
import {
  type DescribedTransaction,
  describeTransactions,
} from "../requests/describe-transactions.ts";
import { writeTxnMarkers } from "../requests/write-txn-markers.ts";

/** A partition in which a producer has a transaction open. */
interface OpenPlace extends TopicPartition {
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

/**
 * Writes the marks of a transaction that its coordinator has finished, in all partitions of the
 * cluster where it is open.
 *
 * A coordinator that finds a partition without a leader takes it for deleted and leaves out its
 * mark (`TransactionMarkerChannelManager`, at least up to Kafka 4.3): as when the only broker is
 * ended or comes back. Then it knows how the transaction ended, but the partition does not.
 *
 * By KIP-890 each transaction has an epoch of its own, so that one that is open can be told to be
 * the last that the coordinator has finished. Without it, nothing is done.
 *
 * **Cost** asks about every partition of the cluster
 *
 * @returns whether the marks were written; false where it is not sure how the transaction ended, or
 *   the cluster does not let us (ALTER on it, READ on its topics)
 */
export async function writeMissingMarks(
  cluster: KafkaCluster,
  hanging: { readonly transactionalId: string; readonly producerId: bigint },
): Promise<boolean> {
  try {
    return await writeMarks(cluster, hanging);
  } catch (error) {
    if (isMillraceError(error) && error.code === "KAFKA_NOT_AUTHORIZED") return false;
    throw error;
  }
}

async function writeMarks(
  cluster: KafkaCluster,
  { transactionalId, producerId }: { transactionalId: string; producerId: bigint },
): Promise<boolean> {
  const last = await lastTransaction(cluster, transactionalId);
  const isCommit = last?.state === "CompleteCommit";
  if (last === undefined || (!isCommit && last.state !== "CompleteAbort")) return false;
  const places = await placesOf(cluster, producerId);
  const { producerEpoch } = last;
  if (places.some((place) => place.producerEpoch + 1 !== producerEpoch)) return false;
  const coordinatorEpoch = Math.max(0, ...places.map((place) => place.coordinatorEpoch));
  const mark = { producerId, producerEpoch, isCommit, coordinatorEpoch };
  await cluster.askLeaders(places, { request: writeTxnMarkers.name }, (leader, partitions) =>
    cluster.control(leader, writeTxnMarkers, { ...mark, partitions }),
  );
  return true;
}

/** Undefined where transactions share epochs. */
async function lastTransaction(
  cluster: KafkaCluster,
  transactionalId: string,
): Promise<DescribedTransaction | undefined> {
  const options = { request: describeTransactions.name };
  return cluster.askCoordinator("transaction", transactionalId, options, async (coordinator) => {
    const [state] = await cluster.control(coordinator, describeTransactions, { transactionalId });
    const hasOwnEpochs = (await cluster.featureLevel(coordinator, "transaction.version")) >= 2;
    return { error: state?.error ?? -1, value: hasOwnEpochs ? state : undefined };
  });
}

/** Where in the cluster a producer has a transaction open. */
async function placesOf(cluster: KafkaCluster, producerId: bigint): Promise<OpenPlace[]> {
  const topics = await cluster.topics();
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
  const options = { request: describeProducers.name };
  const described = await cluster.askLeaders(all, options, (leader, partitions) =>
    cluster.control(leader, describeProducers, { partitions }),
  );
  return described.flatMap(({ topic, partition, producers }) =>
    producers
      .filter((each) => each.producerId === producerId && each.transactionStart >= 0n)
      .map(({ producerEpoch, coordinatorEpoch }) => ({
        topic,
        partition,
        producerEpoch,
        coordinatorEpoch,
      })),
  );
}

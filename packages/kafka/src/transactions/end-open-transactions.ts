import { millraceError } from "@millrace/core";
import type { KafkaCluster } from "../cluster/cluster.ts";
import { isConnectionError, retryDelayMs } from "../cluster/retry.ts";
import type { KafkaNode } from "../cluster/topology.ts";
import type { TopicPartition } from "../requests/by-topic.ts";
import { describeProducers } from "../requests/describe-producers.ts";
import { type ListedTransaction, listTransactions } from "../requests/list-transactions.ts";
import { type ProducerOptions, TransactionalProducer } from "./transactional-producer.ts";
import { writeMissingMarks } from "./write-missing-marks.ts";

/** A transaction that nobody ends is timed out by its coordinator before. */
const waitMaxMs = 60_000;

/**
 * Ends the transactions that are open in a partition, and their producers for good: each is
 * aborted, unless its commit or abort was decided before; such a one is waited for, and its
 * producer goes on. When it returns, the partition has no open transaction but for such as were
 * begun meanwhile.
 *
 * The leader of the partition knows the producers, the coordinators their names. A coordinator that
 * is out of reach is waited for: what it coordinates may still be committed. Where it has finished
 * a transaction whose mark is missing, the mark is written (write-missing-marks.ts).
 *
 * @param options of their producers, which are opened anew
 * @throws KAFKA_NOT_READY when one stays open
 * @throws LOG_TRANSACTION_HANGING when one is open that its coordinator takes for finished, and it
 *   is not sure how
 */
export async function endOpenTransactions(
  cluster: KafkaCluster,
  place: TopicPartition,
  options: ProducerOptions,
): Promise<void> {
  const start = cluster.clock.monotonicMs();
  const finish = async ({ transactionalId, producerId, state }: ListedTransaction) => {
    if (await writeMissingMarks(cluster, { transactionalId, producerId })) return;
    throw millraceError("LOG_TRANSACTION_HANGING", { ...place, transactionalId, state });
  };
  let open = await openTransactions(cluster, place);
  for (let attempt = 0; open.size > 0; attempt++) {
    const listed = await transactionsOf(cluster, [...open.keys()]);
    const still = await openTransactions(cluster, place);
    for (const { producerId, transactionalId, state } of listed) {
      // Else the state may be that of another one, which does not write here.
      if (still.get(producerId) !== open.get(producerId)) continue;
      if (state === "Ongoing") await TransactionalProducer.open(cluster, transactionalId, options);
      else if (!state.startsWith("Prepare")) await finish({ transactionalId, producerId, state });
    }
    const waitedMs = cluster.clock.monotonicMs() - start;
    if (waitedMs > waitMaxMs) {
      const error = "CONCURRENT_TRANSACTIONS";
      throw millraceError("KAFKA_NOT_READY", { request: describeProducers.name, error, waitedMs });
    }
    if (still.size > 0) await cluster.clock.sleep(retryDelayMs(attempt));
    open = await openTransactions(cluster, place);
  }
}

/** By the producer's id, where its open transaction begins in the partition. */
async function openTransactions(
  cluster: KafkaCluster,
  place: TopicPartition,
): Promise<Map<bigint, bigint>> {
  const options = { request: describeProducers.name };
  const described = await cluster.askLeaders([place], options, (leader, partitions) =>
    cluster.control(leader, describeProducers, { partitions }),
  );
  const open = described
    .flatMap(({ producers }) => producers)
    .filter(({ transactionStart }) => transactionStart >= 0n);
  return new Map(open.map(({ producerId, transactionStart }) => [producerId, transactionStart]));
}

/** What coordinators say of producers, as far as they can be asked. */
async function transactionsOf(
  cluster: KafkaCluster,
  producerIds: readonly bigint[],
): Promise<ListedTransaction[]> {
  await cluster.refresh();
  const lists = await Promise.all(
    cluster.brokers().map((broker) => transactionsAt(cluster, broker, producerIds)),
  );
  return lists.flat();
}

async function transactionsAt(
  cluster: KafkaCluster,
  broker: KafkaNode,
  producerIds: readonly bigint[],
): Promise<readonly ListedTransaction[]> {
  try {
    return (await cluster.control(broker, listTransactions, { producerIds })).transactions;
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return [];
  }
}

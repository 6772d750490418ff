import { systemClock } from "@millrace/core";
import {
  createTopic,
  encodeRecords,
  KafkaCluster,
  type PartitionBatch,
  SocketTransport,
  stamp,
  TransactionalProducer,
  type TransactionOffsets,
} from "@millrace/kafka";
import { Histogram } from "../harness/histogram.ts";
import { CommittedReader } from "./committed-reader.ts";

const transactions = 300;
const warmUps = 100;

/** One small transaction after the other, in ms. */
export interface TransactionCost {
  /** From the start of a commit until a reader has the record. */
  readonly seen: Histogram;
  /** Until the commit is acknowledged. */
  readonly commit: Histogram;
  /** Its requests, by name. */
  readonly requests: ReadonlyMap<string, Histogram>;
}

/**
 * What the least transaction costs: a record of 100 bytes and the offset of a group, `gapMs` after
 * the one before was seen.
 */
export async function measureTransactions(
  address: string,
  gapMs: number,
): Promise<TransactionCost> {
  const options = { brokers: [address] };
  const requests = new Map<string, Histogram>();
  const transport = timedTransport(new SocketTransport(options, systemClock), requests);
  const cluster = await KafkaCluster.connect(options, systemClock, transport);
  const readers = await KafkaCluster.connect(options, systemClock);
  const topic = `floor-${gapMs}-${Math.floor(systemClock.now())}`;
  await createTopic(cluster, { name: topic, partitions: 1, replication: -1, configs: {} });
  const timeout = { transactionTimeoutMs: 10_000 };
  const producer = await TransactionalProducer.open(cluster, topic, timeout);
  const reader = new CommittedReader(readers, topic, 1);
  const seen = new Histogram();
  const commit = new Histogram();
  for (let index = -warmUps; index < transactions; index += 1) {
    if (index === 0) requests.clear();
    const since = performance.now();
    const reading = readOne(reader);
    const batches = [smallBatch(topic)];
    const outcome = await producer.commit({ batches, offsets: offsetsOf(topic, index + warmUps) });
    if (outcome.kind !== "committed") throw outcome.cause;
    const committedMs = performance.now() - since;
    await reading;
    if (index >= 0) {
      commit.add(committedMs);
      seen.add(performance.now() - since);
    }
    await systemClock.sleep(gapMs);
  }
  await cluster.close();
  await readers.close();
  return { seen, commit, requests };
}

async function readOne(reader: CommittedReader): Promise<void> {
  while ((await reader.read()).length === 0);
}

function smallBatch(topic: string): PartitionBatch {
  const values = {
    count: 1,
    buffer: Buffer.alloc(100, "x"),
    valueStart: Int32Array.of(0),
    valueLength: Int32Array.of(100),
  };
  const options = { timestamp: systemClock.now(), isTransactional: true };
  const [batch] = encodeRecords([{ values }], options);
  if (batch === undefined) throw new Error("a record makes a batch");
  return {
    topic,
    partition: 0,
    recordCount: 1,
    stamp: (producer) => {
      stamp(batch, producer);
      return batch.bytes;
    },
  };
}

function offsetsOf(topic: string, at: number): TransactionOffsets {
  return {
    group: { groupId: topic, generation: -1, memberId: "" },
    offsets: [{ topic, partition: 0, offset: BigInt(at) }],
  };
}

function timedTransport(
  transport: SocketTransport,
  requests: Map<string, Histogram>,
): Pick<SocketTransport, "send" | "close"> {
  return {
    close: () => transport.close(),
    send: async (broker, request, options) => {
      const since = performance.now();
      const answer = await transport.send(broker, request, options);
      let histogram = requests.get(request.apiName);
      if (histogram === undefined) requests.set(request.apiName, (histogram = new Histogram()));
      histogram.add(performance.now() - since);
      return answer;
    },
  };
}

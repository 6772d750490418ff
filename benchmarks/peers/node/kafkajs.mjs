// Plain Node with kafkajs, as its documentation shows it: eachBatch, one producer, offsets
// committed after the send (at least once). GUARANTEE=exactly-once: a transaction a batch, with its
// offsets.
import { Kafka, logLevel } from "kafkajs";
import { config, makeJob } from "./jobs.mjs";

// Neither client splits a send at the broker's limit of 1 MiB a request and partition.
const sendRecordsMax = 4000;

const { brokers, job: name, group, topics, isExactlyOnce } = config();
const kafka = new Kafka({ clientId: "peer", brokers, logLevel: logLevel.ERROR });
const job = makeJob(name, topics);
const producer = kafka.producer(
  isExactlyOnce ? { transactionalId: group, maxInFlightRequests: 1, idempotent: true } : {},
);
const consumer = kafka.consumer({
  groupId: group,
  maxBytesPerPartition: 1048576,
  maxBytes: 10485760,
  maxWaitTimeInMs: 500,
});

async function sendAll(sender, byTopic) {
  for (const [topic, messages] of byTopic) {
    for (let from = 0; from < messages.length; from += sendRecordsMax)
      await sender.send({ topic, messages: messages.slice(from, from + sendRecordsMax) });
  }
}

function outputsOf(batch) {
  const byTopic = new Map();
  const emit = (topic, key, value) => {
    const list = byTopic.get(topic);
    if (list) list.push({ key, value });
    else byTopic.set(topic, [{ key, value }]);
  };
  for (const { key, value } of batch.messages)
    job.onRecord(batch.topic, batch.partition, key, value.toString(), emit);
  return byTopic;
}

async function inTransaction(batch, byTopic) {
  const transaction = await producer.transaction();
  await sendAll(transaction, byTopic);
  const offset = String(BigInt(batch.lastOffset()) + 1n);
  const partitions = [{ partition: batch.partition, offset }];
  const offsets = { consumerGroupId: group, topics: [{ topic: batch.topic, partitions }] };
  await transaction.sendOffsets(offsets);
  await transaction.commit();
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: job.inputs, fromBeginning: true });
await consumer.run({
  autoCommit: !isExactlyOnce,
  autoCommitInterval: 1000,
  eachBatch: async ({ batch }) => {
    const byTopic = outputsOf(batch);
    if (isExactlyOnce) await inTransaction(batch, byTopic);
    else await sendAll(producer, byTopic);
  },
});
process.on("SIGTERM", async () => {
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
});

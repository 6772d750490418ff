// kafkajs by someone who has profiled it: values from bytes without parsing, times by arithmetic,
// rows as templates, sends that are not waited for one by one, and offsets committed each second
// after what they stand for was sent (at least once). Larger fetches make kafkajs slower, so they
// are as usual.
import { Kafka, logLevel } from "kafkajs";
import { config } from "./jobs.mjs";
import { makeTunedJob } from "./tuned-jobs.mjs";

const sendBytesMax = 900_000;
const commitEveryMs = 1000;
const sendsMax = 8;

const { brokers, job: name, group, topics } = config();
const kafka = new Kafka({ clientId: "peer", brokers, logLevel: logLevel.ERROR });
const job = makeTunedJob(name, topics);
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({
  groupId: group,
  maxBytesPerPartition: 1 << 20,
  maxBytes: 10 << 20,
  maxWaitTimeInMs: 200,
});

/** Sends that are on their way, with the offset that may be committed when all before are sent. */
const sends = [];

async function waitForOldest() {
  const { done, place } = sends.shift();
  await done;
  sent.set(`${place.topic} ${place.partition}`, place);
}

const sent = new Map();
let lastCommit = Date.now();

async function commitSent() {
  if (Date.now() - lastCommit < commitEveryMs || sent.size === 0) return;
  lastCommit = Date.now();
  const offsets = [...sent.values()];
  sent.clear();
  await consumer.commitOffsets(offsets);
}

function portions(topic, messages) {
  const found = [];
  let from = 0;
  let bytes = 0;
  for (let index = 0; index < messages.length; index++) {
    const { key, value } = messages[index];
    const size = value.length + key.length + 20;
    if (bytes + size > sendBytesMax) {
      found.push({ topic, messages: messages.slice(from, index) });
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < messages.length) found.push({ topic, messages: messages.slice(from) });
  return found;
}

async function sendInOrder(byTopic) {
  for (const [topic, messages] of byTopic)
    for (const portion of portions(topic, messages)) await producer.send(portion);
}

let before = Promise.resolve();
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: job.inputs, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
    const byTopic = new Map();
    const emit = (topic, key, value) => {
      const list = byTopic.get(topic);
      if (list) list.push({ key, value });
      else byTopic.set(topic, [{ key, value }]);
    };
    const { topic, partition, messages } = batch;
    for (let index = 0; index < messages.length; index++)
      job.onRecord(topic, partition, messages[index].key, messages[index].value, emit);
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    // One after the other, so that the records of a key keep their order.
    before = before.then(() => sendInOrder(byTopic));
    sends.push({ done: before, place: { topic, partition, offset } });
    resolveOffset(batch.lastOffset());
    while (sends.length > sendsMax) await waitForOldest();
    await commitSent();
    await heartbeat();
  },
});
const flush = setInterval(async () => {
  while (sends.length > 0) await waitForOldest();
  await commitSent();
}, commitEveryMs);
process.on("SIGTERM", async () => {
  clearInterval(flush);
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
});

// Plain Node with @platformatic/kafka: the consumer's stream, outputs sent in groups, offsets
// committed after the send (at least once).
import {
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import { config, makeJob } from "./jobs.mjs";

// Neither client splits a send at the broker's limit of 1 MiB a request and partition.
const sendRecordsMax = 4000;
const readRecordsMax = 4000;
const commitEveryMs = 1000;
const flushEveryMs = 200;

const { brokers, job: name, group, topics } = config();
const job = makeJob(name, topics);
const producer = new Producer({
  clientId: "peer-out",
  bootstrapBrokers: brokers,
  serializers: stringSerializers,
});
const consumer = new Consumer({
  groupId: group,
  clientId: "peer-in",
  bootstrapBrokers: brokers,
  deserializers: stringDeserializers,
  maxBytes: 10485760,
  maxWaitTime: 500,
});
const mode = MessagesStreamModes.EARLIEST;
const stream = await consumer.consume({ topics: job.inputs, mode, autocommit: false });

let out = [];
let read = 0;
let lastCommit = Date.now();
/** Offsets of records whose output is not sent yet, and of those whose output is. */
const seen = new Map();
const sent = new Map();
const emit = (topic, key, value) => out.push({ topic, key, value });

async function flush() {
  const messages = out;
  const offsets = [...seen];
  out = [];
  seen.clear();
  read = 0;
  for (let from = 0; from < messages.length; from += sendRecordsMax)
    await producer.send({ messages: messages.slice(from, from + sendRecordsMax) });
  for (const [place, offset] of offsets) sent.set(place, offset);
  if (Date.now() - lastCommit < commitEveryMs || sent.size === 0) return;
  lastCommit = Date.now();
  const committed = [...sent.values()];
  sent.clear();
  await consumer.commit({ offsets: committed });
}

let busy = Promise.resolve();
const idle = setInterval(() => {
  if (out.length > 0 || seen.size > 0) busy = busy.then(flush);
}, flushEveryMs);
for await (const { topic, partition, key, value, offset } of stream) {
  job.onRecord(topic, partition, key, value, emit);
  seen.set(topic + partition, { topic, partition, offset: offset + 1n, leaderEpoch: 0 });
  if (++read < readRecordsMax) continue;
  busy = busy.then(flush);
  await busy;
}
clearInterval(idle);

import { randomUUID } from "node:crypto";
import { systemClock } from "@millrace/core";
import { pipeline, run, t } from "millrace";
import {
  json,
  openKafkaLog,
  openTopic,
  recordKey,
  type Topic,
  topic,
  withMetadata,
} from "millrace/log";
import { expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { kafkaTool } from "../../../../dev/services/services.mjs";

const Value = t.row({ amount: t.int32() });
const keyed = withMetadata(json(Value), { user: recordKey(t.utf8()) });
const partitions = 5;
const users = Array.from({ length: 60 }, (_, id) => `user ${id * id} ${"é".repeat(id % 4)}`);

interface Keyed {
  readonly user: string;
}

/** The users of each partition, sorted. */
async function usersByPartition(records: Topic<Keyed & object>): Promise<string[][]> {
  const found = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const here: string[] = [];
    for await (const { user } of records.rows({ partition })) here.push(user);
    found.push(here.toSorted());
  }
  return found;
}

describeWithKafka("a topic whose rows are placed by their records' keys", (kafka) => {
  test("has them where Kafka's own producer puts them", async () => {
    const log = await openKafkaLog({ brokers: kafka.brokers }, systemClock);
    const [theirs, ours] = [`java-${randomUUID()}`, `ours-${randomUUID()}`];
    await log.createTopic({ name: theirs, partitions, kind: "records" });
    await kafkaTool(
      "org.apache.kafka.tools.ConsoleProducer",
      [
        "--bootstrap-server",
        kafka.brokers.join(),
        "--topic",
        theirs,
        "--reader-property",
        "parse.key=true",
      ],
      users.map((user, amount) => `${user}\t{"amount":${amount}}\n`).join(""),
    );
    const copy = pipeline(`copy-${randomUUID()}`, (p) => {
      p.source("theirs", topic(theirs, keyed, { until: "end" }))
        .keyBy("amount")
        .sink("ours", topic(ours, keyed, { partitions, partitionBy: "record-key" }));
    });
    await run(copy, { log, partitions: 3 });
    const expected = await usersByPartition(await openTopic(log, theirs, keyed));
    expect(expected.flat()).toHaveLength(users.length);
    expect(await usersByPartition(await openTopic(log, ours, keyed))).toEqual(expected);
    await log.close();
  }, 120_000);
});

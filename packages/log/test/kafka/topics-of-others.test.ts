import { expect, test } from "vitest";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";
import { openKafkaLog } from "../../src/index.ts";

describeWithKafka("a log on Kafka that others use as well", (kafka) => {
  test("writes to topics that another process made after it was opened", async () => {
    const { brokers } = kafka;
    const log = await openKafkaLog({ brokers });
    const other = await openKafkaLog({ brokers });
    try {
      const topic = `others-${process.pid}.repartition`;
      await other.createTopic({ name: topic, partitions: 1, kind: "repartition" });
      const membership = await log.joinGroup(`others-${process.pid}`);
      const writer = await log.openWriter(`others-${process.pid}`, membership);
      writer.append(topic, 0, new Uint8Array([1]));
      await writer.commit();
      await writer.close();
      const { start, end } = await log.bounds(topic, 0);
      expect(end > start).toBe(true);
    } finally {
      await log.close();
      await other.close();
    }
  }, 60_000);
});

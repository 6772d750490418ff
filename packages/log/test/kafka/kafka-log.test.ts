import { logSuite } from "@millrace/conformance";
import { systemClock } from "@millrace/core";
import { openKafkaLog } from "@millrace/log";
import { describeWithKafka } from "../../../../dev/services/describe.mjs";

describeWithKafka("a log on Kafka", (kafka) => {
  logSuite({
    name: "Kafka",
    open: async () => {
      const open = () => openKafkaLog({ brokers: kafka.brokers }, systemClock);
      let log = await open();
      return {
        log,
        reopen: async () => {
          await log.close();
          log = await open();
          return log;
        },
        cleanUp: async () => {
          const topics = await log.topics();
          await log.deleteTopics(topics.map((topic) => topic.name));
          await log.close();
        },
      };
    },
  });
});

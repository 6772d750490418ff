import { sinkSuite } from "@millrace/conformance";
import { Redis } from "ioredis";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import { redisConnector, redisHash, redisStream } from "../../src/redis/index.ts";
import { readHashes, readStream } from "./read-rows.ts";

describeWithStore("redis", "Redis", (store) => {
  sinkSuite({
    name: "Redis: hashes where there is a key, otherwise streams",
    async start() {
      const { url } = store;
      const redis = new Redis(url, { protocol: 2 });
      return {
        connector: redisConnector,
        descriptor: ({ name, key, whenFresh = "replace" }) =>
          key === undefined
            ? redisStream({ url, stream: name, whenFresh })
            : redisHash({ url, prefix: `${name}:`, key, whenFresh }),
        read: ({ name, key, schema }) =>
          key === undefined
            ? readStream(redis, name, schema)
            : readHashes(redis, `${name}:`, schema),
        stop: async () => redis.disconnect(),
      };
    },
  });
});

// The contract with the parts of kafkajs that are not public: `open-socket.ts` uses them.
import { createRequire } from "node:module";
import { expect, it } from "vitest";

const load = createRequire(import.meta.url);

it("kafkajs is the version whose insides are known", () => {
  expect((load("kafkajs/package.json") as { version: string }).version).toBe("2.2.4");
});

it("its pool has a connection that can be taken over", () => {
  const ConnectionPool = load("kafkajs/src/network/connectionPool.js");
  const logger = { namespace: () => logger };
  const { pool } = new ConnectionPool({ host: "h", port: 1, logger, requestTimeout: 1 });
  expect(typeof pool[0].requestQueue.destroy).toBe("function");
  expect(Number(pool[0].sessionLifetime)).toBe(0);
  expect(typeof pool[0].authenticate).toBe("function");
});

it("its broker connects through the pool's first connection", () => {
  const Broker = load("kafkajs/src/broker/index.js");
  const logger = { namespace: () => logger };
  const broker = new Broker({ connectionPool: { connectionTimeout: 1 }, logger });
  expect(typeof broker.connect).toBe("function");
});

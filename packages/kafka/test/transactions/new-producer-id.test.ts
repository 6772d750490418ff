import { expect, it } from "vitest";
import { newProducerId } from "../../src/transactions/new-producer-id.ts";
import { describeWithBroker, withCluster } from "../broker.ts";

describeWithBroker("producer ids", () => {
  it("are new each time, with their first epoch", () =>
    withCluster(async (cluster) => {
      const given = [];
      for (let i = 0; i < 3; i++) given.push(await newProducerId(cluster));
      expect(given.map(({ producerEpoch }) => producerEpoch)).toEqual([0, 0, 0]);
      expect(new Set(given.map(({ producerId }) => producerId)).size).toBe(3);
      expect(given.every(({ producerId }) => producerId >= 0n)).toBe(true);
    }));
});

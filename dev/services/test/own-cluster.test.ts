import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { describeWithOwnCluster } from "../describe.mjs";
import { brokerAnswers } from "./broker-answers.ts";

describeWithOwnCluster("a cluster of one's own", { nodes: 3 }, (cluster) => {
  const answers = () => Promise.all(cluster.brokers.map((address) => brokerAnswers(address)));

  it("loses a killed node and takes it back", { timeout: 120_000 }, async () => {
    await cluster.kill(2);
    expect(await answers()).toEqual([true, false, true]);
    await cluster.start(2);
    expect(await answers()).toEqual([true, true, true]);
  });

  it("holds its connections while a node is paused", async () => {
    await cluster.pause(3);
    const answer = brokerAnswers(cluster.brokers[2] ?? "");
    expect(await Promise.race([answer, delay(500, "silent")])).toBe("silent");
    await cluster.resume(3);
    expect(await answer).toBe(true);
  });

  it("names what kafka.sh says when a node cannot do what is asked", async () => {
    await cluster.stop(1);
    await expect(cluster.pause(1)).rejects.toThrow("node 1 does not run");
  });
});

import { expect, it } from "vitest";
import { Topology } from "../../src/cluster/topology.ts";
import type { MetadataAnswer } from "../../src/requests/metadata.ts";

/** An answer about one topic with one partition. */
function answer(leader: number, leaderEpoch: number, id = "first", error = 0): MetadataAnswer {
  const place = { error: 0, partition: 0, leader, leaderEpoch, replicas: [1, 2], inSync: [1, 2] };
  const brokers = [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null }));
  const topics = [{ error, name: "t", id, isInternal: false, partitions: [place] }];
  return { clusterId: null, controllerId: 1, brokers, topics };
}

it("a leader is known by its broker, with the topic's id", () => {
  const topology = new Topology();
  topology.update(answer(2, 5), false);
  const expected = { nodeId: 2, host: "b2", port: 9092, topicId: "first", leaderEpoch: 5 };
  expect(topology.leaderOf("t", 0)).toEqual(expected);
  expect(topology.leaderOf("t", 1)).toBeUndefined();
  expect(topology.leaderOf("other", 0)).toBeUndefined();
});

it("a broker that lags behind does not bring an older leader back", () => {
  const topology = new Topology();
  topology.update(answer(2, 5), false);
  topology.update(answer(1, 4), false);
  expect(topology.leaderOf("t", 0)).toMatchObject({ nodeId: 2, leaderEpoch: 5 });
});

it("a topic that was made anew begins with its own leaders", () => {
  const topology = new Topology();
  topology.update(answer(2, 5), false);
  topology.update(answer(1, 0, "second"), false);
  expect(topology.leaderOf("t", 0)).toMatchObject({ nodeId: 1, topicId: "second" });
});

it("a partition without a leader has none, and a topic that is gone is forgotten", () => {
  const topology = new Topology();
  topology.update(answer(-1, 6), false);
  expect(topology.leaderOf("t", 0)).toBeUndefined();
  expect(topology.topic("t")).toBeDefined();
  topology.update(answer(-1, -1, "first", 3), false);
  expect(topology.topic("t")).toBeUndefined();
});

it("an answer about some topics leaves the others, one about all does not", () => {
  const topology = new Topology();
  topology.update(answer(1, 1), true);
  topology.update({ ...answer(1, 1), topics: [] }, false);
  expect(topology.topics()).toHaveLength(1);
  topology.update({ ...answer(1, 1), topics: [] }, true);
  expect(topology.topics()).toHaveLength(0);
});

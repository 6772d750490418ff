// A broker that is too old, or lies, cannot be had from a package: its answers are written here.
import { expect, it } from "vitest";
import { Negotiation } from "../../src/cluster/negotiation.ts";
import { findCoordinator } from "../../src/requests/find-coordinator.ts";
import { produce } from "../../src/requests/produce.ts";
import type { KafkaTransport, RawRequest } from "../../src/transport/transport.ts";
import { WireWriter } from "../../src/wire/writer.ts";

const broker = { host: "old", port: 9092 };
const control = { lane: "control", timeoutMs: 1000 } as const;

function offering(key: number, min: number, max: number): Uint8Array {
  const writer = new WireWriter();
  writer.int16(0);
  writer.array([key], () => {
    for (const value of [key, min, max]) writer.int16(value);
    writer.noTags();
  });
  writer.int32(0);
  writer.noTags();
  return Buffer.concat(writer.finish());
}

/** Answers ApiVersions with an offer, all else with the same bytes; keeps what was sent. */
function answering(offer: Uint8Array, answer = new Uint8Array(0)) {
  const sent: RawRequest[] = [];
  const transport: KafkaTransport = {
    async send(_, request) {
      sent.push(request);
      return request.apiName === "ApiVersions" ? offer : answer;
    },
    close: async () => undefined,
  };
  return { negotiation: new Negotiation(transport), sent };
}

const request = { transactionalId: null, timeoutMs: 1, batches: [] };
// Header tags, no topics, throttle, tags.
const produced = new Uint8Array([0, 1, 0, 0, 0, 0, 0]);

it.each([
  [9, 20, undefined, 12],
  [0, 10, undefined, 10],
  [3, 13, 11, 11],
])("of versions %i to %i, kept to %s, %i is spoken", async (min, max, versionMax, expected) => {
  const { negotiation, sent } = answering(offering(produce.key, min, max), produced);
  const options = versionMax === undefined ? control : { ...control, versionMax };
  for (let i = 0; i < 2; i++) await negotiation.call(broker, produce, request, options);
  expect(sent.map(({ apiName, apiVersion }) => [apiName, apiVersion])).toEqual([
    ["ApiVersions", 3],
    ["Produce", expected],
    ["Produce", expected],
  ]);
});

it.each([
  [0, 8],
  [13, 20],
])("versions %i to %i are not ours", async (min, max) => {
  const { negotiation } = answering(offering(produce.key, min, max));
  await expect(negotiation.call(broker, produce, request, control)).rejects.toMatchObject({
    code: "KAFKA_BROKER_TOO_OLD",
    params: { broker: "old:9092", request: "Produce", version: 9 },
  });
});

it("a broker that does not know how to be asked is too old", async () => {
  const { negotiation } = answering(new Uint8Array([0, 35, 0, 0, 0, 0]));
  await expect(negotiation.offer(broker)).rejects.toMatchObject({ code: "KAFKA_BROKER_TOO_OLD" });
});

it.each([new Uint8Array(0), new Uint8Array([0, 1, 0]), new Uint8Array([...produced, 1])])(
  "an answer that is too short or too long is an error",
  async (answer) => {
    const { negotiation } = answering(offering(produce.key, 9, 12), answer);
    await expect(negotiation.call(broker, produce, request, control)).rejects.toMatchObject({
      code: "KAFKA_ANSWER_INVALID",
    });
  },
);

it("a request that a broker does not offer is not sent", async () => {
  const { negotiation, sent } = answering(offering(produce.key, 9, 12));
  const asked = negotiation.call(broker, findCoordinator, { kind: "group", key: "g" }, control);
  await expect(asked).rejects.toMatchObject({ code: "KAFKA_BROKER_TOO_OLD" });
  expect(sent).toHaveLength(1);
});

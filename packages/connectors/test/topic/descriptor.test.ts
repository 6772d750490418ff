import { isMillraceError, t } from "@millrace/core";
import { expect, test } from "vitest";
import { csv, json, topic, type TopicOptions } from "../../src/topic/index.ts";
import { topicConnector } from "../../src/topic/connector.ts";

const Flight = t.row({ origin: t.utf8(), delay: t.float64() });

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

test("a topic is plain data but for its row type", () => {
  const { rowType, ...data } = topic("flights", csv(Flight, { delimiter: ";" }), { until: "end" });
  expect(rowType).toBe(Flight);
  expect(JSON.parse(JSON.stringify(data))).toEqual(data);
});

test.each(["", "1st", "a b", "a/b", "a".repeat(101), "ä"])("%j is no name of a topic", (name) => {
  expect(codeOf(() => topic(name, json(Flight)))).toBe("PLAN_ARGUMENT_INVALID");
});

test.each([
  { partitions: 0 },
  { partitions: 241 },
  { partitions: 1.5 },
  { until: "now" },
  { whenFresh: "keep" },
  { partitionBy: "murmur2" },
  { partitionBy: "record-key" },
])("options %j are refused", (options) => {
  const call = (): unknown => topic("flights", json(Flight), options as TopicOptions);
  expect(codeOf(call)).toBe("PLAN_ARGUMENT_INVALID");
});

test("a format that nobody knows: CONNECTOR_CONFIG_INVALID", async () => {
  const format = { ...json(Flight), format: "xml" };
  const { options } = topic("flights", format);
  const opening = topicConnector.openTopicSink?.({ sinkId: "o", options, schema: Flight.schema });
  await expect(opening).rejects.toMatchObject({ code: "CONNECTOR_CONFIG_INVALID" });
});

import { expect, it } from "vitest";
import { formatAddress, parseAddress, parseKafkaUrl } from "../../src/transport/options.ts";

it("a URL names brokers and what may be set there", () => {
  expect(parseKafkaUrl("kafka://one,two:9093,[::1]:9094?ssl=true&clientId=app")).toEqual({
    brokers: ["one:9092", "two:9093", "[::1]:9094"],
    ssl: true,
    clientId: "app",
  });
  expect(parseKafkaUrl("kafka://one:1/")).toEqual({ brokers: ["one:1"] });
});

it.each([
  "http://one:9092",
  "kafka://",
  "kafka://one:99999",
  "kafka://one:9092,",
  "kafka://one:9092?ssl=maybe",
  "kafka://one:9092?password=hunter2",
  "kafka://me:hunter2@one:9092",
])("%s is refused, and not repeated", (url) => {
  const parse = (): unknown => parseKafkaUrl(url);
  expect(parse).toThrow(expect.objectContaining({ code: "KAFKA_OPTIONS_INVALID" }));
  expect(parse).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
  );
});

it("an address is written as it is read", () => {
  for (const text of ["host:1", "10.0.0.1:9092", "[fe80::1]:65535"]) {
    expect(formatAddress(parseAddress(text))).toBe(text);
  }
});

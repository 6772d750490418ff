import { randomUUID } from "node:crypto";
import { pipeline, run, t } from "millrace";
import { avro, json, openMemoryLog, openTopic, protobuf, topic } from "millrace/log";
import { expect, it } from "vitest";
import { describeWithRegistry } from "../../../dev/services/describe.mjs";

const Flight = t.row({ origin: t.utf8(), delay: t.int32() });
const Delay = t.row({ delay: t.int32() });

describeWithRegistry("topics whose schemas are in a registry", (service) => {
  const registry = () => ({ url: service.url });

  it("are read with one schema and format, and written with another", async () => {
    const log = openMemoryLog();
    const [from, to] = [`t-${randomUUID()}`, `t-${randomUUID()}`];
    const flights = await openTopic(log, from, avro(Flight, { registry: registry() }));
    await flights.append([
      { origin: "BER", delay: 5 },
      { origin: "OSL", delay: -2 },
    ]);
    const format = protobuf(Delay, { fields: { delay: 4 }, registry: registry() });
    const delays = pipeline("delays", (p) => {
      p.source("flights", topic(from, avro(Flight, { registry: registry() }), { until: "end" }))
        .where((flight) => flight.delay.gt(0))
        .select("delay")
        .sink("delays", topic(to, format));
    });
    await run(delays, { log });
    const rows = await collected((await openTopic(log, to, format)).rows());
    expect(rows).toEqual([{ delay: 5 }]);
    await log.close();
  });

  it("keep a run from starting when the registry does not take the schema", async () => {
    const log = openMemoryLog();
    const name = `t-${randomUUID()}`;
    await (
      await openTopic(log, name, json(Flight, { registry: registry() }))
    ).append([{ origin: "BER", delay: 5 }]);
    const Other = t.row({ origin: t.utf8(), delay: t.utf8() });
    const other = await openTopic(log, name, json(Other, { registry: registry() }));
    await expect(other.append([{ origin: "BER", delay: "5" }])).rejects.toMatchObject({
      code: "REGISTRY_INCOMPATIBLE",
    });
    await log.close();
  });
});

async function collected<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

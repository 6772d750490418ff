import { type Json, t } from "@millrace/core";
import { avro, avroFormat, recordFormat } from "@millrace/formats";
import avsc from "avsc";
import { expect, it } from "vitest";
import { describeWithRegistry } from "../../../../dev/services/describe.mjs";
import { decoded, encoded, failureOf } from "./format-calls.ts";
import { freshTopic, idOf, OtherClient, withId } from "./real-registry.ts";

const Flight = t.row({ origin: t.utf8(), delay: t.float64().nullable() });
const flights = [
  { origin: "BER", delay: 4.5 },
  { origin: "OSL", delay: null },
];

describeWithRegistry("Avro with a registry", (registry) => {
  const other = new OtherClient(registry);
  it("registers the row type's schema under the topic's subject, and writes its id", async () => {
    const topic = freshTopic();
    const format = recordFormat(avro(Flight, { registry }), { topic, part: "value" });
    const records = await encoded(format, Flight, flights);
    const schema = await other.schema(idOf(records[0]!));
    const type = avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, { wrapUnions: "never" });
    const read = records.map(
      (record) => type.fromBuffer(Buffer.from(record.subarray(5))) as object,
    );
    expect(read.map((row) => ({ ...row }))).toEqual(flights);
    expect(await other.register(`${topic}-value`, "AVRO", schema)).toBe(idOf(records[0]!));
    expect(await decoded(format, Flight, records)).toEqual({ rows: flights, badRecords: [] });
  });

  it("reads records of older and newer schemas side by side", async () => {
    const topic = freshTopic();
    const subject = `${topic}-value`;
    const schemas: Json[] = [
      { type: "record", name: "F", fields: [{ name: "origin", type: "string" }] },
      {
        type: "record",
        name: "F",
        fields: [
          { name: "gate", type: ["null", "int"], default: null },
          { name: "delay", type: ["null", "float"], default: null },
          { name: "origin", type: "string" },
        ],
      },
    ];
    const records: Uint8Array[] = [];
    for (const [index, row] of [
      { origin: "BER" },
      { gate: 3, delay: 1.5, origin: "OSL" },
    ].entries()) {
      const type = avsc.Type.forSchema(schemas[index] as avsc.Schema, { wrapUnions: "never" });
      const id = await other.register(subject, "AVRO", JSON.stringify(schemas[index]));
      records.push(withId(id, type.toBuffer(row)));
    }
    const { rows, badRecords } = await decoded(avroFormat({ registry }), Flight, records);
    expect(badRecords).toEqual([]);
    expect(rows).toEqual([
      { origin: "BER", delay: null },
      { origin: "OSL", delay: 1.5 },
    ]);
  });

  it("follows references between schemas, each once", async () => {
    const topic = freshTopic();
    const named = (name: string, fields: Json): Json => ({ type: "record", name, fields });
    const place = named("a.Place", [{ name: "x", type: "double" }]);
    const leg = named("a.Leg", [{ name: "to", type: "a.Place" }]);
    const trip = named("a.Trip", [
      { name: "from", type: "a.Place" },
      { name: "leg", type: "a.Leg" },
    ]);
    const ref = (name: string): { name: string; subject: string; version: number } => ({
      name,
      subject: `${topic}-${name}`,
      version: 1,
    });
    await other.register(`${topic}-a.Place`, "AVRO", JSON.stringify(place));
    await other.register(`${topic}-a.Leg`, "AVRO", JSON.stringify(leg), [ref("a.Place")]);
    const refs = [ref("a.Place"), ref("a.Leg")];
    const id = await other.register(`${topic}-value`, "AVRO", JSON.stringify(trip), refs);
    const bytes = Buffer.alloc(16);
    bytes.writeDoubleLE(1.5, 0);
    bytes.writeDoubleLE(-2, 8);
    const Place = t.row({ x: t.float64() });
    const Trip = t.row({ from: Place, leg: t.row({ to: Place }) });
    const { rows, badRecords } = await decoded(avroFormat({ registry }), Trip, [withId(id, bytes)]);
    expect(badRecords).toEqual([]);
    expect(rows).toEqual([{ from: { x: 1.5 }, leg: { to: { x: -2 } } }]);
  });

  it("refuses records with unknown ids, of unfit schemas, cut ones and such without an id", async () => {
    const topic = freshTopic();
    const schema = { type: "record", name: "F", fields: [{ name: "origin", type: "bytes" }] };
    const unfit = await other.register(
      `${topic}-a`,
      "AVRO",
      JSON.stringify({ ...schema, fields: [] }),
    );
    const format = avroFormat({ registry }, { topic, part: "value" });
    const [good = new Uint8Array()] = await encoded(format, Flight, flights);
    const { rows, badRecords } = await decoded(format, Flight, [
      good,
      withId(2 ** 32 - 1, good.subarray(5)),
      withId(unfit),
      good.subarray(0, 7),
      good.subarray(0, 4),
      Uint8Array.from([1, ...good.subarray(1)]),
      good,
    ]);
    expect(rows).toEqual([flights[0], flights[0]]);
    expect(badRecords.map(({ index, code }) => [index, code])).toEqual([
      [1, "RECORD_SCHEMA_UNKNOWN"],
      [2, "FORMAT_SCHEMA_MISMATCH"],
      [3, "RECORD_MALFORMED"],
      [4, "RECORD_MALFORMED"],
      [5, "RECORD_MALFORMED"],
    ]);
  });

  it("says in the registry's words why it does not take a schema", async () => {
    const topic = freshTopic();
    const place = { topic, part: "value" } as const;
    await encoded(avroFormat({ registry }, place), Flight, flights);
    await other.setCompatibility(`${topic}-value`, "BACKWARD");
    const Other = t.row({ origin: t.utf8(), delay: t.boolean() });
    const failure = await failureOf(encoded(avroFormat({ registry }, place), Other, []));
    expect(failure.code).toBe("REGISTRY_INCOMPATIBLE");
    expect(failure.message).toMatch(/incompatible/i);
  });

  it.each([
    ["record", "shop.Flight"],
    ["topic-record", "TOPIC-shop.Flight"],
    [{ name: "TOPIC-own" }, "TOPIC-own"],
  ] as const)("names the subject by %j", async (subject, expected) => {
    const topic = freshTopic();
    const own = typeof subject === "object" ? { name: `${topic}-own` } : subject;
    const options = { registry: { url: registry.url, subject: own, recordName: "shop.Flight" } };
    const records = await encoded(avroFormat(options, { topic, part: "value" }), Flight, flights);
    const schema = await other.schema(idOf(records[0]!));
    const id = await other.register(expected.replace("TOPIC", topic), "AVRO", schema);
    expect(id).toBe(idOf(records[0]!));
  });
});

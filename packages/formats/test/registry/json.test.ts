import { t } from "@millrace/core";
import { json, recordFormat } from "@millrace/formats";
import { describe, expect, it } from "vitest";
import { describeWithRegistry } from "../../../../dev/services/describe.mjs";
import { decoded, encoded, failureOf } from "./format-calls.ts";
import { freshTopic, idOf, OtherClient, withId } from "./real-registry.ts";

const Flight = t.row({ origin: t.utf8(), delay: t.float64().nullable() });
const flights = [
  { origin: "BER", delay: 4.5 },
  { origin: "Zürich", delay: null },
];
const textOf = (record: Uint8Array): string => Buffer.from(record.subarray(5)).toString();
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

describeWithRegistry("JSON with a registry", (registry) => {
  const other = new OtherClient(registry);
  it("registers the row type's JSON Schema, and writes its id before each object", async () => {
    const place = { topic: freshTopic(), part: "value" } as const;
    const format = recordFormat(json(Flight, { registry }), place);
    const records = await encoded(format, Flight, flights);
    expect(records.map((record) => JSON.parse(textOf(record)) as unknown)).toEqual(flights);
    const schema = JSON.parse(await other.schema(idOf(records[0]!))) as object;
    expect(schema).toMatchObject({ type: "object", title: "Row", required: ["origin"] });
    expect(await decoded(format, Flight, records)).toEqual({ rows: flights, badRecords: [] });
  });

  it("takes a row type with one more nullable column, whose records the old one reads", async () => {
    const place = { topic: freshTopic(), part: "value" } as const;
    const format = recordFormat(json(Flight, { registry }), place);
    await encoded(format, Flight, []);
    const Later = t.row({
      origin: t.utf8(),
      delay: t.float64().nullable(),
      gate: t.int32().nullable(),
    });
    const later = recordFormat(json(Later, { registry }), place);
    const records = await encoded(later, Later, [{ origin: "BER", delay: 4.5, gate: 3 }]);
    expect((await decoded(format, Flight, records)).rows).toEqual([flights[0]]);
  });

  it("says in the registry's words why it does not take a schema", async () => {
    const place = { topic: freshTopic(), part: "value" } as const;
    await encoded(recordFormat(json(Flight, { registry }), place), Flight, []);
    const Other = t.row({ origin: t.int32(), delay: t.float64().nullable() });
    const other = recordFormat(json(Other, { registry }), place);
    expect((await failureOf(encoded(other, Other, []))).code).toBe("REGISTRY_INCOMPATIBLE");
  });
});

describe("JSON records with ids", () => {
  const format = recordFormat(json(Flight, { registry: { url: "http://127.0.0.1:1" } }));

  it("are read without asking the registry, whatever bytes their id has", async () => {
    const text = '{"origin":"Zürich","delay":1}';
    const records = [1, 2 ** 32 - 1, 0xc3_bc_0a_7b].map((id) => withId(id, bytesOf(text)));
    const row = { origin: "Zürich", delay: 1 };
    expect(await decoded(format, Flight, records)).toEqual({
      rows: [row, row, row],
      badRecords: [],
    });
  });

  it("are refused when the id, or a part of the object, is missing", async () => {
    const good = withId(3, bytesOf('{"origin":"BER","delay":null}'));
    const bad = [bytesOf('{"origin":"BER"}'), good.subarray(0, 4), good.subarray(0, 20), withId(3)];
    const { rows, badRecords } = await decoded(format, Flight, [good, ...bad, good]);
    expect(rows).toEqual([
      { origin: "BER", delay: null },
      { origin: "BER", delay: null },
    ]);
    expect(badRecords.map(({ index, code }) => [index, code])).toEqual(
      [1, 2, 3, 4].map((index) => [index, "RECORD_MALFORMED"]),
    );
    expect(badRecords[0]!.reason).toContain("id of its schema");
  });
});

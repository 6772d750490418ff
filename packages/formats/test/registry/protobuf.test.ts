import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { t } from "@millrace/core";
import { protobuf, type ProtobufFields, protobufFormat, recordFormat } from "@millrace/formats";
import { expect, it } from "vitest";
import { bufbuildMessage, messageWith, toBufbuild } from "../protobuf/bufbuild-oracle.ts";
import { describeWithRegistry } from "../../../../dev/services/describe.mjs";
import { decoded, encoded, failureOf } from "./format-calls.ts";
import { freshTopic, idOf, OtherClient, withId } from "./real-registry.ts";

const Leg = t.row({ to: t.utf8(), miles: t.float32().nullable() });
const Flight = t.row({
  origin: t.utf8(),
  delay: t.int32().nullable(),
  departedAt: t.timestamp(),
  took: t.duration().nullable(),
  state: t.enum(["planned", "landed"]),
  before: t.enum(["planned", "landed"]).nullable(),
  legs: t.list(Leg),
  fares: t.map(t.float64()),
  seats: t.list(t.int32()),
});
const leg = { to: 1, miles: 2 };
const fields: ProtobufFields = {
  origin: 3,
  delay: { number: 1, type: "sint32" },
  departedAt: 2,
  took: 7,
  state: { number: 4, values: { planned: 5, landed: 9 } },
  before: { number: 10, values: { planned: 5, landed: 9 } },
  legs: { number: 5, fields: leg },
  fares: 6,
  seats: { number: 8, isPacked: false },
};
const flights = [
  {
    origin: "BER",
    delay: -7,
    departedAt: 1_700_000_000_123,
    took: null,
    state: "landed",
    before: "planned",
    legs: [
      { to: "OSL", miles: 0.5 },
      { to: "", miles: null },
    ],
    fares: { eco: 1.5 },
    seats: [1, 0, 300],
  },
];
const place = () => ({ topic: freshTopic(), part: "value" }) as const;
const proto = (body: string): string => `syntax = "proto3";\n${body}`;
const text = (number: number, value: string): Uint8Array =>
  Buffer.from([number * 8 + 2, value.length, ...Buffer.from(value)]);

describeWithRegistry("Protobuf with a registry", (registry) => {
  const other = new OtherClient(registry);
  it("registers the row type's schema, and writes messages that bufbuild reads", async () => {
    const format = recordFormat(protobuf(Flight, { fields, registry }), place());
    const [record = new Uint8Array()] = await encoded(format, Flight, flights);
    const oracle = bufbuildMessage(
      {
        // bufbuild wants the first value of an enum to be 0.
        fields: Flight.schema.fields.map((field) =>
          field.type.kind === "enum"
            ? {
                ...field,
                type: { ...field.type, values: [`${field.name}Zero`, ...field.type.values] },
              }
            : field,
        ),
      },
      {
        ...fields,
        state: { number: 4, values: { stateZero: 0, planned: 5, landed: 9 } },
        before: { number: 10, values: { beforeZero: 0, planned: 5, landed: 9 } },
      },
    );
    expect(record[5]).toBe(0);
    const type = { kind: "row", nullable: false, fields: Flight.schema.fields } as const;
    const expected = messageWith(oracle, toBufbuild(type, flights[0], { number: 1, fields }));
    expect(fromBinary(oracle, record.subarray(6))).toEqual(
      fromBinary(oracle, toBinary(oracle, expected)),
    );
  });

  it("finds columns by names in what others registered, whatever their numbers", async () => {
    const written = recordFormat(protobuf(Flight, { fields, registry }), place());
    const records = await encoded(written, Flight, flights);
    expect(await decoded(protobufFormat({ registry }), Flight, records)).toEqual({
      rows: flights,
      badRecords: [],
    });
  });

  it("reads older and newer schemas side by side, and fields by number where one was renamed", async () => {
    const { topic } = place();
    const Narrow = t.row({ origin: t.utf8(), gate: t.int32().nullable() });
    const subject = `${topic}-value`;
    const old = await other.register(
      subject,
      "PROTOBUF",
      proto("message F { string origin = 1; }"),
    );
    const later = await other.register(
      subject,
      "PROTOBUF",
      proto("message F { string origin = 1; optional int32 gate = 2; }"),
    );
    const records = [withId(old, [0], text(1, "BER")), withId(later, [0], text(1, "OSL"), [16, 5])];
    expect((await decoded(protobufFormat({ registry }), Narrow, records)).rows).toEqual([
      { origin: "BER", gate: null },
      { origin: "OSL", gate: 5 },
    ]);
    const Renamed = t.row({ start: t.utf8() });
    const byNumber = protobufFormat({ fields: { start: 1 }, registry });
    expect((await decoded(byNumber, Renamed, records)).rows).toEqual([
      { start: "BER" },
      { start: "OSL" },
    ]);
  });

  it("finds the message by its indexes, and refuses another one than is asked for", async () => {
    const { topic } = place();
    const body = "message A { message B { string x = 1; } message C { string origin = 4; } }";
    const schema = proto(`package p; ${body} message D { string origin = 2; }`);
    const id = await other.register(`${topic}-value`, "PROTOBUF", schema);
    const Origin = t.row({ origin: t.utf8() });
    const nested = withId(id, [4, 0, 2], text(4, "BER"));
    const records = [
      nested,
      withId(id, [2, 2], text(2, "OSL")),
      withId(id, [0], text(1, "x")),
      withId(id, [2, 8], text(1, "x")),
      withId(id, [4, 0]),
      withId(id),
      nested,
    ];
    const all = await decoded(protobufFormat({ registry }), Origin, records);
    expect(all.rows).toEqual([{ origin: "BER" }, { origin: "OSL" }, { origin: "BER" }]);
    expect(all.badRecords.map(({ index, code }) => [index, code])).toEqual([
      [2, "FORMAT_SCHEMA_MISMATCH"],
      [3, "RECORD_MALFORMED"],
      [4, "RECORD_MALFORMED"],
      [5, "RECORD_MALFORMED"],
    ]);
    const options = { registry: { url: registry.url, recordName: "p.A.C" } };
    const { rows, badRecords } = await decoded(
      protobufFormat(options),
      Origin,
      records.slice(0, 2),
    );
    expect(rows).toEqual([{ origin: "BER" }]);
    expect(badRecords[0]!.reason).toContain("the record is a p.D, and no p.A.C");
  });

  it("follows imports between schemas", async () => {
    const { topic } = place();
    await other.register(
      `${topic}-leg`,
      "PROTOBUF",
      proto("package a; message Leg { string to = 2; }"),
    );
    const id = await other.register(
      `${topic}-value`,
      "PROTOBUF",
      proto('package b; import "leg.proto"; message Trip { repeated a.Leg legs = 1; }'),
      [{ name: "leg.proto", subject: `${topic}-leg`, version: 1 }],
    );
    const Trip = t.row({ legs: t.list(t.row({ to: t.utf8() })) });
    const inner = text(2, "OSL");
    const record = withId(id, [0, 10, inner.length], inner);
    const { rows, badRecords } = await decoded(protobufFormat({ registry }), Trip, [record]);
    expect({ rows, badRecords }).toEqual({ rows: [{ legs: [{ to: "OSL" }] }], badRecords: [] });
  });

  it("says in the registry's words why it does not take a schema", async () => {
    const at = place();
    const One = t.row({ origin: t.utf8() });
    const Other = t.row({ origin: t.int32() });
    const origin = { origin: 1 };
    await encoded(protobufFormat({ fields: origin, registry }, at), One, []);
    const failing = encoded(protobufFormat({ fields: origin, registry }, at), Other, []);
    expect((await failureOf(failing)).code).toBe("REGISTRY_INCOMPATIBLE");
  });

  it("needs fields to write, which stay the same for ever", async () => {
    const failure = await failureOf(encoded(protobufFormat({ registry }, place()), Leg, []));
    expect(failure.code).toBe("CONNECTOR_CONFIG_INVALID");
    expect(idOf(withId(7))).toBe(7);
  });
});

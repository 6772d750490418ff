import { batchToRows } from "@millrace/columnar";
import { t } from "@millrace/core";
import { jsonFormat } from "@millrace/formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonDecoder } from "../../src/json/decoder.ts";

const Row = t.row({
  id: t.int32(),
  wide: t.int64().nullable(),
  price: t.float64().nullable(),
  name: t.utf8().nullable(),
  side: t.enum(["buy", "sell"]).nullable(),
  isOpen: t.boolean().nullable(),
  at: t.timestamp().nullable(),
});
const options = {
  schema: Row.schema,
  columns: Row.schema.fields.map((f) => f.name),
  validators: new Map(),
};

function decode(bytes: Uint8Array, isFast = true) {
  const decoder = new JsonDecoder({ ...options, isFast });
  const { rows, ...rest } = decoder.decode(bytes, { rowsMax: 1000, isEnd: true });
  return { rows: batchToRows(Row.schema, rows), ...rest };
}

const value = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.constantFrom(null, "buy", "2001-02-03T04:05:06Z", "2001-02-30T04:05:06.789Z", -0, 1e300, {}),
);
const record = fc.record(
  {
    id: fc.integer(),
    wide: value,
    price: value,
    name: value,
    side: value,
    isOpen: value,
    at: value,
  },
  { requiredKeys: ["id"] },
);
const mutation = fc.tuple(fc.nat(), fc.constantFrom(...'"\\{}[]:,0.eE-+ \t\n\u0001tn'));

describe("JsonDecoder", () => {
  it("gives the same with and without the fast path", () => {
    const input = fc.tuple(
      fc.array(record, { maxLength: 4 }),
      fc.array(mutation, { maxLength: 3 }),
    );
    fc.assert(
      fc.property(input, ([records, mutations]) => {
        const bytes = new TextEncoder().encode(records.map((r) => JSON.stringify(r)).join("\n"));
        for (const [at, byte] of mutations) {
          if (bytes.length > 0) bytes[at % bytes.length] = byte.charCodeAt(0);
        }
        expect(decode(bytes)).toEqual(decode(bytes, false));
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  it("keeps good rows beside a bad record and numbers both", () => {
    const result = decode(new TextEncoder().encode('{"id":1}\n\n{"id":"x"}\n{"id":3}'));
    expect(result.rows.map((row) => row["id"])).toEqual([1, 3]);
    expect([...result.recordIndex!]).toEqual([0, 2]);
    expect(result.badRecords[0]).toMatchObject({
      index: 1,
      code: "RECORD_FIELD_TYPE",
      raw: '{"id":"x"}',
    });
  });

  it("leaves a record without its end unread until the input ends", () => {
    const bytes = new TextEncoder().encode('{"id":1}\n{"id":2}');
    const result = jsonFormat.decoder(options).decode(bytes, { rowsMax: 9, isEnd: false });
    expect([result.recordCount, result.bytesRead]).toEqual([1, 9]);
  });

  it("refuses invalid UTF-8", () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode('{"id":1,"name":"'), 0xff, 34, 125]);
    expect(decode(bytes).badRecords[0]!.code).toBe("RECORD_MALFORMED");
  });
});

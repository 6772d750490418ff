import { batchToRows, rowsToBatch } from "@millrace/columnar";
import {
  type FormatDescriptor,
  type InferRow,
  instant,
  isMillraceError,
  type RecordMeta,
  type RecordRanges,
  recordValue,
  t,
} from "@millrace/core";
import {
  binaryCloudEvents,
  json,
  recordFormat,
  recordHeader,
  recordKey,
  recordTime,
  structuredCloudEvents,
  withMetadata,
} from "@millrace/formats";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { decodedOnce } from "../record-ranges.ts";

const Flight = t.row({ origin: t.utf8(), delay: t.float64().nullable() });

type Header = readonly [name: string, value: Uint8Array | null];
interface Written {
  readonly value: string;
  readonly key?: Uint8Array;
  readonly time?: number;
  readonly headers?: readonly Header[];
}
const bytes = (text: string): Uint8Array => Buffer.from(text);

function zigzag(value: number): number[] {
  const out: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}

/** Records as a log with keys, times and headers gives them. */
function recordsWith(records: readonly Written[]): RecordRanges {
  const parts: number[] = [255];
  const place = (part: Iterable<number>): [number, number] => {
    const start = parts.length;
    parts.push(...part);
    return [start, parts.length - start];
  };
  const values = records.map(({ value }) => place(bytes(value)));
  const keys = records.map(({ key }) => (key === undefined ? ([0, -1] as const) : place(key)));
  const headers = records.map(({ headers: given = [] }) => {
    const all = given.flatMap(([name, value]) => [
      ...zigzag(bytes(name).length),
      ...bytes(name),
      ...(value === null ? zigzag(-1) : [...zigzag(value.length), ...value]),
    ]);
    return place([...zigzag(given.length), ...all]);
  });
  const column = (places: readonly (readonly number[])[], i: number): Int32Array =>
    Int32Array.from(places, (each) => each[i]!);
  return {
    count: records.length,
    buffer: Uint8Array.from(parts),
    valueStart: column(values, 0),
    valueLength: column(values, 1),
    meta: {
      keyStart: column(keys, 0),
      keyLength: column(keys, 1),
      timestamp: Float64Array.from(records, ({ time = 0 }) => time),
      headersStart: column(headers, 0),
    },
  };
}

/** What stands beside a record's value, read back naively. */
function metaAt({ buffer }: RecordRanges, meta: RecordMeta, i: number): Omit<Written, "value"> {
  let at = meta.headersStart[i]!;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = buffer[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  };
  const take = (size: number): Uint8Array => buffer.slice(at, (at += size));
  const count = varint();
  const headers = Array.from({ length: count }, (): Header => {
    const name = Buffer.from(take(varint())).toString();
    return [name, take(varint())];
  });
  const size = meta.keyLength[i]!;
  const start = meta.keyStart[i]!;
  return {
    headers,
    time: meta.timestamp[i]!,
    ...(size < 0 ? {} : { key: buffer.slice(start, start + size) }),
  };
}

function read<Row extends object>(
  format: FormatDescriptor<Row>,
  records: RecordRanges,
  columns = format.rowType.schema.fields.map((field) => field.name),
) {
  const { schema } = format.rowType;
  const place = { topic: "flights", part: "value" } as const;
  const decoder = recordFormat(format, place).recordDecoder({
    schema,
    columns,
    validators: new Map(),
  });
  const { rows, ...rest } = decodedOnce(decoder, { ...records, buffer: records.buffer.slice() });
  const fields = columns.map((name) => schema.fields.find((field) => field.name === name)!);
  return { rows: batchToRows({ fields }, rows), ...rest };
}

const Everything = withMetadata(json(Flight), {
  id: recordKey(t.int64({ as: "bigint" }).nullable()),
  at: recordTime(),
  trace: recordHeader("traceparent"),
  raw: recordHeader("raw", t.binary().nullable()),
  tries: recordHeader("tries", t.int32().nullable()),
  price: recordHeader("price", t.decimal({ precision: 20, scale: 2 }).nullable()),
  since: recordHeader("since", t.timestamp().nullable()),
});

describe("keys, times and headers", () => {
  it("are columns of the row type", () => {
    expectTypeOf<InferRow<typeof Everything.rowType>>().toMatchTypeOf<{
      readonly origin: string;
      readonly delay: number | null;
      readonly id: bigint | null;
      readonly trace: string | null;
      readonly tries: number | null;
    }>();
    // @ts-expect-error A key is of no such type.
    expect(codeOf(() => recordKey(t.boolean()))).toBe("CONNECTOR_CONFIG_INVALID");
    expect(codeOf(() => recordKey(t.duration()))).toBe("CONNECTOR_CONFIG_INVALID");
    expect(codeOf(() => recordHeader("x", t.list(t.utf8())))).toBe("CONNECTOR_CONFIG_INVALID");
    expect(codeOf(() => withMetadata(json(Flight), { origin: recordTime() }))).toBe(
      "PLAN_ARGUMENT_INVALID",
    );
  });

  it("are read beside values, the last header of a name", () => {
    const records = recordsWith([
      {
        value: '{"origin":"BER"}',
        key: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 254),
        time: 1_700_000_000_123,
        headers: [
          ["traceparent", bytes("old")],
          ["other", null],
          ["traceparent", bytes("nüw")],
          ["tries", bytes("3")],
          ["price", bytes("123456789012345678.90")],
          ["since", bytes("2026-01-05T08:00:00Z")],
          ["raw", Uint8Array.of(0, 200)],
        ],
      },
      { value: '{"origin":"OSL","delay":2}', headers: [["traceparent", null]] },
    ]);
    const { rows } = read(Everything, records);
    expect(rows[0]).toMatchObject({
      origin: "BER",
      id: -2n,
      at: 1_700_000_000_123,
      trace: "nüw",
      tries: 3,
      since: instant("2026-01-05T08:00:00Z"),
      raw: Uint8Array.of(0, 200),
    });
    expect(String((rows[0] as { price: unknown }).price)).toBe("123456789012345678.90");
    expect(rows[1]).toMatchObject({ delay: 2, id: null, at: 0, trace: null, tries: null });
    expect(read(Everything, records, ["trace", "origin"]).rows).toEqual([
      { trace: "nüw", origin: "BER" },
      { trace: null, origin: "OSL" },
    ]);
    expect(read(Everything, records, ["tries"]).rows).toEqual([{ tries: 3 }, { tries: null }]);
  });

  it("refuse a record when they do not fit, in order with values that do not", () => {
    const format = withMetadata(json(Flight), {
      id: recordKey(t.int64()),
      tries: recordHeader("tries", t.int32()),
    });
    const value = '{"origin":"BER"}';
    const key = Buffer.from([0, 0, 0, 0, 0, 0, 0, 7]);
    const tries = (text: string): Pick<Written, "headers"> => ({
      headers: [["tries", bytes(text)]],
    });
    const { rows, recordIndex, badRecords } = read(
      format,
      recordsWith([
        { value, key, ...tries("1") },
        { value, key: bytes("7"), ...tries("1") },
        { value: "{", key, ...tries("1") },
        { value, ...tries("1") },
        { value, key },
        { value, key, ...tries("many") },
        { value, key, ...tries("2") },
      ]),
    );
    expect(rows.map((row) => (row as { tries: number }).tries)).toEqual([1, 2]);
    expect([...recordIndex!]).toEqual([0, 6]);
    expect(badRecords.map(({ index, code }) => `${index} ${code}`)).toEqual([
      "1 RECORD_FIELD_TYPE",
      "2 RECORD_MALFORMED",
      "3 RECORD_FIELD_NULL",
      "4 RECORD_FIELD_MISSING",
      "5 RECORD_FIELD_TYPE",
    ]);
  });

  it("are refused where the log holds values only: LOG_VALUES_ONLY", () => {
    const { meta: _, ...records } = recordsWith([{ value: '{"origin":"BER"}' }]);
    expect(codeOf(() => read(Everything, records))).toBe("LOG_VALUES_ONLY");
    expect(read(Everything, records, ["origin"]).rows).toEqual([{ origin: "BER" }]);
  });

  it("are written as they are read", () => {
    const Keys = {
      text: withMetadata(json(Flight), {
        key: recordKey(t.utf8().nullable()),
        at: recordTime(),
        h: recordHeader("h"),
      }),
      bytes: withMetadata(json(Flight), {
        key: recordKey(t.binary()),
        h: recordHeader("h", t.timestamp()),
      }),
      wide: withMetadata(json(Flight), {
        key: recordKey(t.int64()),
        h: recordHeader("h", t.float64()),
      }),
      whole: withMetadata(json(Flight), {
        key: recordKey(t.int32()),
        h: recordHeader("h", t.boolean()),
      }),
    };
    const own = fc.record({ origin: fc.string(), delay: fc.constant(null) });
    const key = {
      text: fc.option(fc.string()),
      bytes: fc.uint8Array({ maxLength: 5 }),
      wide: fc.maxSafeInteger(),
      whole: fc.integer(),
    };
    const h = {
      text: fc.option(fc.string()),
      bytes: fc.integer({ min: -1e12, max: 1e12 }),
      wide: fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((each) => !Object.is(each, -0)),
      whole: fc.boolean(),
    };
    for (const name of ["text", "bytes", "wide", "whole"] as const) {
      const rowOf = fc.tuple(own, key[name], h[name], fc.maxSafeInteger());
      fc.assert(
        fc.property(fc.array(rowOf, { maxLength: 5 }), (given) => {
          const rows = given.map(([row, keyOf, hOf, at]) => ({
            ...row,
            key: keyOf,
            ...(name === "text" ? { at } : {}),
            h: hOf,
          }));
          const format = Keys[name] as FormatDescriptor<object>;
          const { schema } = format.rowType;
          const written = recordFormat(format)
            .recordEncoder(schema)
            .encode(rowsToBatch(schema, rows));
          expect(read(format, written)).toEqual({ rows, badRecords: [] });
        }),
        { seed: 5, numRuns: 60 },
      );
    }
  });

  it("are written as Kafka's clients read them", () => {
    const format = withMetadata(json(Flight), {
      id: recordKey(t.int64()),
      trace: recordHeader("trace"),
    });
    const { schema } = format.rowType;
    const batch = rowsToBatch(schema, [
      { origin: "BER", delay: null, id: 258, trace: "x" },
      { origin: "OSL", delay: null, id: -1, trace: null },
    ]);
    const written = recordFormat(format).recordEncoder(schema).encode(batch);
    expect(Buffer.from(recordValue(written, 1)).toString()).toBe('{"origin":"OSL","delay":null}');
    expect(metaAt(written, written.meta!, 0)).toEqual({
      key: Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2),
      time: Number.NaN,
      headers: [["trace", Uint8Array.from(bytes("x"))]],
    });
    expect(metaAt(written, written.meta!, 1)).toMatchObject({
      key: new Uint8Array(8).fill(255),
      headers: [],
    });
  });
});

describe("CloudEvents", () => {
  const data = { origin: "BER", delay: null };
  const time = instant("2026-01-05T08:00:00Z");

  it("in binary mode have their attributes in headers", () => {
    const format = binaryCloudEvents(json(Flight));
    const { schema } = format.rowType;
    const row = { ...data, ceId: "1", ceSource: "/s", ceType: "t", ceSubject: null, ceTime: time };
    const written = recordFormat(format)
      .recordEncoder(schema)
      .encode(rowsToBatch(schema, [row]));
    const { headers = [] } = metaAt(written, written.meta!, 0);
    const texts = headers.map(([name, value]) => [name, Buffer.from(value!).toString()]);
    expect(Object.fromEntries(texts)).toEqual({
      ce_specversion: "1.0",
      ce_id: "1",
      ce_source: "/s",
      ce_type: "t",
      ce_time: "2026-01-05T08:00:00.000Z",
    });
    expect(read(format, written).rows).toEqual([row]);
  });

  it("in structured mode are one object, of version 1.0", () => {
    const format = structuredCloudEvents(Flight);
    const { schema } = format.rowType;
    const attributes = {
      specversion: "1.0",
      id: "1",
      source: "/s",
      type: "t",
      subject: null,
    } as const;
    const row: InferRow<typeof format.rowType> = { ...attributes, time, data };
    const written = recordFormat(format)
      .recordEncoder(schema)
      .encode(rowsToBatch(schema, [row]));
    expect(JSON.parse(Buffer.from(recordValue(written, 0)).toString())).toEqual({
      ...attributes,
      time: "2026-01-05T08:00:00.000Z",
      data,
    });
    const [header] = metaAt(written, written.meta!, 0).headers!;
    expect(Buffer.from(header![1]!).toString()).toContain("application/cloudevents+json");
    const { rows, badRecords } = read(
      format,
      recordsWith([
        { value: JSON.stringify({ ...attributes, extra: 1, data }) },
        { value: JSON.stringify({ ...attributes, specversion: "0.3", data }) },
      ]),
    );
    expect(rows).toEqual([{ ...attributes, time: null, data }]);
    expect(badRecords[0]!.code).toBe("RECORD_FIELD_TYPE");
  });
});

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return isMillraceError(error) ? error.code : String(error);
  }
  return undefined;
}

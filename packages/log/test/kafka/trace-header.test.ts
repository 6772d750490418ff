import { offset, type RecordRanges, recordValue, traceParentsOf } from "@millrace/core";
import { decodeRecords, encodeRecords, type RecordsToEncode } from "@millrace/kafka";
import { expect, test } from "vitest";
import { withTraceParent } from "../../src/kafka/trace-header.ts";

const own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const other = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

function ranges(parts: readonly Uint8Array[]): RecordRanges {
  const valueLength = Int32Array.from(parts, (part) => part.length);
  let at = 0;
  const valueStart = valueLength.map((length) => (at += length) - length);
  return { count: parts.length, buffer: Buffer.concat(parts), valueStart, valueLength };
}

/** Headers in Kafka's form; of fewer than 64, with texts shorter than 64 bytes. */
function headers(pairs: readonly (readonly [string, string | null])[]): Uint8Array {
  const texts = pairs.flat().map((text) => {
    return text === null ? Buffer.of(1) : Buffer.from([text.length * 2, ...Buffer.from(text)]);
  });
  return Buffer.concat([Buffer.of(pairs.length * 2), ...texts]);
}

function part(headersOf: readonly Uint8Array[] | undefined, values = ["a", "b", "c"]) {
  const encoded: RecordsToEncode = {
    values: ranges(values.map((value) => Buffer.from(value))),
    keys: ranges(values.map((value) => Buffer.from(`key ${value}`))),
    timestamp: Float64Array.from(values, (_, index) => 1_000 + index),
    ...(headersOf === undefined ? {} : { headers: ranges(headersOf) }),
  };
  return encoded;
}

/** What a reader gets of the parts. */
function readBack(parts: readonly RecordsToEncode[]) {
  const batches = encodeRecords(parts, { timestamp: 5 });
  const bytes = Buffer.concat(batches.map((batch) => batch.bytes));
  const { records } = decodeRecords({
    topic: "t",
    partition: 0,
    bytes,
    from: offset(0),
    withMeta: true,
  });
  const values = Array.from({ length: records.count }, (_, index) =>
    Buffer.from(recordValue(records, index)).toString(),
  );
  const keys = Array.from({ length: records.count }, (_, index) => {
    const start = records.meta?.keyStart[index] as number;
    const length = records.meta?.keyLength[index] as number;
    return Buffer.from(records.buffer.subarray(start, start + length)).toString();
  });
  const each = values.map((_, index) => traceParentsOf(records, index, index + 1));
  const times = [...(records.meta?.timestamp ?? [])];
  return { values, keys, times, each, all: traceParentsOf(records, 0, records.count) };
}

const whole = {
  values: ["a", "b", "c"],
  keys: ["key a", "key b", "key c"],
  times: [1_000, 1_001, 1_002],
};

test("the first of several records gets the header, nothing else changes", () => {
  const back = readBack(withTraceParent([part(undefined)], own));
  expect(back).toEqual({ ...whole, each: [[own], [], []], all: [own] });
});

test("headers that are there stay; one that says who wrote the record is not replaced", () => {
  const some = headers([
    ["tries", null],
    ["source", "web"],
  ]);
  const traced = headers([
    ["traceparent", other],
    ["x", "y"],
  ]);
  const added = readBack(withTraceParent([part([some, some, traced])], own));
  expect(added).toEqual({ ...whole, each: [[own], [], [other]], all: [own, other] });
  const kept = readBack(withTraceParent([part([traced, some, some])], own));
  expect(kept).toEqual({ ...whole, each: [[other], [], []], all: [other] });
});

test("a record alone, records of several parts, and none", () => {
  expect(readBack(withTraceParent([part(undefined, ["a"]), part(undefined)], own)).each).toEqual([
    [own],
    [],
    [],
    [],
  ]);
  expect(withTraceParent([], own)).toEqual([]);
});

test("more than 63 headers, and no more than eight values", () => {
  const many = Buffer.concat([
    Buffer.of(126 | 128, 1),
    ...Array.from({ length: 127 }, () => Buffer.of(2, 120, 1)),
  ]);
  expect(readBack(withTraceParent([part([many], ["a"])], own)).all).toEqual([own]);
  const values = Array.from({ length: 20 }, (_, index) => String.fromCharCode(97 + index));
  const each = values.map((_, index) => {
    return headers([["traceparent", own.replace("b7", String(10 + index))]]);
  });
  expect(readBack([part(each, values)]).all).toHaveLength(8);
});

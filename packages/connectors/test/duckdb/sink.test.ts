import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { batchToRows, concatBatches, rowsToBatch, sliceRows } from "@millrace/columnar";
import {
  Decimal,
  type Json,
  type RowSchema,
  type Sink,
  type SinkContext,
  systemClock,
  t,
} from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { duckdb, duckdbConnector, duckdbTable } from "../../src/duckdb/index.ts";

const Reading = t.row({ id: t.int32(), name: t.utf8().nullable() });

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-duckdb-"));
  file = join(directory, "test.duckdb");
});
afterEach(() => rm(directory, { recursive: true }));

function context(schema: RowSchema, options: Json, sinkId = "out"): SinkContext {
  const rest = { pipeline: "p", generation: 1, partitions: 1, clock: systemClock };
  return { ...rest, sinkId, schema, options };
}

async function open(
  schema: RowSchema = Reading.schema,
  options: { table?: string; whenFresh?: "replace" | "append"; key?: string[] } = {},
  sinkId = "out",
): Promise<Sink> {
  const descriptor = duckdb({ table: "readings", file, ...options });
  const sink = await duckdbConnector.openSink?.(context(schema, descriptor.options, sinkId));
  return sink as Sink;
}

async function query(sql: string): Promise<unknown[]> {
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(sql);
  const rows = result.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const readings = (...ids: number[]) => [
  rowsToBatch(
    Reading.schema,
    ids.map((id) => ({ id, name: id % 2 === 0 ? null : `row ${id}` })),
  ),
];
const token = (offset: number, generation = 1) => ({ generation, offset: BigInt(offset) });
const first = { partition: 0, expected: undefined };

describe("a fresh start", () => {
  test("with replace removes rows and tokens, and takes new columns", async () => {
    const sink = await open();
    await sink.write({ ...first, rows: readings(1), next: token(1) });
    await sink.close();
    const Other = t.row({ other: t.float64() });
    const next = await open(Other.schema);
    await next.startAfresh();
    expect(await next.readToken(0)).toBeUndefined();
    const rows = [rowsToBatch(Other.schema, [{ other: 1.5 }])];
    await next.write({ ...first, rows, next: token(1, 2) });
    await next.close();
    expect(await query("FROM readings")).toEqual([{ other: 1.5 }]);
  });

  test("does not drop a table of other columns that it never wrote", async () => {
    await query("CREATE TABLE readings AS SELECT 1 AS mine");
    const sink = await open();
    await expect(sink.startAfresh()).rejects.toMatchObject({ code: "SINK_TABLE_MISMATCH" });
    await sink.close();
    expect(await query("FROM readings")).toEqual([{ mine: 1 }]);
  });
});

describe("an existing table", () => {
  test.each([
    ["id INTEGER", 'it has no column "name" (VARCHAR)'],
    ["id BIGINT, name VARCHAR", 'its column "id" is BIGINT, not INTEGER'],
    ["name VARCHAR, id INTEGER", 'its column 1 is "name", not "id"'],
    ["id INTEGER, name VARCHAR, more DATE", 'it has a column "more" too many'],
  ])("(%s) is refused: %s", async (columns, problem) => {
    await query(`CREATE TABLE readings (${columns})`);
    const sink = await open();
    const write = sink.write({ ...first, rows: readings(1), next: token(1) });
    await expect(write).rejects.toMatchObject({ code: "SINK_TABLE_MISMATCH", params: { problem } });
    await sink.close();
  });

  test("of the same columns is appended to", async () => {
    await query("CREATE TABLE readings AS SELECT 7 AS id, 'old' AS name");
    const sink = await open();
    await sink.write({ ...first, rows: readings(8), next: token(1) });
    await sink.close();
    expect(await query("SELECT id FROM readings")).toEqual([{ id: 7 }, { id: 8 }]);
  });
});

test("only a sink with a key takes updating streams", () => {
  expect(duckdb({ table: "readings", key: ["id"] }).updatesKey).toEqual(["id"]);
  expect(duckdb({ table: "readings" }).updatesKey).toBeUndefined();
});

const Everything = t.row({
  boolean: t.boolean().nullable(),
  int8: t.int8(),
  uint16: t.uint16(),
  int64: t.int64().nullable(),
  big: t.uint64({ as: "bigint" }),
  float32: t.float32(),
  float64: t.float64().nullable(),
  small: t.decimal({ precision: 4, scale: 1 }),
  medium: t.decimal({ precision: 9, scale: 2 }).nullable(),
  large: t.decimal({ precision: 18, scale: 3 }),
  huge: t.decimal({ precision: 38, scale: 4 }),
  text: t.utf8(),
  bytes: t.binary().nullable(),
  day: t.date(),
  at: t.timestamp(),
  micro: t.timestamp({ unit: "us" }),
  nano: t.timestamp({ unit: "ns" }),
  took: t.duration(),
  color: t.enum(["red", "green"]),
  tags: t.list(t.utf8().nullable()).nullable(),
  nested: t.row({ a: t.int32(), "b c": t.list(t.float64()) }).nullable(),
  counts: t.map(t.int32().nullable()),
  json: t.json(),
});

function everyRow(index: number): object {
  const isNull = index % 3 === 0;
  const sign = index % 2 === 0 ? -1 : 1;
  return {
    boolean: isNull ? null : index % 2 === 0,
    int8: (index % 100) * sign,
    uint16: index % 65_536,
    int64: isNull ? null : sign * index * 1e10,
    big: 2n ** 63n + BigInt(index),
    float32: index / 4,
    float64: isNull ? null : index / 3,
    small: new Decimal(BigInt((index % 9999) * sign), 1),
    medium: isNull ? null : new Decimal(BigInt(index * sign), 2),
    large: new Decimal(BigInt(sign * index) * 10n ** 12n + 7n, 3),
    huge: new Decimal(BigInt(sign * index) * 10n ** 30n, 4),
    text: index % 5 === 0 ? `a long text of row ${index} – ü` : `r${index}`,
    bytes: isNull ? null : Uint8Array.of(0, index & 255, 255),
    day: index - 500,
    at: sign * index * 86_399_999_123,
    micro: BigInt(index) * -1_000_003n,
    nano: BigInt(index) * 1_000_000_007n,
    took: index * 1000,
    color: index % 2 === 0 ? "red" : "green",
    tags: isNull ? null : Array.from({ length: index % 4 }, (_, i) => (i === 1 ? null : `t${i}`)),
    nested: index % 7 === 0 ? null : { a: index, "b c": [index / 2, -index] },
    counts: Object.fromEntries([[`k${index}`, isNull ? null : index]]),
    json: { index, list: [1, "x", null] },
  };
}

test("every kind of column comes back as it was, from batches cut anywhere", async () => {
  const rows = Array.from({ length: 5000 }, (_, index) => everyRow(index));
  const whole = rowsToBatch(Everything.schema, rows);
  const sink = await open(Everything.schema);
  const cuts = [sliceRows(whole, 0, 3), sliceRows(whole, 3, 2100), sliceRows(whole, 2100, 5000)];
  await sink.write({ ...first, rows: cuts, next: token(5000) });
  const { openSource } = duckdbConnector;
  const source = await openSource?.({
    sourceId: "in",
    options: duckdbTable(file, "readings", Everything).options,
    schema: Everything.schema,
    columns: Everything.schema.fields.map((field) => field.name),
    validators: new Map(),
    partitions: 4,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const reader = await source?.openReader(0, undefined);
  const read = [];
  for (;;) {
    const batch = await reader?.read(1000);
    if (batch === undefined || typeof batch === "string") break;
    read.push(batch.rows);
  }
  expect(batchToRows(Everything.schema, concatBatches(read))).toEqual(
    batchToRows(Everything.schema, whole),
  );
  await reader?.close();
  await source?.close();
  await sink.close();
});

test("sinks of one file write side by side and the last to close releases the file", async () => {
  const sinks = await Promise.all(
    ["a", "b", "c"].map((name) => open(Reading.schema, { table: name }, name)),
  );
  for (let round = 0; round < 5; round++) {
    const expected = round === 0 ? undefined : token(round);
    const next = token(round + 1);
    await Promise.all(
      sinks.map((sink) => sink.write({ partition: 0, rows: readings(round), expected, next })),
    );
  }
  await Promise.all(sinks.map((sink) => sink.close()));
  const counts = ["a", "b", "c"].map((name) => `SELECT count(*) AS n FROM ${name}`);
  expect(await query(counts.join(" UNION ALL "))).toEqual([{ n: "5" }, { n: "5" }, { n: "5" }]);
});

test("a file that is no database is told apart from a locked one", async () => {
  const descriptor = duckdb({ table: "x", file: directory });
  const opened = duckdbConnector.openSink?.(context(Reading.schema, descriptor.options));
  await expect(opened).rejects.toMatchObject({ code: "DUCKDB_FAILED" });
});

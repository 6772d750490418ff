import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { batchToRows } from "@millrace/columnar";
import { openFiles, parquet } from "@millrace/connectors/files";
import {
  type ColumnCondition,
  type Json,
  type NeededRows,
  type RowType,
  type Source,
  type SourceBatch,
  systemClock,
  t,
} from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "row-groups-"));
const groupRows = 2_048;
const start = Date.UTC(2026, 0, 5);

let write: (name: string, columns: string, groups?: number) => Promise<string>;

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  write = async (name, columns, groups = 4) => {
    const path = join(folder, `${name}.parquet`);
    const rows = `SELECT range AS i, range // ${groupRows} AS g FROM range(${groups * groupRows})`;
    await connection.run(
      `COPY (SELECT ${columns} FROM (${rows})) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${groupRows})`,
    );
    return path;
  };
});

const timeColumn = "TIMESTAMP '2026-01-05' + to_seconds(i) AS at";
const numberColumn = "CAST(g * 10 + i % 5 AS INTEGER) AS n";

function open(path: string, rowType: RowType<object>, needed?: NeededRows): Promise<Source> {
  const descriptor = parquet(path, rowType);
  return openFiles({
    sourceId: "s",
    options: descriptor.options,
    schema: rowType.schema,
    columns: rowType.schema.fields.map((field) => field.name),
    ...(needed === undefined ? {} : { needed }),
    validators: new Map(),
    partitions: 1,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

async function batchesOf(source: Source, position?: Json): Promise<SourceBatch[]> {
  const reader = await source.openReader(0, position);
  const batches: SourceBatch[] = [];
  for (;;) {
    const batch = await reader.read(1_000);
    if (typeof batch === "string") break;
    batches.push(batch);
  }
  expect(reader.progress().done).toBe(reader.progress().total);
  await reader.close();
  return batches;
}

/** Row groups that were left out, by the records before each. */
async function skippedOffsets(
  path: string,
  rowType: RowType<object>,
  needed: NeededRows,
): Promise<number[]> {
  const source = await open(path, rowType, needed);
  const batches = await batchesOf(source);
  await source.close();
  return batches.flatMap((batch) => (batch.skipped === undefined ? [] : [batch.firstOffset]));
}

function condition(
  column: string,
  comparison: ColumnCondition["comparison"],
  ...values: (number | string)[]
): ColumnCondition {
  return { column, comparison, values };
}

const Row = t.row({ at: t.timestamp(), n: t.int32() });
const eventTime = { column: "at", latest: Infinity };

describe("row groups", () => {
  it("are left out with their count and greatest event time, and keep their offsets", async () => {
    const path = await write("plain", `${timeColumn}, ${numberColumn}`);
    const needed = { conditions: [condition("n", "gte", 20)], eventTime };
    const source = await open(path, Row, needed);
    const batches = await batchesOf(source);
    expect(batches.slice(0, 3)).toMatchObject([
      {
        firstOffset: 0,
        skipped: { count: groupRows, eventTimeMax: start + (groupRows - 1) * 1000 },
      },
      {
        firstOffset: groupRows,
        position: { split: 2, row: 0, offset: groupRows * 2 },
        skipped: { count: groupRows, eventTimeMax: start + (groupRows * 2 - 1) * 1000 },
      },
      { firstOffset: groupRows * 2 },
    ]);
    expect(batches[2]?.rows.numRows).toBe(1_000);
    expect(batches[2]?.skipped).toBeUndefined();
    const rows = batches.flatMap((batch) => batchToRows(Row.schema, batch.rows)) as { n: number }[];
    expect(rows).toHaveLength(groupRows * 2);
    expect(Math.min(...rows.map((row) => row.n))).toBe(20);
    await source.close();
  });

  it("that are left out are not touched: damage within them is not seen", async () => {
    const intact = await write("intact", `${timeColumn}, ${numberColumn}, 'row ' || i AS name`);
    const Named = t.row({ at: t.timestamp(), n: t.int32(), name: t.utf8() });
    const bytes = readFileSync(intact);
    // The first row group begins right after the four bytes of the head.
    bytes.fill(0xff, 4, 2_000);
    const damaged = join(folder, "damaged.parquet");
    writeFileSync(damaged, bytes);
    const whole = await open(damaged, Named);
    await expect(batchesOf(whole)).rejects.toMatchObject({ code: /^FILE_/ });
    await whole.close();
    const needed = { conditions: [condition("n", "gte", 20)], eventTime };
    expect(await skippedOffsets(damaged, Named, needed)).toEqual([0, groupRows]);
  });

  it("are left out from the middle on where an earlier run has read some of their rows", async () => {
    const path = await write("middle", `${timeColumn}, ${numberColumn}`);
    const whole = await open(path, Row);
    const position = (await batchesOf(whole))[0]?.position;
    await whole.close();
    const source = await open(path, Row, { conditions: [condition("n", "gte", 30)], eventTime });
    const [first] = await batchesOf(source, position);
    expect(first).toMatchObject({
      firstOffset: 1_000,
      position: { split: 1, row: 0, offset: groupRows },
      skipped: { count: groupRows - 1_000 },
    });
    await source.close();
  });

  it.each([
    ["a future event time may be among them", { column: "at", latest: start + 2_046_999 }, []],
    [
      "none may be, up to the limit itself",
      { column: "at", latest: start + 4_095_000 },
      [0, 2_048],
    ],
  ] as const)("are read where %s", async (_, time, expected) => {
    const path = await write("future", `${timeColumn}, ${numberColumn}`);
    const needed = { conditions: [condition("n", "gte", 20)], eventTime: time };
    expect(await skippedOffsets(path, Row, needed)).toEqual(expected);
  });

  it("are read where an event time is missing, as that record is a dead letter", async () => {
    const path = await write(
      "missing",
      `CASE WHEN i <> 5 THEN TIMESTAMP '2026-01-05' + to_seconds(i) END AS at, ${numberColumn}`,
    );
    const Nullable = t.row({ at: t.timestamp().nullable(), n: t.int32() });
    const needed = { conditions: [condition("n", "gte", 20)], eventTime };
    expect(await skippedOffsets(path, Nullable, needed)).toEqual([groupRows]);
  });

  it("are read where a value does not fit its column, as the statistics show", async () => {
    const path = await write("misfit", `${timeColumn}, ${numberColumn}, i - 4_000 AS small`);
    const Small = t.row({ at: t.timestamp(), n: t.int32(), small: t.int16() });
    const wide = await write("misfit-wide", `${timeColumn}, ${numberColumn}, i * 20 AS small`);
    const needed = { conditions: [condition("n", "gte", 40)], eventTime };
    expect(await skippedOffsets(path, Small, needed)).toHaveLength(4);
    const source = await open(wide, Small, needed);
    await expect(batchesOf(source)).rejects.toMatchObject({ code: "FILE_VALUE_INVALID" });
    await source.close();
  });

  it("are read where a null stands in a column that is not nullable", async () => {
    const path = await write("nulls", `${timeColumn}, CASE WHEN i <> 9 THEN 1 END AS n`);
    const source = await open(path, Row, { conditions: [condition("n", "eq", 2)], eventTime });
    await expect(batchesOf(source)).rejects.toMatchObject({ code: "FILE_VALUE_INVALID" });
    await source.close();
  });

  it("are read where two columns differ in nothing but case", async () => {
    const written = await write("unlike", `${timeColumn}, 1 AS "Depth", i AS "depty"`);
    const path = join(folder, "alike.parquet");
    const text = readFileSync(written, "latin1").replaceAll("depty", "depth");
    writeFileSync(path, text, "latin1");
    const Quoted = t.row({ at: t.timestamp(), Depth: t.int32() });
    const needed = { conditions: [condition("Depth", "eq", 2)], eventTime };
    expect(await skippedOffsets(written, Quoted, needed)).toHaveLength(4);
    expect(await skippedOffsets(path, Quoted, needed)).toEqual([]);
  });

  it("are read where the bounds of a text were cut short", async () => {
    const path = await write("long", `${timeColumn}, repeat('x', 300) || i AS name`);
    const Named = t.row({ at: t.timestamp(), name: t.utf8() });
    const needed = { conditions: [condition("name", "lt", "a")], eventTime };
    expect(await skippedOffsets(path, Named, needed)).toEqual([]);
  });

  it.each([
    [
      "order of UTF-8 bytes",
      "CASE WHEN g = 1 THEN '\u{1f600}' ELSE '\uffee' END AS v",
      t.utf8(),
      condition("v", "gt", "\uffff"),
      [0, 2, 3],
    ],
    [
      "an instant in µs",
      "TIMESTAMP '1969-12-31 23:59:59.999999' + to_seconds(g) AS v",
      t.timestamp({ unit: "us" }),
      condition("v", "lt", "0"),
      [1, 2, 3],
    ],
    [
      "an instant in ns",
      "TIMESTAMP_NS '1970-01-01 00:00:00.000000001' AS v",
      t.timestamp({ unit: "ns" }),
      condition("v", "gt", "1"),
      [0, 1, 2, 3],
    ],
    [
      "a date before 1970",
      "DATE '1969-12-30' + CAST(g AS INTEGER) AS v",
      t.date(),
      condition("v", "gte", 0),
      [0, 1],
    ],
    [
      "a year of five digits",
      "DATE '9999-12-30' + CAST(g AS INTEGER) AS v",
      t.date(),
      condition("v", "lt", 0),
      [0, 1],
    ],
    [
      "unsigned integers",
      "CAST(4294967290 + g AS UINTEGER) AS v",
      t.uint32(),
      condition("v", "gt", 4_294_967_291),
      [0, 1],
    ],
    [
      "wide integers",
      "9223372036854775800 + g AS v",
      t.int64({ as: "bigint" }),
      condition("v", "gt", "9223372036854775801"),
      [0, 1],
    ],
    ["negative zero", "-0.0::DOUBLE AS v", t.float64(), condition("v", "lt", 0), [0, 1, 2, 3]],
    ["zero as negative zero", "-0.0::DOUBLE AS v", t.float64(), condition("v", "eq", 0), []],
    ["single precision", "0.1::FLOAT AS v", t.float64(), condition("v", "gt", 0.1), []],
    [
      "infinity",
      "CASE WHEN g = 0 THEN 'inf'::DOUBLE ELSE 1e300 END AS v",
      t.float64(),
      condition("v", "gt", 1e301),
      [1, 2, 3],
    ],
    [
      "values that are not numbers",
      "CASE WHEN g = 0 THEN 'nan'::DOUBLE ELSE 1 END AS v",
      t.float64(),
      condition("v", "gt", 2),
      [1, 2, 3],
    ],
    [
      "nulls alone",
      "CASE WHEN g = 0 THEN 1 END AS v",
      t.int32().nullable(),
      condition("v", "isNotNull"),
      [1, 2, 3],
    ],
    [
      "nulls beside values",
      "CASE WHEN i % 2 = 0 THEN g END AS v",
      t.int32().nullable(),
      condition("v", "isNotNull"),
      [],
    ],
    ["one of no values", "1 AS v", t.int32(), condition("v", "isIn"), [0, 1, 2, 3]],
    [
      "a value between",
      "CASE WHEN i % 2 = 0 THEN 0 ELSE 9 END AS v",
      t.int32(),
      condition("v", "isIn", 5, 12),
      [],
    ],
  ] as const)("are judged exactly: %s", async (name, column, type, only, expected) => {
    const path = await write(`exact-${name.replaceAll(" ", "-")}`, column);
    const needed = { conditions: [only] };
    const offsets = await skippedOffsets(path, t.row({ v: type }), needed);
    expect(offsets.map((offset) => offset / groupRows)).toEqual(expected);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { batchToRows } from "@millrace/columnar";
import { type RowSchema, type Source, type SourceDescriptor, systemClock, t } from "@millrace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { duckdbConnector, duckdbQuery, duckdbTable } from "../../src/duckdb/index.ts";

const Row = t.row({ id: t.int64(), name: t.utf8() });

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-duckdb-source-"));
  file = join(directory, "test.duckdb");
  const instance = await DuckDBInstance.create(file);
  const connection = await instance.connect();
  await connection.run(`
    CREATE TABLE numbers AS
    SELECT 9999 - range AS id, if(range = 3000, NULL, concat('n', range)) AS name FROM range(10000)`);
  connection.closeSync();
  instance.closeSync();
});
afterAll(() => rm(directory, { recursive: true }));

async function open<R extends object>(
  descriptor: SourceDescriptor<R>,
  schema: RowSchema = Row.schema,
): Promise<Source> {
  const source = await duckdbConnector.openSource?.({
    sourceId: "in",
    options: descriptor.options,
    schema,
    columns: schema.fields.map((field) => field.name),
    validators: new Map(),
    partitions: 3,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  return source as Source;
}

/** Ids, positions and dead letters of all reads from a position on. */
async function readAll(source: Source, position: number | undefined, rowsMax: number) {
  const reader = await source.openReader(0, position);
  const ids: unknown[] = [];
  const letters: number[] = [];
  let last: unknown = position;
  for (;;) {
    const batch = await reader.read(rowsMax);
    if (typeof batch === "string") break;
    ids.push(...batchToRows(Row.schema, batch.rows).map((row) => row["id"]));
    letters.push(...batch.deadLetters.map((letter) => letter.offset));
    last = batch.position;
  }
  await reader.close();
  return { ids, letters, last };
}

test("a table is read in order of insertion; a null where none may be is a dead letter", async () => {
  const source = await open(duckdbTable(file, "numbers", Row));
  const { ids, letters, last } = await readAll(source, undefined, 1000);
  expect({ count: ids.length, first: ids[0], end: ids.at(-1) }).toEqual({
    count: 9999,
    first: 9999,
    end: 0,
  });
  expect(letters).toEqual([3000]);
  expect(last).toBe(10_000);
  await source.close();
});

test("a reader opened at a position goes on there, whatever the batch size was", async () => {
  const source = await open(duckdbTable(file, "numbers", Row));
  const whole = await readAll(source, undefined, 700);
  const rest = await readAll(source, 5000, 333);
  expect(rest.ids).toEqual(whole.ids.slice(4999));
  await source.close();
});

test("a query keeps its own order and is bounded", async () => {
  const sql = "SELECT id, 'x' AS name FROM numbers WHERE id < 3 ORDER BY id";
  const source = await open(duckdbQuery(file, sql, Row));
  expect(source.isBounded).toBe(true);
  expect(source.partitionCount).toBe(1);
  expect((await readAll(source, undefined, 10)).ids).toEqual([0, 1, 2]);
  await source.close();
});

test("a column that the table does not have is named", async () => {
  const Other = t.row({ missing: t.int64() });
  const opened = open(duckdbTable(file, "numbers", Other), Other.schema);
  await expect(opened).rejects.toMatchObject({
    code: "FILE_COLUMN_MISSING",
    params: { column: "missing", columns: ["id", "name"] },
  });
});

test("a file that is not there is not made", async () => {
  const opened = open(duckdbTable(join(directory, "none.duckdb"), "numbers", Row));
  await expect(opened).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

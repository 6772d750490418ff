import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { batchToRows } from "@millrace/columnar";
import { mapFileError, ndjson, openFiles, parquet } from "@millrace/connectors/files";
import { type Json, type Source, type SourceDescriptor, systemClock, t } from "@millrace/core";
import { beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "files-"));
const Row = t.row({ n: t.int32(), at: t.timestamp().nullable(), name: t.utf8() });

function open(descriptor: SourceDescriptor<object>, partitions = 2): Promise<Source> {
  return openFiles({
    sourceId: "s",
    options: descriptor.options,
    schema: descriptor.rowType.schema,
    columns: descriptor.rowType.schema.fields.map((f) => f.name),
    validators: new Map(),
    partitions,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

async function readAll(source: Source, rowsMax: number, partition = 0, position?: Json) {
  const reader = await source.openReader(partition, position);
  const rows: unknown[] = [];
  const letters: unknown[] = [];
  const positions: Json[] = [];
  for (
    let got = await reader.read(rowsMax);
    typeof got !== "string";
    got = await reader.read(rowsMax)
  ) {
    rows.push(...batchToRows(Row.schema, got.rows));
    letters.push(...got.deadLetters);
    positions.push(got.position);
  }
  await reader.close();
  return { rows, letters, positions };
}

const rangeFile = join(folder, "range.parquet");
const select =
  "SELECT range n, CASE WHEN range % 3 > 0 THEN TIMESTAMP '1969-12-31 23:00:00' + INTERVAL (range) SECOND END AS at, " +
  "CASE WHEN range % 2 = 0 THEN 'é' || range ELSE 'a long text, number ' || range END AS name FROM range(9000)";

beforeAll(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (${select}) TO '${rangeFile}' (FORMAT parquet, ROW_GROUP_SIZE 4096)`);
});

describe("openFiles", () => {
  it("splits a parquet file by row group and reads every value", async () => {
    const source = await open(parquet(rangeFile, Row));
    expect(source.partitionCount).toBe(2);
    const all = [
      ...(await readAll(source, 1000, 0)).rows,
      ...(await readAll(source, 1000, 1)).rows,
    ];
    const sorted = (all as { n: number }[]).toSorted((a, b) => a.n - b.n);
    const expected = Array.from({ length: 9000 }, (_, n) => ({
      n,
      at: n % 3 > 0 ? -3_600_000 + n * 1000 : null,
      name: n % 2 === 0 ? `é${n}` : `a long text, number ${n}`,
    }));
    expect(sorted).toEqual(expected);
    await source.close();
  });

  it("reads a parquet file on from any position", async () => {
    const source = await open(parquet(rangeFile, Row), 1);
    const { rows, positions } = await readAll(source, 1700);
    const rest = await readAll(source, 640, 0, positions[2]);
    expect(rest.rows).toEqual(rows.slice(rows.length - rest.rows.length));
    expect(rest.rows.length).toBe(9000 - (positions[2] as { offset: number }).offset);
    await source.close();
  });

  it.each([
    ["FILE_NOT_FOUND", () => parquet(join(folder, "none.parquet"), Row)],
    ["FILE_COLUMN_MISSING", () => parquet(rangeFile, t.row({ other: t.utf8() }))],
    ["FILE_COLUMN_TYPE", () => parquet(rangeFile, t.row({ name: t.int32() }))],
  ])("says %s for a file that does not fit", async (code, descriptor) => {
    await expect(open(descriptor())).rejects.toMatchObject({ code });
  });

  it("stops at a value out of the declared range and says where", async () => {
    const source = await open(parquet(rangeFile, t.row({ n: t.int8() })), 1);
    const reader = await source.openReader(0, undefined);
    await expect(reader.read(10)).rejects.toMatchObject({
      code: "FILE_VALUE_INVALID",
      params: { row: 128, column: "n", value: "128" },
    });
    await reader.close();
    await source.close();
  });

  it("stops at a null in a column that is not nullable and says where", async () => {
    const Strict = t.row({ at: t.timestamp() });
    const source = await open(parquet(rangeFile, Strict), 1);
    const reader = await source.openReader(0, undefined);
    await expect(reader.read(10)).rejects.toMatchObject({
      code: "FILE_VALUE_INVALID",
      params: { row: 0, column: "at", value: "null" },
    });
    await reader.close();
    await source.close();
  });

  it("says FILE_CORRUPT for a parquet file that lost its end", async () => {
    const cut = join(folder, "lost-end.parquet");
    const bytes = readFileSync(rangeFile);
    writeFileSync(cut, bytes.subarray(0, bytes.length - 100));
    await expect(open(parquet(cut, Row))).rejects.toMatchObject({ code: "FILE_CORRUPT" });
  });

  it("says FILE_CORRUPT for a truncated parquet file", async () => {
    const cut = join(folder, "cut.parquet");
    writeFileSync(cut, "PAR1 and nothing more of it at all");
    truncateSync(cut, 20);
    await expect(open(parquet(cut, Row))).rejects.toMatchObject({ code: "FILE_CORRUPT" });
  });

  it("gives the same ndjson rows and dead letters from any position and rowsMax", async () => {
    const path = join(folder, "rows.ndjson");
    const lines = Array.from({ length: 20_000 }, (_, n) =>
      n % 997 === 5 ? "\n{broken" : JSON.stringify({ n, at: n, name: `x${n}` }),
    );
    writeFileSync(path, `${lines.join("\n")}\n`);
    const source = await open(ndjson(path, Row));
    const whole = await readAll(source, 100_000);
    const small = await readAll(source, 333);
    expect(small.rows).toEqual(whole.rows);
    expect(small.letters).toEqual(whole.letters);
    const rest = await readAll(source, 1000, 0, small.positions[30]);
    expect(rest.rows).toEqual(whole.rows.slice(whole.rows.length - rest.rows.length));
    expect(rest.letters.length).toBeGreaterThan(0);
    expect(whole.letters).toEqual(expect.arrayContaining(rest.letters));
    expect(whole.letters[0]).toMatchObject({ offset: 5, place: { file: path, line: 7 } });
    await source.close();
  });
});

describe("mapFileError", () => {
  it("tells a denied permission", () => {
    const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(mapFileError(denied, "a").code).toBe("FILE_PERMISSION_DENIED");
  });
});

import { batchOf, SinkFixture, type SinkTable } from "@millrace/conformance";
import { Decimal, type RowSchema, t } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { describeWithStore } from "../../../../dev/services/describe.mjs";
import { readSinkConfig } from "../../src/postgres/config.ts";
import { mapPostgresError } from "../../src/postgres/error-map.ts";
import { postgres, postgresConnector } from "../../src/postgres/index.ts";
import { ask, readTable } from "./read-table.ts";

const Reading = t.row({ id: t.int32(), name: t.utf8().nullable() });
const first = { partition: 0, expected: undefined, next: { generation: 1, offset: 1n } };

describeWithStore("postgres", "the PostgreSQL sink", (server) => {
  let count = 0;
  /** A table of its own for each test; it is made by the statement, where one is given. */
  async function prepare(
    columns?: string,
    options: { key?: string[]; schema?: RowSchema } = {},
  ): Promise<{ fixture: SinkFixture; table: SinkTable }> {
    const name = `sink_${(count += 1)}`;
    const { key, schema = Reading.schema } = options;
    if (columns !== undefined) await ask(server.url, `CREATE TABLE ${name} (${columns})`);
    return { fixture: fixtureOf(server.url, name), table: { name, schema, ...(key && { key }) } };
  }

  function fixtureOf(url: string, name: string): SinkFixture {
    const store = {
      connector: postgresConnector,
      descriptor: ({ name: table, key }: SinkTable) =>
        key === undefined ? postgres({ url, table }) : postgres({ url, table, key }),
      read: ({ name: table, schema }: SinkTable) => readTable(server.url, table, schema),
    };
    return new SinkFixture(store, name);
  }

  it.each([
    ["name text", 'it has no column "id" (integer)'],
    ["id bigint, name text", 'its column "id" is bigint, not integer'],
    ["id integer, name uuid", 'its column "name" is uuid, not text'],
    [
      "id integer, name text NOT NULL",
      'its column "name" takes no nulls, and the rows may have some',
    ],
    [
      "id integer, name text, more date NOT NULL",
      'its column "more" needs a value, and the rows have none',
    ],
  ])("refuses a table of (%s): %s", async (columns, problem) => {
    const { fixture, table } = await prepare(columns);
    const opening = fixture.openAlone(table);
    await expect(opening).rejects.toMatchObject({
      code: "SINK_TABLE_MISMATCH",
      params: { problem },
    });
  });

  it("refuses a table with a key of which equal rows are not known", async () => {
    for (const [columns, key, rule] of [
      ["id integer, name text", ["id"], 'UNIQUE index on ("id")'],
      [
        "id integer UNIQUE, name text UNIQUE",
        ["name"],
        'UNIQUE NULLS NOT DISTINCT index on ("name")',
      ],
    ] as const) {
      const { fixture, table } = await prepare(columns, { key: [...key] });
      await expect(fixture.openAlone(table)).rejects.toMatchObject({
        code: "SINK_TABLE_MISMATCH",
        params: { problem: `it has no ${rule}` },
      });
    }
  });

  it("adds a column that the table lacks, and leaves others and their values alone", async () => {
    const { fixture, table } = await prepare(
      "more text DEFAULT 'd', id integer, at serial, UNIQUE (id)",
      { key: ["id"] },
    );
    await ask(server.url, `INSERT INTO ${table.name} (id, more) VALUES (1, 'kept'), (2, 'kept')`);
    const sink = await fixture.open(table);
    const rows = [
      batchOf(
        table,
        [1, 3].map((id) => ({ id, name: `n${id}` })),
      ),
    ];
    await sink.write({ ...first, rows });
    const sql = `SELECT id, name, more FROM ${table.name} ORDER BY id`;
    expect(await ask(server.url, sql)).toEqual([
      { id: 1, name: "n1", more: "kept" },
      { id: 2, name: null, more: "kept" },
      { id: 3, name: "n3", more: "d" },
    ]);
  });

  it("appends to a partitioned table, which has no key", async () => {
    const { fixture, table } = await prepare();
    await ask(
      server.url,
      `CREATE TABLE ${table.name} (id integer, name varchar(20)) PARTITION BY RANGE (id);
       CREATE TABLE ${table.name}_low PARTITION OF ${table.name} FOR VALUES FROM (0) TO (10);
       CREATE TABLE ${table.name}_high PARTITION OF ${table.name} FOR VALUES FROM (10) TO (99)`,
    );
    const sink = await fixture.open(table);
    await sink.write({
      ...first,
      rows: [
        batchOf(
          table,
          [5, 15].map((id) => ({ id, name: "x" })),
        ),
      ],
    });
    expect(await ask(server.url, `SELECT id FROM ${table.name}_high`)).toEqual([{ id: 15 }]);
  });

  it("takes wider numbers, json and times without a zone for what fits in them", async () => {
    const schema = t.row({
      id: t.decimal({ precision: 6, scale: 2 }),
      at: t.timestamp(),
      data: t.row({ a: t.int32() }),
    }).schema;
    const columns = "id numeric(12,4), at timestamp, data json";
    const { fixture, table } = await prepare(columns, { schema });
    const sink = await fixture.open(table);
    const row = { id: Decimal.parse("1234.56"), at: 1_700_000_000_123, data: { a: 1 } };
    await sink.write({ ...first, rows: [batchOf(table, [row])] });
    const sql = `SELECT id::text, at::text, data::text FROM ${table.name}`;
    const written = { id: "1234.5600", at: "2023-11-14 22:13:20.123", data: '{"a":1}' };
    expect(await ask(server.url, sql)).toEqual([written]);
  });

  it("names the constraint that a row breaks, and keeps nothing of the write", async () => {
    const { fixture, table } = await prepare(
      "id integer CONSTRAINT small CHECK (id < 10), name text",
    );
    const sink = await fixture.open(table);
    const rows = [
      batchOf(
        table,
        [1, 11].map((id) => ({ id, name: null })),
      ),
    ];
    const failure = await sink.write({ ...first, rows }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "POSTGRES_CONSTRAINT_VIOLATED", retry: "never" });
    expect(String(failure)).toContain("small");
    expect(await fixture.read(table)).toEqual([]);
    expect(await sink.readToken(0)).toBeUndefined();
  });

  it.each([
    ["a text with U+0000", t.utf8(), "a\0b"],
    ["a time before 4713 BC", t.timestamp(), -300_000_000_000_000],
    ["a time that 64 bits cannot hold in µs", t.timestamp(), Number.MIN_SAFE_INTEGER],
    ["microseconds far before that", t.timestamp({ unit: "us" }), -(2n ** 63n)],
  ])("refuses %s", async (_, type, value) => {
    const schema = t.row({ id: t.int32(), value: type as ReturnType<typeof t.utf8> }).schema;
    const { fixture, table } = await prepare(undefined, { schema });
    const sink = await fixture.open(table);
    const write = sink.write({ ...first, rows: [batchOf(table, [{ id: 1, value }])] });
    await expect(write).rejects.toMatchObject({ code: "POSTGRES_VALUE_REFUSED" });
    expect(await sink.readToken(0)).toBeUndefined();
  });

  it("writes rows of which one is larger than a chunk", async () => {
    const { fixture, table } = await prepare();
    const sink = await fixture.open(table);
    const rows = [10, 3_000_000, 20, 400_000, 900_000].map((length, id) => ({
      id,
      name: "ü".repeat(length / 2),
    }));
    await sink.write({ ...first, rows: [batchOf(table, rows)] });
    expect(await fixture.read(table)).toEqual(rows);
  });

  it("tells apart a login, a database and a permission that it does not have", async () => {
    const { host } = new URL(server.url);
    await ask(server.url, "CREATE ROLE reader LOGIN PASSWORD 'r'");
    const { fixture, table } = await prepare("id integer, name text");
    await (await fixture.open(table)).readToken(0);
    for (const [login, code] of [
      ["millrace:wrong@HOST/millrace", "POSTGRES_LOGIN_REFUSED"],
      ["millrace:millrace@HOST/nowhere", "POSTGRES_LOGIN_REFUSED"],
      ["reader:r@HOST/millrace", "POSTGRES_PERMISSION_DENIED"],
    ] as const) {
      const url = `postgres://${login.replace("HOST", host)}`;
      const failure = fixtureOf(url, table.name)
        .open(table)
        .then((sink) => sink.readToken(0));
      const error = await failure.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, exitCode: 3 });
      expect(String(error)).not.toContain("wrong");
    }
  });
});

describe("errors of PostgreSQL", () => {
  it.each([
    ["57P01", "POSTGRES_UNREACHABLE"],
    ["08006", "POSTGRES_UNREACHABLE"],
    ["ECONNREFUSED", "POSTGRES_UNREACHABLE"],
    ["EPIPE", "POSTGRES_UNREACHABLE"],
    ["40P01", "POSTGRES_BUSY"],
    ["53300", "POSTGRES_BUSY"],
    ["55P03", "POSTGRES_BUSY"],
    ["42703", "POSTGRES_FAILED"],
  ])("of code %j are %s", (sqlState, code) => {
    const cause = Object.assign(new Error("text."), { code: sqlState });
    const place = { server: "db:5432/x", table: "t" };
    expect(mapPostgresError(cause, place)).toMatchObject({ code, cause });
  });

  it.each([
    ["Connection terminated unexpectedly", "POSTGRES_UNREACHABLE"],
    ["SASL: client password must be a string", "POSTGRES_LOGIN_REFUSED"],
    ["x is not a function", "POSTGRES_FAILED"],
  ])("without a code, %s, are %s", (text, code) => {
    const place = { server: "db:5432/x", table: "t" };
    expect(mapPostgresError(new Error(text), place)).toMatchObject({ code });
  });
});

describe("options of the PostgreSQL sink", () => {
  it.each([
    [
      { ...(postgres({ url: "postgres://h/d", table: "t", key: ["x"] }).options as object) },
      "key names the column",
    ],
    [{ url: "postgres://h/d" }, "whenFresh must be"],
    [[], "options must be an object"],
  ])("%j are refused", (options, problem) => {
    expect(() => readSinkConfig(options as never, Reading.schema)).toThrow(problem);
  });

  it("keep the password out of plans and messages", () => {
    const { options } = postgres({ url: "postgresql://me:secret@db.test/shop", table: "t" });
    expect(JSON.stringify(options)).not.toContain("secret");
    const { server, url } = readSinkConfig(options, Reading.schema);
    expect(server).toBe("db.test:5432/shop");
    expect(url).toBe("postgresql://me:secret@db.test/shop");
  });

  it("with a key take updating streams, without one they do not", () => {
    const url = "postgres://h/d";
    expect(postgres({ url, table: "t", key: ["id"] }).updatesKey).toEqual(["id"]);
    expect(postgres({ url, table: "t" }).updatesKey).toBeUndefined();
    expect(() => postgres({ url: "mysql://h", table: "t" })).toThrow("postgres://");
    expect(() => postgres({ url, table: "t", connections: 0 })).toThrow("connections");
  });
});

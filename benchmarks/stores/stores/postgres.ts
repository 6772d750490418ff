import { postgres } from "millrace/postgres";
import pg from "pg";
import { ownStore } from "../../../dev/services/services.mjs";
import type { RoundStoreKind } from "./store.ts";

/** A server of the rounds' own. */
export const postgresStore: RoundStoreKind = {
  name: "postgres",
  version: "PostgreSQL 18.6",
  async open() {
    const server = await ownStore("postgres");
    return {
      place: server.url,
      read: (table, columns) => linesOf(server.url, table, columns),
      restart: async () => {
        await server.kill();
        await server.start();
      },
      close: () => server.close(),
    };
  },
  append: (url, table) => postgres({ url, table }),
  upsert: (url, table, key) => postgres({ url, table, key }),
};

async function linesOf(url: string, table: string, columns: readonly string[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const texts = columns.map((column) =>
      column === "at"
        ? "(extract(epoch FROM at) * 1000)::bigint::text"
        : `coalesce(${column}::text, '∅')`,
    );
    const sql = `SELECT concat_ws('|', ${texts.join(", ")}) AS line FROM ${table}`;
    const { rows } = await client.query<{ line: string }>(sql);
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}

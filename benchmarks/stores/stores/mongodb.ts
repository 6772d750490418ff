import { MongoClient } from "mongodb";
import { mongodb } from "millrace/mongodb";
import { ownStore } from "../../../dev/services/services.mjs";
import type { RoundStoreKind } from "./store.ts";

const database = "rounds";

/** A server of the rounds' own. */
export const mongodbStore: RoundStoreKind = {
  name: "mongodb",
  version: "SecantusDB 0.7.0b3 (MongoDB's protocol on WiredTiger)",
  // It is written in Python: some thousand rows a second.
  ordersMax: 4_000,
  async open() {
    const server = await ownStore("mongodb");
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
  append: (url, collection) => mongodb({ url, database, collection }),
  upsert: (url, collection, key) => mongodb({ url, database, collection, key }),
};

async function linesOf(url: string, table: string, columns: readonly string[]): Promise<string[]> {
  const client = await new MongoClient(url).connect();
  try {
    const documents = await client.db(database).collection(table).find().toArray();
    return documents.map((document) => columns.map((column) => textOf(document[column])).join("|"));
  } finally {
    await client.close();
  }
}

function textOf(value: unknown): string {
  if (value === null) return "∅";
  return value instanceof Date ? String(value.getTime()) : String(value);
}

import { duckdbStore } from "./duckdb.ts";
import { mongodbStore } from "./mongodb.ts";
import { postgresStore } from "./postgres.ts";
import { redisStore } from "./redis.ts";
import type { RoundStoreKind } from "./store.ts";

/** Every store that rounds can be run on. */
export const stores: readonly RoundStoreKind[] = [
  duckdbStore,
  postgresStore,
  redisStore,
  mongodbStore,
];

/** @throws Error when there is none of that name */
export function storeNamed(name: string): RoundStoreKind {
  const store = stores.find((each) => each.name === name);
  if (store !== undefined) return store;
  const names = stores.map((each) => each.name).join(", ");
  throw new Error(`There is no store ${JSON.stringify(name)}: ${names}.`);
}

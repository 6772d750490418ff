import { correctedQueries } from "./corrected.ts";
import { joinedQueries } from "./joined.ts";
import type { NexmarkQuery } from "./query.ts";
import { runningQueries } from "./running.ts";
import { statelessQueries } from "./stateless.ts";
import { windowedQueries } from "./windowed.ts";

/** All queries: q0, q1, …, then j1, …. */
export const queries: readonly NexmarkQuery[] = [
  ...statelessQueries,
  ...windowedQueries,
  ...joinedQueries,
  ...runningQueries,
].toSorted((a, b) => orderOf(a) - orderOf(b));

/** @throws Error where there is none of that name */
export function queryOf(name: string): NexmarkQuery {
  const query = [...queries, ...correctedQueries].find(
    (known) => known.name === name.trim().toLowerCase(),
  );
  if (query === undefined) throw new Error(`There is no query ${JSON.stringify(name)}.`);
  return query;
}

function orderOf({ name }: NexmarkQuery): number {
  return (name.startsWith("q") ? 0 : 1000) + Number(name.slice(1));
}

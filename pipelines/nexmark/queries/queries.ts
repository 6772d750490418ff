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

function orderOf({ name }: NexmarkQuery): number {
  return (name.startsWith("q") ? 0 : 1000) + Number(name.slice(1));
}

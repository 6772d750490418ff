import { queryOf } from "../queries/queries.ts";
import type { NexmarkQuery } from "../queries/query.ts";

/** Queries that are run on Kafka. */
export const kafkaQueries: readonly NexmarkQuery[] =
  "q0 q1 q2 q3 q5 q7 q8 q9 q11 q13 q14 q17 q18 q19 q20 j1 j2 j3 j4".split(" ").map(queryOf);

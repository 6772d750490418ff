import type { NexmarkQuery } from "./query.ts";

const q0: NexmarkQuery = {
  name: "q0",
  title: "pass through",
  define: ({ bids, result }) =>
    bids.select("auction", "bidder", "price", "dateTime", "extra").sink("out", result),
};

const q2: NexmarkQuery = {
  name: "q2",
  title: "selection",
  define: ({ bids, result }) =>
    bids
      .where((bid) => bid.auction.modulo(123).eq(0))
      .select("auction", "price")
      .sink("out", result),
};

const j1: NexmarkQuery = {
  name: "j1",
  title: "filter and project",
  define: ({ bids, result }) =>
    bids
      .where((bid) => bid.price.gte(100_000))
      .select("auction", "bidder", "price")
      .sink("out", result),
};

/** Queries without state. */
export const statelessQueries: readonly NexmarkQuery[] = [q0, q2, j1];

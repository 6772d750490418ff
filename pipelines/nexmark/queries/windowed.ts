import { count, seconds, session, sum, tumbling } from "millrace";
import type { NexmarkQuery } from "./query.ts";

const q11: NexmarkQuery = {
  name: "q11",
  title: "bids per session of a bidder",
  define: ({ bids, result }) =>
    bids
      .keyBy("bidder")
      .window(session(seconds(10)))
      .aggregate("sessions", () => ({ bid_count: count() }))
      .rename({ windowStart: "starttime", windowEnd: "endtime" })
      .sink("out", result),
};

const q12: NexmarkQuery = {
  name: "q12",
  title: "bids per bidder and 10 s, in event time",
  define: ({ bids, result }) =>
    bids
      .keyBy("bidder")
      .window(tumbling(seconds(10)))
      .aggregate("counts", () => ({ bid_count: count() }))
      .rename({ windowStart: "starttime", windowEnd: "endtime" })
      .sink("out", result),
};

const j2: NexmarkQuery = {
  name: "j2",
  title: "count and sum per auction and 10 s",
  define: ({ bids, result }) =>
    bids
      .keyBy("auction")
      .window(tumbling(seconds(10)))
      .aggregate("totals", (bid) => ({ n: count(), price_sum: sum(bid.price) }))
      .rename({ windowStart: "window_start" })
      .drop("windowEnd")
      .sink("out", result),
};

/** Queries over windows. */
export const windowedQueries: readonly NexmarkQuery[] = [q11, q12, j2];

import {
  count,
  hopping,
  literal,
  max,
  milliseconds,
  seconds,
  session,
  sum,
  tumbling,
} from "millrace";
import type { NexmarkQuery } from "./query.ts";

const tenSeconds = tumbling(seconds(10));

const q5: NexmarkQuery = {
  name: "q5",
  title: "auctions with the most bids per 10 s, every 2 s",
  lateRule: "window",
  define: ({ bids, result, late }) => {
    const counts = bids
      .keyBy("auction")
      .window(hopping(seconds(10), seconds(2)))
      .aggregate("counts", () => ({ num: count() }));
    if (late !== undefined) counts.late().sink("late", late);
    counts
      .keyBy("windowStart", "windowEnd")
      .topN("hottest", {
        n: 1,
        ties: "keep",
        orderBy: (row) => row.num.desc(),
        emit: "when-complete",
      })
      .select((row) => ({
        window_start: row.windowStart,
        window_end: row.windowEnd,
        auction: row.auction,
        num: row.num,
      }))
      .sink("out", result);
  },
};

const q7: NexmarkQuery = {
  name: "q7",
  title: "bids that reach the highest price of their 10 s",
  lateRule: "window",
  define: ({ bids, result, late }) => {
    const highest = bids
      .keyBy(() => ({ all: literal(0) }))
      .window(tenSeconds)
      .aggregate("highest", (bid) => ({ price: max(bid.price) }));
    if (late !== undefined) highest.late().sink("late", late);
    bids
      .keyBy("price")
      .intervalJoin("reaching", highest.keyBy("price"), {
        lower: milliseconds(0),
        upper: seconds(10),
        where: (bid, window) =>
          bid.dateTime.gte(window.windowStart).and(bid.dateTime.lt(window.windowEnd)),
        select: (bid) => ({
          auction: bid.auction,
          bidder: bid.bidder,
          price: bid.price,
          dateTime: bid.dateTime,
          extra: bid.extra,
        }),
      })
      .sink("out", result);
  },
};

const q11: NexmarkQuery = {
  name: "q11",
  title: "bids per session of a bidder",
  lateRule: "record",
  define: ({ bids, result, late }) => {
    const sessions = bids
      .keyBy("bidder")
      .window(session(seconds(10)))
      .aggregate("sessions", () => ({ bid_count: count() }));
    if (late !== undefined) sessions.late().sink("late", late);
    sessions.rename({ windowStart: "starttime", windowEnd: "endtime" }).sink("out", result);
  },
};

const q12: NexmarkQuery = {
  name: "q12",
  title: "bids per bidder and 10 s, in event time",
  lateRule: "window",
  define: ({ bids, result, late }) => {
    const counts = bids
      .keyBy("bidder")
      .window(tenSeconds)
      .aggregate("counts", () => ({ bid_count: count() }));
    if (late !== undefined) counts.late().sink("late", late);
    counts.rename({ windowStart: "starttime", windowEnd: "endtime" }).sink("out", result);
  },
};

const j2: NexmarkQuery = {
  name: "j2",
  title: "count and sum per auction and 10 s",
  lateRule: "window",
  define: ({ bids, result, late }) => {
    const totals = bids
      .keyBy("auction")
      .window(tenSeconds)
      .aggregate("totals", (bid) => ({ n: count(), price_sum: sum(bid.price) }));
    if (late !== undefined) totals.late().sink("late", late);
    totals.rename({ windowStart: "window_start" }).drop("windowEnd").sink("out", result);
  },
};

/** Queries over windows. */
export const windowedQueries: readonly NexmarkQuery[] = [q5, q7, q11, q12, j2];

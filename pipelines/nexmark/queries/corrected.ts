import {
  count,
  type Duration,
  hopping,
  seconds,
  session,
  sum,
  tumbling,
  type UpdatingEmit,
  type WindowSpec,
} from "millrace";
import type { NexmarkContext, NexmarkQuery } from "./query.ts";

/** Windows give a result at their end and correct it for bids that come up to 20 s after it. */
const corrections: { readonly allowedLateness: Duration; readonly emit: UpdatingEmit } = {
  allowedLateness: seconds(20),
  emit: "on-end",
};

/**
 * Count and sum of bids per auction and window.
 *
 * @param isMerging windows that merge have changes that only their results can be checked by
 */
function totals(window: WindowSpec, isMerging = false): NexmarkQuery["define"] {
  return ({ bids, resultBy, changes, late }: NexmarkContext) => {
    const rows = bids
      .keyBy("auction")
      .window(window, corrections)
      .aggregate("totals", (bid) => ({ n: count(), price_sum: sum(bid.price) }));
    if (late !== undefined) rows.late().sink("late", late);
    if (changes !== undefined && !isMerging) rows.changes().sink("changes", changes);
    rows.sink("out", resultBy("auction", "windowStart", "windowEnd"));
  };
}

const l1: NexmarkQuery = {
  name: "l1",
  title: "count and sum per auction and 10 s, corrected",
  lateRule: "window",
  define: totals(tumbling(seconds(10))),
};

const l2: NexmarkQuery = {
  name: "l2",
  title: "count and sum per auction and 10 s, every 2 s, corrected",
  lateRule: "window",
  define: totals(hopping(seconds(10), seconds(2))),
};

const l3: NexmarkQuery = {
  name: "l3",
  title: "count and sum per session of an auction, corrected",
  lateRule: "window",
  define: totals(session(seconds(3)), true),
};

/** Queries of our own over inputs with late records: their windows allow for some lateness. */
export const correctedQueries: readonly NexmarkQuery[] = [l1, l2, l3];

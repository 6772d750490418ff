import { milliseconds, seconds } from "millrace";
import type { NexmarkQuery } from "./query.ts";

const j3: NexmarkQuery = {
  name: "j3",
  title: "bids within 10 s after their auction opened",
  define: ({ auctions, bids, result }) =>
    auctions
      .rename({ id: "auction" })
      .keyBy("auction")
      .intervalJoin("openings", bids.keyBy("auction"), {
        lower: milliseconds(0),
        // Times are whole milliseconds, and the bound is included.
        upper: milliseconds(seconds(10) - 1),
        select: (auction, bid) => ({
          auction: bid.auction,
          bidder: bid.bidder,
          price: bid.price,
          seller: auction.seller,
          category: auction.category,
        }),
      })
      .sink("out", result),
};

/** Queries over joins. */
export const joinedQueries: readonly NexmarkQuery[] = [j3];

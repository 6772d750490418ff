import {
  count,
  type CountAggregate,
  type ExpressionRow,
  type InferRow,
  max,
  milliseconds,
  min,
  sum,
} from "millrace";
import type { Bid } from "../data/rows.ts";
import { auctionBids, winningBids, winningOrder } from "./auction-bids.ts";
import type { NexmarkQuery } from "./query.ts";

type BidRow = ExpressionRow<InferRow<typeof Bid>>;
type Price = BidRow["price"];

const low = 10_000;
const high = 1_000_000;

/** A count of bids by rank of their price: below 10,000, below 1,000,000, and the rest. */
function byRank<Name extends string>(
  price: Price,
  name: Name,
  of: () => CountAggregate,
): Record<`rank${1 | 2 | 3}_${Name}`, CountAggregate> {
  return {
    [`rank1_${name}`]: of().filter(price.lt(low)),
    [`rank2_${name}`]: of().filter(price.gte(low).and(price.lt(high))),
    [`rank3_${name}`]: of().filter(price.gte(high)),
  } as Record<`rank${1 | 2 | 3}_${Name}`, CountAggregate>;
}

const q4: NexmarkQuery = {
  name: "q4",
  title: "average winning price per category",
  lateRule: "record",
  define: ({ auctions, bids, resultBy }) =>
    winningBids(auctionBids(auctions, bids))
      .keyBy((bid) => ({ id: bid.category }))
      .aggregate("prices", (bid) => ({ final: sum(bid.price).dividedToInteger(count()) }))
      .sink("out", resultBy("id")),
};

const q6: NexmarkQuery = {
  name: "q6",
  title: "average price of a seller's last eleven wins",
  lateRule: "record",
  define: ({ auctions, bids, auctionLifetime, result }) =>
    auctionBids(auctions, bids)
      .keyBy((bid) => ({ id: bid.id, windowEnd: bid.expires.plus(milliseconds(1)) }))
      .topN("closed", { n: 1, orderBy: winningOrder, emit: "when-complete" })
      .withEventTime((bid) => bid.bid_dateTime, { outOfOrderness: auctionLifetime })
      .keyBy("seller")
      .over("recent", { rows: 11, tieBreak: ["bid_seq"] }, (bid) => ({
        avg_price: sum(bid.price).dividedToInteger(count()),
      }))
      .select((row) => ({ seller: row.seller, auction: row.id, avg_price: row.avg_price }))
      .sink("out", result),
};

const q15: NexmarkQuery = {
  name: "q15",
  title: "distinct counts per day",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy((bid) => ({ day: bid.dateTime.formatTime("yyyy-MM-dd") }))
      .aggregate("days", (bid) => ({
        total_bids: count(),
        ...byRank(bid.price, "bids", () => count()),
        total_bidders: count(bid.bidder).distinct(),
        ...byRank(bid.price, "bidders", () => count(bid.bidder).distinct()),
        total_auctions: count(bid.auction).distinct(),
        ...byRank(bid.price, "auctions", () => count(bid.auction).distinct()),
      }))
      .sink("out", resultBy("day")),
};

const q16: NexmarkQuery = {
  name: "q16",
  title: "distinct counts per channel and day",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy((bid) => ({
        channel: bid.channel,
        day: bid.dateTime.formatTime("yyyy-MM-dd"),
      }))
      .aggregate("channels", (bid) => ({
        minute: max(bid.dateTime.formatTime("HH:mm")),
        total_bids: count(),
        ...byRank(bid.price, "bids", () => count()),
        total_bidders: count(bid.bidder).distinct(),
        ...byRank(bid.price, "bidders", () => count(bid.bidder).distinct()),
        total_auctions: count(bid.auction).distinct(),
        ...byRank(bid.price, "auctions", () => count(bid.auction).distinct()),
      }))
      .sink("out", resultBy("channel", "day")),
};

const q17: NexmarkQuery = {
  name: "q17",
  title: "statistics per auction and day",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy((bid) => ({
        auction: bid.auction,
        day: bid.dateTime.formatTime("yyyy-MM-dd"),
      }))
      .aggregate("auctions", (bid) => ({
        total_bids: count(),
        ...byRank(bid.price, "bids", () => count()),
        min_price: min(bid.price),
        max_price: max(bid.price),
        avg_price: sum(bid.price).dividedToInteger(count()),
        sum_price: sum(bid.price),
      }))
      .sink("out", resultBy("auction", "day")),
};

const q18: NexmarkQuery = {
  name: "q18",
  title: "last bid of a bidder for an auction",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy("bidder", "auction")
      .topN("last", {
        n: 1,
        orderBy: (bid) => [bid.dateTime.desc(), bid.seq.desc()],
      })
      .drop("seq")
      .sink("out", resultBy("bidder", "auction")),
};

const q19: NexmarkQuery = {
  name: "q19",
  title: "ten highest bids of an auction",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy("auction")
      .topN("highest", {
        n: 10,
        orderBy: (bid) => [bid.price.desc(), bid.dateTime, bid.seq],
        rank: "rank_number",
      })
      .drop("seq")
      .sink("out", resultBy("auction", "rank_number")),
};

const j4: NexmarkQuery = {
  name: "j4",
  title: "running count per bidder",
  define: ({ bids, resultBy }) =>
    bids
      .keyBy("bidder")
      .aggregate("counts", () => ({ n: count() }))
      .sink("out", resultBy("bidder")),
};

/** Queries whose rows change as bids come. */
export const runningQueries: readonly NexmarkQuery[] = [q4, q6, q15, q16, q17, q18, q19, j4];

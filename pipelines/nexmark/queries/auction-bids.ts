import { type InferRow, milliseconds, type Stream } from "millrace";
import type { Auction, Bid } from "../data/rows.ts";

/** Each bid that came while its auction was open, with the auction. */
export function auctionBids(
  auctions: Stream<InferRow<typeof Auction>>,
  bids: Stream<InferRow<typeof Bid>>,
) {
  return auctions
    .rename({ id: "auction" })
    .keyBy("auction")
    .intervalJoin("auction-bids", bids.keyBy("auction"), {
      lower: milliseconds(0),
      upper: (auction) => auction.expires,
      select: (auction, bid) => ({
        id: auction.auction,
        itemName: auction.itemName,
        description: auction.description,
        initialBid: auction.initialBid,
        reserve: auction.reserve,
        dateTime: auction.dateTime,
        expires: auction.expires,
        seller: auction.seller,
        category: auction.category,
        extra: auction.extra,
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        bid_dateTime: bid.dateTime,
        bid_extra: bid.extra,
        bid_seq: bid.seq,
      }),
    });
}

/** Bids of an auction, the best first: the highest, of equal ones the earliest. */
export const winningOrder: Parameters<
  ReturnType<ReturnType<typeof auctionBids>["keyBy"]>["topN"]
>[1]["orderBy"] = (bid) => [bid.price.desc(), bid.bid_dateTime, bid.bid_seq];

/** The highest bid of each auction so far; of equal ones the first. */
export function winningBids(bids: ReturnType<typeof auctionBids>) {
  return bids.keyBy("id").topN("winning", { n: 1, orderBy: winningOrder });
}

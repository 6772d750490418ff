import { milliseconds, seconds, tumbling } from "millrace";
import { auctionBids, winningBids } from "./auction-bids.ts";
import type { NexmarkQuery } from "./query.ts";

const q3: NexmarkQuery = {
  name: "q3",
  title: "auctions of a category by people of three states",
  define: ({ auctions, people, result }) =>
    auctions
      .where((auction) => auction.category.eq(10))
      .keyBy("seller")
      .join(
        "local",
        people
          .where((person) => person.state.isIn(["OR", "ID", "CA"]))
          .rename({ id: "seller" })
          .keyBy("seller"),
        {
          select: (auction, person) => ({
            name: person.name,
            city: person.city,
            state: person.state,
            id: auction.id,
          }),
        },
      )
      .sink("out", result),
};

const q8: NexmarkQuery = {
  name: "q8",
  title: "people who open an auction in their first 10 s",
  lateRule: "window",
  define: ({ auctions, people, result }) =>
    people
      .keyBy("id")
      .windowJoin(
        "new-sellers",
        auctions
          .select((auction) => ({ id: auction.seller }))
          .keyBy("id")
          // Several auctions of a seller in a window would be several rows.
          .window(tumbling(seconds(10)))
          .aggregate("sellers", () => ({}))
          .keyBy("id"),
        {
          window: tumbling(seconds(10)),
          select: (person) => ({ id: person.id, name: person.name }),
        },
      )
      .rename({ windowStart: "stime" })
      .drop("windowEnd")
      .sink("out", result),
};

const q9: NexmarkQuery = {
  name: "q9",
  title: "winning bid of each auction",
  lateRule: "record",
  define: ({ auctions, bids, resultBy }) =>
    winningBids(auctionBids(auctions, bids)).drop("bid_seq").sink("out", resultBy("id")),
};

const q13: NexmarkQuery = {
  name: "q13",
  title: "bids with a value of a bounded table",
  define: ({ bids, sideInput, result }) =>
    bids
      .lookupTable("values", sideInput.keyBy("key"), {
        on: (bid) => ({ key: bid.auction.modulo(10_000) }),
        select: (bid, side) => ({
          auction: bid.auction,
          bidder: bid.bidder,
          price: bid.price,
          dateTime: bid.dateTime,
          value: side.value,
        }),
      })
      .sink("out", result),
};

const q20: NexmarkQuery = {
  name: "q20",
  title: "bids with their auction, of a category",
  define: ({ auctions, bids, result }) =>
    bids
      .keyBy("auction")
      .join(
        "with-auctions",
        auctions
          .where((auction) => auction.category.eq(10))
          .rename({ id: "auction" })
          .keyBy("auction"),
        {
          select: (bid, auction) => ({
            auction: bid.auction,
            bidder: bid.bidder,
            price: bid.price,
            channel: bid.channel,
            url: bid.url,
            bid_dateTime: bid.dateTime,
            bid_extra: bid.extra,
            itemName: auction.itemName,
            description: auction.description,
            initialBid: auction.initialBid,
            reserve: auction.reserve,
            auction_dateTime: auction.dateTime,
            expires: auction.expires,
            seller: auction.seller,
            category: auction.category,
            auction_extra: auction.extra,
          }),
        },
      )
      .sink("out", result),
};

const q23: NexmarkQuery = {
  name: "q23",
  title: "bids by people who also sell",
  define: ({ auctions, bids, people, result }) =>
    bids
      .keyBy("bidder")
      .join("bidders", people.rename({ id: "bidder" }).keyBy("bidder"), {
        select: (bid, person) => ({
          bidder: bid.bidder,
          price: bid.price,
          channel: bid.channel,
          url: bid.url,
          bid_extra: bid.extra,
          person_id: person.bidder,
          name: person.name,
          emailAddress: person.emailAddress,
          creditCard: person.creditCard,
          city: person.city,
          state: person.state,
          person_extra: person.extra,
        }),
      })
      .keyBy("bidder")
      .join("sellers", auctions.rename({ seller: "bidder" }).keyBy("bidder"), {
        select: (bid, auction) => ({
          bidder: bid.bidder,
          price: bid.price,
          channel: bid.channel,
          url: bid.url,
          bid_extra: bid.bid_extra,
          person_id: bid.person_id,
          name: bid.name,
          emailAddress: bid.emailAddress,
          creditCard: bid.creditCard,
          city: bid.city,
          state: bid.state,
          person_extra: bid.person_extra,
          itemName: auction.itemName,
          description: auction.description,
          initialBid: auction.initialBid,
          reserve: auction.reserve,
          auction_dateTime: auction.dateTime,
          expires: auction.expires,
          seller: auction.bidder,
          category: auction.category,
          auction_extra: auction.extra,
        }),
      })
      .sink("out", result),
};

const j3: NexmarkQuery = {
  name: "j3",
  title: "bids within 10 s after their auction opened",
  lateRule: "record",
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
export const joinedQueries: readonly NexmarkQuery[] = [q3, q8, q9, q13, q20, q23, j3];

import { coalesce, decimal, t, when } from "millrace";
import type { NexmarkQuery } from "./query.ts";

/** Cents to another currency: three exact decimals, as DECIMAL(23, 3). */
const rate = decimal("0.908");
const money = t.decimal({ precision: 23, scale: 3 });

const q0: NexmarkQuery = {
  name: "q0",
  title: "pass through",
  define: ({ bids, result }) =>
    bids.select("auction", "bidder", "price", "dateTime", "extra").sink("out", result),
};

const q1: NexmarkQuery = {
  name: "q1",
  title: "currency conversion",
  define: ({ bids, result }) =>
    bids
      .withColumns((bid) => ({ price: bid.price.times(rate).cast(money) }))
      .select("auction", "bidder", "price", "dateTime", "extra")
      .sink("out", result),
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

const q10: NexmarkQuery = {
  name: "q10",
  title: "log with its day and minute",
  define: ({ bids, result }) =>
    bids
      .select((bid) => ({
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        dateTime: bid.dateTime,
        extra: bid.extra,
        dt: bid.dateTime.formatTime("yyyy-MM-dd"),
        hm: bid.dateTime.formatTime("HH:mm"),
      }))
      .sink("out", result),
};

const q14: NexmarkQuery = {
  name: "q14",
  title: "calculation and filter",
  define: ({ bids, result }) =>
    bids
      .withColumns((bid) => ({ price: bid.price.times(rate).cast(money) }))
      .where((bid) => bid.price.gt(1_000_000).and(bid.price.lt(50_000_000)))
      .withColumns((bid) => ({ hour: bid.dateTime.hour() }))
      .select((bid) => ({
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        bidTimeType: when(bid.hour.gte(8).and(bid.hour.lte(18)), "dayTime")
          .when(bid.hour.lte(6).or(bid.hour.gte(20)), "nightTime")
          .otherwise("otherTime"),
        dateTime: bid.dateTime,
        extra: bid.extra,
        c_counts: bid.extra.length().minus(bid.extra.replace("c", "").length()),
      }))
      .sink("out", result),
};

const q21: NexmarkQuery = {
  name: "q21",
  title: "channel ids",
  define: ({ bids, result }) =>
    bids
      .withColumns((bid) => ({
        known: when(bid.channel.lower().eq("apple"), "0")
          .when(bid.channel.lower().eq("google"), "1")
          .when(bid.channel.lower().eq("facebook"), "2")
          .when(bid.channel.lower().eq("baidu"), "3")
          .otherwise(null),
        inUrl: bid.url.regexpExtract("(&|^)channel_id=([^&]*)", 2).nullIf(""),
      }))
      .select((bid) => ({
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        channel: bid.channel,
        channel_id: coalesce(bid.known, bid.inUrl),
      }))
      .where((bid) => bid.channel_id.isNotNull())
      .sink("out", result),
};

const q22: NexmarkQuery = {
  name: "q22",
  title: "directories of the URL",
  define: ({ bids, result }) =>
    bids
      .select((bid) => ({
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        channel: bid.channel,
        dir1: bid.url.splitPart("/", 3),
        dir2: bid.url.splitPart("/", 4),
        dir3: bid.url.splitPart("/", 5),
      }))
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
export const statelessQueries: readonly NexmarkQuery[] = [q0, q1, q2, q10, q14, q21, q22, j1];

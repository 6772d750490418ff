import {
  count,
  milliseconds,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  seconds,
  sum,
  t,
  tumbling,
} from "millrace";
import { json, topic } from "millrace/log";

/** Topics that a job reads, and the one that it writes. */
export interface JobTopics {
  readonly bids: string;
  readonly auctions: string;
  readonly out: string;
}

/** A query over topics of JSON records. */
export interface KafkaJob {
  readonly name: string;
  readonly title: string;
  /** @param name of the pipeline: each run has its own, so that it starts afresh */
  readonly pipeline: (name: string, topics: JobTopics) => Pipeline;
}

const Bid = t.row({
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  channel: t.utf8(),
  url: t.utf8(),
  dateTime: t.timestamp(),
  extra: t.utf8(),
});
const Auction = t.row({
  id: t.int64(),
  itemName: t.utf8(),
  description: t.utf8(),
  initialBid: t.int64(),
  reserve: t.int64(),
  dateTime: t.timestamp(),
  expires: t.timestamp(),
  seller: t.int64(),
  category: t.int64(),
  extra: t.utf8(),
});
const Selected = t.row({ auction: t.int64(), bidder: t.int64(), price: t.int64() });
const Total = t.row({
  auction: t.int64(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  n: t.int64(),
  priceSum: t.int64(),
});
const Opening = t.row({
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  seller: t.int64(),
  category: t.int64(),
});
const BidderCount = t.row({
  bidder: t.int64(),
  n: t.int64(),
  change: t.enum(["insert", "delete"]),
});

const readAll = { until: "end" } as const;
const outOfOrderness = seconds(4);

function bidsOf(p: PipelineBuilder, { bids }: JobTopics) {
  return p.source("bids", topic(bids, json(Bid), readAll), {
    eventTime: (bid) => bid.dateTime,
    outOfOrderness,
  });
}

/** The jobs J1 to J4, exactly once from topic to topic. */
export const kafkaJobs: readonly KafkaJob[] = [
  {
    name: "J1",
    title: "filter, 3 of 7 fields",
    pipeline: (name, topics) =>
      pipeline(name, (p) => {
        bidsOf(p, topics)
          .where((bid) => bid.price.gte(100_000))
          .select("auction", "bidder", "price")
          .sink("out", topic(topics.out, json(Selected)));
      }),
  },
  {
    name: "J2",
    title: "count and sum by auction per 10 s",
    pipeline: (name, topics) =>
      pipeline(name, (p) => {
        bidsOf(p, topics)
          .keyBy("auction")
          .window(tumbling(seconds(10)))
          .aggregate("totals", (bid) => ({ n: count(), priceSum: sum(bid.price) }))
          .sink("out", topic(topics.out, json(Total)));
      }),
  },
  {
    name: "J3",
    title: "bids within 10 s after their auction opened",
    pipeline: (name, topics) =>
      pipeline(name, (p) => {
        p.source("auctions", topic(topics.auctions, json(Auction), readAll), {
          eventTime: (auction) => auction.dateTime,
          outOfOrderness,
        })
          .rename({ id: "auction" })
          .keyBy("auction")
          .intervalJoin("openings", bidsOf(p, topics).keyBy("auction"), {
            lower: milliseconds(0),
            upper: milliseconds(seconds(10) - 1),
            select: (auction, bid) => ({
              auction: bid.auction,
              bidder: bid.bidder,
              price: bid.price,
              seller: auction.seller,
              category: auction.category,
            }),
          })
          .sink("out", topic(topics.out, json(Opening)));
      }),
  },
  {
    name: "J4",
    title: "running count by bidder, every change",
    pipeline: (name, topics) =>
      pipeline(name, (p) => {
        bidsOf(p, topics)
          .keyBy("bidder")
          .aggregate("counts", () => ({ n: count() }))
          .changes()
          .sink("out", topic(topics.out, json(BidderCount)));
      }),
  },
];

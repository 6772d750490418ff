import { count, milliseconds, type Pipeline, pipeline, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";

const Bid = t.row({
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  channel: t.utf8(),
  url: t.utf8(),
  dateTime: t.timestamp(),
  extra: t.utf8(),
});
const Selected = t.row({ auction: t.int64(), bidder: t.int64(), price: t.int64() });
const Total = t.row({ bidder: t.int64(), windowEnd: t.timestamp(), n: t.int64() });

/** Size of the windows in ms. */
export const windowMs = 100;
/** Bidders, each with a row for every window. */
export const bidderCount = 50;

/** A job whose latency is measured; its source has no end. */
export interface LatencyJob {
  readonly title: string;
  readonly pipeline: (name: string, bids: string, out: string) => Pipeline;
  /**
   * When the last record was due, in ms since 1970, without which this row of the result could not
   * be given.
   */
  readonly dueMs: (row: Readonly<Record<string, unknown>>, load: LatencyLoad) => number;
}

/** How records come: record `n` is due at `startMs + n / perMs`, in partition `n % partitions`. */
export interface LatencyLoad {
  readonly startMs: number;
  readonly perMs: number;
  readonly partitions: number;
}

/** `auction` is the number of the record, `dateTime` when it is due. */
export const latencyJobs: Readonly<Record<"J1" | "windows", LatencyJob>> = {
  J1: {
    title: "J1, one transaction",
    pipeline: (name, bids, out) =>
      pipeline(name, (p) => {
        p.source("bids", topic(bids, json(Bid)), { eventTime: (bid) => bid.dateTime })
          .where((bid) => bid.price.gte(100_000))
          .select("auction", "bidder", "price")
          .sink("out", topic(out, json(Selected)));
      }),
    dueMs: ({ auction }, { startMs, perMs }) => startMs + Number(auction) / perMs,
  },
  windows: {
    title: `repartition and windows of ${windowMs} ms, two transactions`,
    pipeline: (name, bids, out) =>
      pipeline(name, (p) => {
        p.source("bids", topic(bids, json(Bid)), { eventTime: (bid) => bid.dateTime })
          .keyBy("bidder")
          .window(tumbling(milliseconds(windowMs)))
          .aggregate("totals", () => ({ n: count() }))
          .drop("windowStart")
          .sink("out", topic(out, json(Total)));
      }),
    // A window closes when each partition has had a record that is not before its end.
    dueMs: ({ windowEnd }, { perMs, partitions }) =>
      Date.parse(String(windowEnd)) + (partitions - 1) / perMs,
  },
};

// The jobs j1 to j4 from topics to a topic. Which one, and the topics' names, are in the
// environment.
import {
  count,
  milliseconds,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  seconds,
  type SinkDescriptor,
  t,
} from "millrace";
import { json, topic } from "millrace/log";
import { Auction, Bid } from "../../../pipelines/nexmark/data/rows.ts";
import { queryOf } from "../../../pipelines/nexmark/queries/queries.ts";
import type { NexmarkContext } from "../../../pipelines/nexmark/queries/query.ts";

const Kept = t.row({ auction: t.int64(), bidder: t.int64(), price: t.int64() });
const Total = t.row({
  auction: t.int64(),
  window_start: t.timestamp(),
  n: t.int64(),
  price_sum: t.int64(),
});
const Opening = t.row({
  auction: t.int64(),
  bidder: t.int64(),
  price: t.int64(),
  seller: t.int64(),
  category: t.int64(),
});
const Count = t.row({ bidder: t.int64(), n: t.int64() });

const outOfOrderness = seconds(4);

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment has no ${name}.`);
  return value;
}

function bidsOf(p: PipelineBuilder) {
  return p.source("bids", topic(setting("BID_TOPIC"), json(Bid), { until: "end" }), {
    eventTime: (bid) => bid.dateTime,
    outOfOrderness,
  });
}

function auctionsOf(p: PipelineBuilder) {
  return p.source("auctions", topic(setting("AUCTION_TOPIC"), json(Auction), { until: "end" }), {
    eventTime: (auction) => auction.dateTime,
    outOfOrderness,
  });
}

/** The topic that takes a job's rows: the plan's check compares their columns, the types cannot. */
function resultOf(job: string): SinkDescriptor {
  const out = setting("OUT_TOPIC");
  if (job === "j1") return topic(out, json(Kept)) as unknown as SinkDescriptor;
  const wanted = job === "j2" ? topic(out, json(Total)) : topic(out, json(Opening));
  return wanted as unknown as SinkDescriptor;
}

function define(p: PipelineBuilder, job: string): void {
  if (job === "j4") {
    // A topic takes rows that stay: each count that came, without what it replaces.
    bidsOf(p)
      .keyBy("bidder")
      .aggregate("counts", () => ({ n: count() }))
      .changes()
      .where((row) => row.change.eq("insert"))
      .select("bidder", "n")
      .sink("out", topic(setting("OUT_TOPIC"), json(Count)));
    return;
  }
  const unused = (what: string) => (): never => {
    throw new Error(`No job reads ${what}.`);
  };
  const context: NexmarkContext = {
    get bids() {
      return bidsOf(p);
    },
    get auctions() {
      return auctionsOf(p);
    },
    get people() {
      return unused("people")();
    },
    get sideInput() {
      return unused("the side input")();
    },
    result: resultOf(job),
    resultBy: unused("a result by key"),
    auctionLifetime: milliseconds(0),
  };
  queryOf(job).define(context);
}

const job = setting("JOB");
const jobPipeline: Pipeline = pipeline(setting("GROUP"), (p) => define(p, job));
export default jobPipeline;

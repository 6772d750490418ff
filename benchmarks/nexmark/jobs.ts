import {
  count,
  hopping,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  seconds,
  sum,
  t,
  tumbling,
} from "millrace";
import { json, topic } from "millrace/log";

/** The members of a bid, as the topic's records hold them. */
export interface PlainBid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly dateTime: string;
}

/** A query from JSON records of the topic `bids` to JSON records of the topic `out`. */
export interface Job {
  readonly name: string;
  readonly title: string;
  readonly pipeline: Pipeline;
  /** The same in plain TypeScript: takes bids in order; gives the records it writes. */
  readonly plain: () => PlainJob;
}

/** What a program without a framework keeps, and what it does with each bid. */
export interface PlainJob {
  take(bid: PlainBid): void;
  finish(): void;
  readonly written: number;
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
const Selected = t.row({ auction: t.int64(), bidder: t.int64(), price: t.int64() });
const Total = t.row({
  auction: t.int64(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  n: t.int64(),
  priceSum: t.int64(),
});
const Hottest = t.row({
  auction: t.int64(),
  windowStart: t.timestamp(),
  windowEnd: t.timestamp(),
  num: t.int64(),
});

function bidsOf(p: PipelineBuilder) {
  return p.source("bids", topic("bids", json(Bid), { until: "end" }), {
    eventTime: (bid) => bid.dateTime,
    outOfOrderness: seconds(4),
  });
}

class Writer {
  written = 0;
  readonly #encoder = new TextEncoder();
  #records: Uint8Array[] = [];

  write(row: object): void {
    this.#records.push(this.#encoder.encode(JSON.stringify(row)));
    this.written += 1;
    if (this.#records.length >= 4096) this.#records = [];
  }
}

const j1: Job = {
  name: "J1",
  title: "filter, 3 of 7 fields",
  pipeline: pipeline("j1", (p) => {
    bidsOf(p)
      .where((bid) => bid.price.gte(100_000))
      .select("auction", "bidder", "price")
      .sink("out", topic("out", json(Selected)));
  }),
  plain: () => {
    const writer = new Writer();
    return {
      take({ auction, bidder, price }) {
        if (price >= 100_000) writer.write({ auction, bidder, price });
      },
      finish: () => undefined,
      get written() {
        return writer.written;
      },
    };
  },
};

/** Counts by auction and window of a size; closed ones are given in order. */
class WindowCounts {
  readonly #sizeMs: number;
  readonly #slideMs: number;
  readonly #open = new Map<number, Map<number, { n: number; priceSum: number }>>();
  #latest = 0;

  constructor(sizeMs: number, slideMs: number) {
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
  }

  take(bid: PlainBid): void {
    const time = Date.parse(`${bid.dateTime.replace(" ", "T")}Z`);
    this.#latest = Math.max(this.#latest, time);
    let start = Math.floor(time / this.#slideMs) * this.#slideMs;
    for (; start > time - this.#sizeMs; start -= this.#slideMs) {
      let window = this.#open.get(start);
      if (window === undefined) this.#open.set(start, (window = new Map()));
      const total = window.get(bid.auction);
      if (total === undefined) window.set(bid.auction, { n: 1, priceSum: bid.price });
      else {
        total.n += 1;
        total.priceSum += bid.price;
      }
    }
  }

  close(
    isAll: boolean,
    emit: (start: number, window: Map<number, { n: number; priceSum: number }>) => void,
  ): void {
    for (const [start, window] of this.#open) {
      if (!isAll && start + this.#sizeMs > this.#latest - 4000) continue;
      emit(start, window);
      this.#open.delete(start);
    }
  }
}

function plainWindows(
  sizeMs: number,
  slideMs: number,
  emit: (
    writer: Writer,
    start: number,
    window: Map<number, { n: number; priceSum: number }>,
  ) => void,
): PlainJob {
  const writer = new Writer();
  const windows = new WindowCounts(sizeMs, slideMs);
  let taken = 0;
  return {
    take(bid) {
      windows.take(bid);
      taken += 1;
      if (taken % 1000 === 0) windows.close(false, (start, window) => emit(writer, start, window));
    },
    finish: () => windows.close(true, (start, window) => emit(writer, start, window)),
    get written() {
      return writer.written;
    },
  };
}

const j2: Job = {
  name: "J2",
  title: "count and sum by auction per 10 s",
  pipeline: pipeline("j2", (p) => {
    bidsOf(p)
      .keyBy("auction")
      .window(tumbling(seconds(10)))
      .aggregate("totals", (bid) => ({ n: count(), priceSum: sum(bid.price) }))
      .sink("out", topic("out", json(Total)));
  }),
  plain: () =>
    plainWindows(10_000, 10_000, (writer, windowStart, window) => {
      for (const [auction, total] of window) {
        writer.write({ auction, windowStart, windowEnd: windowStart + 10_000, ...total });
      }
    }),
};

const q5: Job = {
  name: "q5",
  title: "hottest auctions per 10 s every 2 s",
  pipeline: pipeline("q5", (p) => {
    bidsOf(p)
      .keyBy("auction")
      .window(hopping(seconds(10), seconds(2)))
      .aggregate("counts", () => ({ num: count() }))
      .keyBy("windowStart", "windowEnd")
      .topN("hottest", {
        n: 1,
        ties: "keep",
        orderBy: (row) => row.num.desc(),
        emit: "when-complete",
      })
      .select("auction", "windowStart", "windowEnd", "num")
      .sink("out", topic("out", json(Hottest)));
  }),
  plain: () =>
    plainWindows(10_000, 2000, (writer, windowStart, window) => {
      let most = 0;
      for (const { n } of window.values()) most = Math.max(most, n);
      for (const [auction, { n }] of window) {
        if (n === most) {
          writer.write({ auction, windowStart, windowEnd: windowStart + 10_000, num: n });
        }
      }
    }),
};

/** The jobs that are measured. */
export const jobs: readonly Job[] = [j1, j2, q5];

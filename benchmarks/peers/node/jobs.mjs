// The four jobs as plain JavaScript: JSON.parse, Map, JSON.stringify. Both Node clients run this very code.
// A job is { inputs, onRecord(topic, partition, key, value, emit) }; emit(topic, key, text) collects an output record.
const WINDOW = 10_000,
  DELAY = 4_000;
const millis = (text) => Date.parse(text.replace(" ", "T") + "Z");

function j1({ bid, out }) {
  return {
    inputs: [bid],
    onRecord(_topic, _partition, key, value, emit) {
      const b = JSON.parse(value);
      if (b.price >= 100000)
        emit(out, key, JSON.stringify({ auction: b.auction, bidder: b.bidder, price: b.price }));
    },
  };
}

// Windows of one partition: start -> (auction -> accumulator). The watermark is per partition.
function j2({ bid, out }) {
  const partitions = new Map();
  return {
    inputs: [bid],
    onRecord(_topic, partition, _key, value, emit) {
      const b = JSON.parse(value),
        t = millis(b.dateTime);
      let p = partitions.get(partition);
      if (!p)
        partitions.set(partition, (p = { max: -Infinity, closed: -Infinity, windows: new Map() }));
      const start = t - (t % WINDOW);
      if (start + WINDOW > p.closed) {
        let w = p.windows.get(start);
        if (!w) p.windows.set(start, (w = new Map()));
        const acc = w.get(b.auction);
        if (acc) {
          acc.n++;
          acc.sum += b.price;
        } else w.set(b.auction, { n: 1, sum: b.price });
      }
      if (t > p.max) p.max = t;
      const closable = p.max - DELAY - ((p.max - DELAY) % WINDOW);
      if (closable > p.closed) {
        p.closed = closable;
        for (const [ws, w] of p.windows) {
          if (ws + WINDOW > closable) continue;
          for (const [auction, a] of w)
            emit(
              out,
              String(auction),
              JSON.stringify({ auction, window_start: ws, n: a.n, price_sum: a.sum }),
            );
          p.windows.delete(ws);
        }
      }
    },
  };
}

// Interval join, co-partitioned by auction id. A bid waits while the auction topic may still bring its auction.
function j3({ bid, auction, out }) {
  const partitions = new Map();
  const row = (b, a) =>
    JSON.stringify({
      auction: b.auction,
      bidder: b.bidder,
      price: b.price,
      seller: a.seller,
      category: a.category,
    });
  const sweep = (p) => {
    for (const [id, a] of p.auctions) {
      if (a.t + WINDOW + DELAY > p.bidMax) break;
      p.auctions.delete(id);
    }
    for (const [id, list] of p.waiting) {
      if (list[list.length - 1].t + DELAY > p.auctionMax) continue;
      p.waiting.delete(id);
    }
  };
  return {
    inputs: [bid, auction],
    onRecord(topic, partition, key, value, emit) {
      let p = partitions.get(partition);
      if (!p)
        partitions.set(
          partition,
          (p = {
            auctions: new Map(),
            waiting: new Map(),
            bidMax: -Infinity,
            auctionMax: -Infinity,
            swept: 0,
          }),
        );
      const v = JSON.parse(value),
        t = millis(v.dateTime);
      if (topic === auction) {
        p.auctions.set(v.id, { t, seller: v.seller, category: v.category });
        if (t > p.auctionMax) p.auctionMax = t;
        const list = p.waiting.get(v.id);
        if (list) {
          for (const w of list) if (w.t >= t && w.t < t + WINDOW) emit(out, key, row(w.b, v));
          p.waiting.delete(v.id);
        }
      } else {
        const a = p.auctions.get(v.auction);
        if (a) {
          if (t >= a.t && t < a.t + WINDOW) emit(out, key, row(v, a));
        } else if (t + DELAY > p.auctionMax) {
          const b = { auction: v.auction, bidder: v.bidder, price: v.price };
          const list = p.waiting.get(v.auction);
          if (list) list.push({ t, b });
          else p.waiting.set(v.auction, [{ t, b }]);
        }
        if (t > p.bidMax) p.bidMax = t;
      }
      if (++p.swept % 10000 === 0) sweep(p);
    },
  };
}

// Repartition by bidder through a topic; only the bidder travels.
function j4({ bid, repart, out }) {
  const counts = new Map();
  return {
    inputs: [bid, repart],
    onRecord(topic, _partition, key, value, emit) {
      if (topic === bid) {
        const b = JSON.parse(value);
        emit(repart, String(b.bidder), JSON.stringify({ bidder: b.bidder }));
      } else {
        const { bidder } = JSON.parse(value);
        const n = (counts.get(bidder) ?? 0) + 1;
        counts.set(bidder, n);
        emit(out, key, JSON.stringify({ bidder, n }));
      }
    },
  };
}

export const makeJob = (name, topics) => ({ j1, j2, j3, j4 })[name](topics);
export const config = () => {
  const e = process.env;
  return {
    brokers: [e.BOOTSTRAP],
    job: e.JOB,
    group: e.GROUP,
    topics: {
      bid: e.BID_TOPIC,
      auction: e.AUCTION_TOPIC,
      out: e.OUT_TOPIC,
      repart: e.REPART_TOPIC,
    },
  };
};

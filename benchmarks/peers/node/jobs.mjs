// The four jobs as plain JavaScript: JSON.parse, Map, JSON.stringify. Both Node clients run this
// code.
//
// A job is { inputs, onRecord(topic, partition, key, value, emit) }; emit(topic, key, text)
// collects an output record.
const windowMs = 10_000;
const delayMs = 4_000;
const millis = (text) => Date.parse(`${text.replace(" ", "T")}Z`);

function j1({ bid, out }) {
  return {
    inputs: [bid],
    onRecord(_topic, _partition, key, value, emit) {
      const { auction, bidder, price } = JSON.parse(value);
      if (price >= 100_000) emit(out, key, JSON.stringify({ auction, bidder, price }));
    },
  };
}

/** Gives out the windows that end at or before `end`. */
function closeWindows(windows, end, emit, out) {
  for (const [start, totals] of windows) {
    if (start + windowMs > end) continue;
    for (const [auction, { n, sum }] of totals) {
      const row = { auction, window_start: start, n, price_sum: sum };
      emit(out, String(auction), JSON.stringify(row));
    }
    windows.delete(start);
  }
}

/** Windows of each partition: start -> (auction -> total). The watermark is the partition's. */
function j2({ bid, out }) {
  const partitions = new Map();
  return {
    inputs: [bid],
    onRecord(_topic, partition, _key, value, emit) {
      const { auction, price, dateTime } = JSON.parse(value);
      const time = millis(dateTime);
      let state = partitions.get(partition);
      if (!state) {
        state = { max: -Infinity, closed: -Infinity, windows: new Map() };
        partitions.set(partition, state);
      }
      const start = time - (time % windowMs);
      if (start + windowMs > state.closed) {
        let totals = state.windows.get(start);
        if (!totals) state.windows.set(start, (totals = new Map()));
        const total = totals.get(auction);
        if (total) {
          total.n++;
          total.sum += price;
        } else {
          totals.set(auction, { n: 1, sum: price });
        }
      }
      if (time > state.max) state.max = time;
      const watermark = state.max - delayMs;
      const end = watermark - (watermark % windowMs);
      if (end <= state.closed) return;
      state.closed = end;
      closeWindows(state.windows, end, emit, out);
    },
  };
}

const joined = ({ auction, bidder, price }, { seller, category }) =>
  JSON.stringify({ auction, bidder, price, seller, category });

/** Forgets auctions that no bid can meet any more, and bids whose auction cannot come any more. */
function sweep({ auctions, waiting, bidMax, auctionMax }) {
  for (const [id, { time }] of auctions) {
    if (time + windowMs + delayMs > bidMax) break;
    auctions.delete(id);
  }
  for (const [id, bids] of waiting) {
    if (bids[bids.length - 1].time + delayMs <= auctionMax) waiting.delete(id);
  }
}

function takeAuction(state, { id, seller, category, dateTime }, emit) {
  const time = millis(dateTime);
  const opened = { time, seller, category };
  state.auctions.set(id, opened);
  if (time > state.auctionMax) state.auctionMax = time;
  for (const bid of state.waiting.get(id) ?? []) {
    if (bid.time >= time && bid.time < time + windowMs) emit(String(id), joined(bid, opened));
  }
  state.waiting.delete(id);
}

/** A bid waits while the auction topic may still bring its auction. */
function takeBid(state, { auction, bidder, price, dateTime }, emit) {
  const time = millis(dateTime);
  const opened = state.auctions.get(auction);
  const bid = { time, auction, bidder, price };
  if (opened) {
    const isWithin = time >= opened.time && time < opened.time + windowMs;
    if (isWithin) emit(String(auction), joined(bid, opened));
  } else if (time + delayMs > state.auctionMax) {
    const bids = state.waiting.get(auction);
    if (bids) bids.push(bid);
    else state.waiting.set(auction, [bid]);
  }
  if (time > state.bidMax) state.bidMax = time;
}

/** Interval join; both topics are partitioned by auction. */
function j3({ bid, auction, out }) {
  const partitions = new Map();
  const sweepEvery = 10_000;
  const noState = () => {
    const [auctions, waiting] = [new Map(), new Map()];
    return { auctions, waiting, bidMax: -Infinity, auctionMax: -Infinity, taken: 0 };
  };
  return {
    inputs: [bid, auction],
    onRecord(topic, partition, _key, value, emit) {
      let state = partitions.get(partition);
      if (!state) partitions.set(partition, (state = noState()));
      const take = topic === auction ? takeAuction : takeBid;
      take(state, JSON.parse(value), (key, text) => emit(out, key, text));
      if (++state.taken % sweepEvery === 0) sweep(state);
    },
  };
}

/** Repartition by bidder through a topic; only the bidder goes through it. */
function j4({ bid, repart, out }) {
  const counts = new Map();
  return {
    inputs: [bid, repart],
    onRecord(topic, _partition, key, value, emit) {
      const { bidder } = JSON.parse(value);
      if (topic === bid) {
        emit(repart, String(bidder), JSON.stringify({ bidder }));
        return;
      }
      const n = (counts.get(bidder) ?? 0) + 1;
      counts.set(bidder, n);
      emit(out, key, JSON.stringify({ bidder, n }));
    },
  };
}

const jobs = { j1, j2, j3, j4 };

/** The job of a name over topics `{ bid, auction, repart, out }`. */
export const makeJob = (name, topics) => jobs[name](topics);

/** What the environment says. */
export function config() {
  const { BOOTSTRAP, JOB, GROUP, GUARANTEE } = process.env;
  const { BID_TOPIC, AUCTION_TOPIC, OUT_TOPIC, REPART_TOPIC } = process.env;
  return {
    brokers: [BOOTSTRAP],
    job: JOB,
    group: GROUP,
    isExactlyOnce: GUARANTEE === "exactly-once",
    topics: { bid: BID_TOPIC, auction: AUCTION_TOPIC, out: OUT_TOPIC, repart: REPART_TOPIC },
  };
}

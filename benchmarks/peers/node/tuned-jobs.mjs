// J1 to J4 with less work per record than jobs.mjs: values are read from the record's bytes without
// parsing the rest, times are computed from their digits, rows are written by templates. The
// records' form is relied on: flat, ASCII, members in the generator's order.
const windowMs = 10_000;
const delayMs = 4_000;
const zero = 0x30;

/** A reader of one member: finds it from a place on. */
function numberAfter(bytes, name, from) {
  let at = bytes.indexOf(name, from, "latin1") + name.length;
  let value = 0;
  for (let digit = bytes[at] - zero; digit >= 0 && digit <= 9; digit = bytes[++at] - zero)
    value = value * 10 + digit;
  numberEnd = at;
  return value;
}

let numberEnd = 0;
let dayText = "";
let dayStart = 0;

const two = (bytes, at) => (bytes[at] - zero) * 10 + bytes[at + 1] - zero;

/** `"dateTime":"2026-01-01 06:30:00.004"` in ms; the day is parsed when it changes. */
function timeOf(bytes, from) {
  const name = '"dateTime":"';
  const at = bytes.indexOf(name, from, "latin1") + name.length;
  const day = bytes.latin1Slice(at, at + 10);
  if (day !== dayText) {
    dayText = day;
    dayStart = Date.parse(`${day}T00:00:00Z`);
  }
  const milliseconds = (bytes[at + 20] - zero) * 100 + two(bytes, at + 21);
  const seconds = two(bytes, at + 11) * 3600 + two(bytes, at + 14) * 60 + two(bytes, at + 17);
  return dayStart + seconds * 1000 + milliseconds;
}

/** Auction, bidder and price stand at the beginning of a bid. The closing bids have ids below 0. */
function readBid(bytes, bid) {
  const name = '"auction":';
  const at = bytes.indexOf(name, 0, "latin1") + name.length;
  bid.isClosing = bytes[at] < zero;
  bid.auction = bid.isClosing ? -1 : numberAfter(bytes, name, 0);
  bid.bidder = numberAfter(bytes, '"bidder":', at);
  bid.price = numberAfter(bytes, '"price":', numberEnd);
  return numberEnd;
}

const current = { auction: 0, bidder: 0, price: 0, isClosing: false };

function j1({ bid, out }) {
  return {
    inputs: [bid],
    onRecord(_topic, _partition, key, value, emit) {
      readBid(value, current);
      const { auction, bidder, price } = current;
      if (price < 100_000) return;
      emit(out, key, `{"auction":${auction},"bidder":${bidder},"price":${price}}`);
    },
  };
}

function closeWindows(windows, end, emit, out) {
  for (const [start, totals] of windows) {
    if (start + windowMs > end) continue;
    for (const [auction, { n, sum }] of totals) {
      const row = `{"auction":${auction},"window_start":${start},"n":${n},"price_sum":${sum}}`;
      emit(out, String(auction), row);
    }
    windows.delete(start);
  }
}

function j2({ bid, out }) {
  const partitions = new Map();
  return {
    inputs: [bid],
    onRecord(_topic, partition, _key, value, emit) {
      const time = timeOf(value, readBid(value, current));
      let state = partitions.get(partition);
      if (state === undefined) {
        state = { max: -Infinity, closed: -Infinity, windows: new Map() };
        partitions.set(partition, state);
      }
      const start = time - (time % windowMs);
      if (start + windowMs > state.closed && !current.isClosing) {
        let totals = state.windows.get(start);
        if (totals === undefined) state.windows.set(start, (totals = new Map()));
        const total = totals.get(current.auction);
        if (total === undefined) totals.set(current.auction, { n: 1, sum: current.price });
        else {
          total.n++;
          total.sum += current.price;
        }
      }
      if (time <= state.max) return;
      state.max = time;
      const watermark = time - delayMs;
      const end = watermark - (watermark % windowMs);
      if (end <= state.closed) return;
      state.closed = end;
      closeWindows(state.windows, end, emit, out);
    },
  };
}

const joined = (bid, auction) =>
  `{"auction":${bid.auction},"bidder":${bid.bidder},"price":${bid.price},` +
  `"seller":${auction.seller},"category":${auction.category}}`;

function sweep({ auctions, waiting, bidMax, auctionMax }) {
  for (const [id, { time }] of auctions) {
    if (time + windowMs + delayMs > bidMax) break;
    auctions.delete(id);
  }
  for (const [id, list] of waiting)
    if (list[list.length - 1].time + delayMs <= auctionMax) waiting.delete(id);
}

function takeAuction(state, value, emit, out) {
  const idName = '"id":';
  const at = value.indexOf(idName, 0, "latin1") + idName.length;
  const time = timeOf(value, at);
  if (time > state.auctionMax) state.auctionMax = time;
  if (value[at] < zero) return;
  const id = numberAfter(value, idName, 0);
  const seller = numberAfter(value, '"seller":', at);
  const opened = { time, seller, category: numberAfter(value, '"category":', numberEnd) };
  state.auctions.set(id, opened);
  for (const bid of state.waiting.get(id) ?? [])
    if (bid.time >= time && bid.time < time + windowMs) emit(out, String(id), joined(bid, opened));
  state.waiting.delete(id);
}

function takeBid(state, key, value, emit, out) {
  const time = timeOf(value, readBid(value, current));
  const opened = state.auctions.get(current.auction);
  if (opened !== undefined) {
    if (time >= opened.time && time < opened.time + windowMs)
      emit(out, key, joined(current, opened));
  } else if (time + delayMs > state.auctionMax && !current.isClosing) {
    const { auction, bidder, price } = current;
    const list = state.waiting.get(auction);
    if (list === undefined) state.waiting.set(auction, [{ time, auction, bidder, price }]);
    else list.push({ time, auction, bidder, price });
  }
  if (time > state.bidMax) state.bidMax = time;
}

function j3({ bid, auction, out }) {
  const partitions = new Map();
  return {
    inputs: [bid, auction],
    onRecord(topic, partition, key, value, emit) {
      let state = partitions.get(partition);
      if (state === undefined) {
        state = {
          auctions: new Map(),
          waiting: new Map(),
          bidMax: -Infinity,
          auctionMax: -Infinity,
        };
        state.taken = 0;
        partitions.set(partition, state);
      }
      if (topic === auction) takeAuction(state, value, emit, out);
      else takeBid(state, key, value, emit, out);
      if (++state.taken % 10_000 === 0) sweep(state);
    },
  };
}

function j4({ bid, repart, out }) {
  const counts = new Map();
  return {
    inputs: [bid, repart],
    onRecord(topic, _partition, key, value, emit) {
      if (topic === bid) {
        readBid(value, current);
        const text = String(current.bidder);
        emit(repart, text, text);
        return;
      }
      const bidder = key.latin1Slice(0, key.length);
      const n = (counts.get(bidder) ?? 0) + 1;
      counts.set(bidder, n);
      emit(out, key, `{"bidder":${bidder},"n":${n}}`);
    },
  };
}

const jobs = { j1, j2, j3, j4 };

/** As `makeJob` of jobs.mjs; `onRecord` takes the value's bytes. */
export const makeTunedJob = (name, topics) => jobs[name](topics);

// The Nexmark generator, written from the published model (Tucker et al., "NEXMark: A Benchmark for
// Queries over Data Streams", and the Apache Beam parameters). The content of a record depends on
// its number and the seed alone.

/** Which records, and how close in time. */
export interface GeneratorOptions {
  readonly events: number;
  /** Records per second of event time; at 1,000 every time is unique. */
  readonly rate: number;
  readonly seed: number;
}

/** A generated record: its kind, its number, and its fields as JSON members. */
export interface Generated {
  readonly kind: "person" | "auction" | "bid";
  readonly seq: number;
  /** Id of the person or auction, or the bid's auction: the key in Kafka. */
  readonly key: number;
  readonly fields: Readonly<Record<string, string | number>>;
}

const baseTime = Date.UTC(2026, 0, 1, 6, 30, 0);
// Of 50 records, 1 is a person, 3 are auctions, 46 are bids.
const personShare = 1;
const auctionShare = 3;
const cycle = 50;
const auctionsInFlight = 100;
const activePeople = 1000;
const idLead = 10;
const firstAuction = 1000;
const firstPerson = 1000;
const firstCategory = 10;

/** Records between the opening of an auction and that of the one after those in flight. */
const recordsInFlight = Math.floor((auctionsInFlight * cycle) / auctionShare);

const states = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const cities = [
  "Phoenix",
  "Los Angeles",
  "San Francisco",
  "Boise",
  "Portland",
  "Bend",
  "Redmond",
  "Seattle",
  "Kent",
  "Cheyenne",
];
const firstNames = "Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter".split(",");
const lastNames = "Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris".split(",");
const hotChannels = ["Google", "Facebook", "Baidu", "Apple"];

/** The longest time between an auction's opening and its end. */
export function auctionLifetimeMs(rate: number): number {
  return 2 * Math.ceil((recordsInFlight * 1000) / rate) + 2;
}

/** Numbers that depend on the seed and the id they were last seeded with (splitmix32). */
export class SeededNumbers {
  readonly #seed: number;
  #state = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  start(id: number): void {
    const high = Math.imul((id / 4294967296) | 0, 0x85ebca6b);
    this.#state = (Math.imul(id ^ this.#seed, 0x9e3779b1) ^ high) | 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }

  one<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }
}

/** Makes records by number, in any order. */
export class Generator {
  readonly #options: GeneratorOptions;
  readonly #numbers: SeededNumbers;
  readonly #letters: string;
  readonly #hotUrls: readonly string[];
  readonly #channels: readonly (readonly [channel: string, url: string])[];

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#numbers = new SeededNumbers(options.seed);
    this.#numbers.start(0x7fffffff);
    const letter = (): string => String.fromCharCode(97 + this.#numbers.below(26));
    this.#letters = Array.from({ length: 1 << 20 }, letter).join("");
    this.#numbers.start(0x7ffffffe);
    this.#hotUrls = hotChannels.map(() => this.#url());
    this.#channels = Array.from({ length: 10_000 }, (_, index) => this.#channel(index));
  }

  /** The record of that number, from 0. */
  record(seq: number): Generated {
    this.#numbers.start(seq);
    const place = seq % cycle;
    if (place < personShare) return this.#person(seq);
    return place < personShare + auctionShare ? this.#auction(seq) : this.#bid(seq);
  }

  #time(seq: number): number {
    return baseTime + Math.floor((seq * 1000) / this.#options.rate);
  }

  #person(seq: number): Generated {
    const numbers = this.#numbers;
    const id = lastPerson(seq) + firstPerson;
    const name = `${numbers.one(firstNames)} ${numbers.one(lastNames)}`;
    const emailAddress = `${this.#text(7)}@${this.#text(5)}.com`;
    const group = (): string => String(numbers.below(10_000)).padStart(4, "0");
    const creditCard = [group(), group(), group(), group()].join(" ");
    const city = numbers.one(cities);
    const state = numbers.one(states);
    const length = 8 + name.length + emailAddress.length + creditCard.length + city.length + 2;
    const dateTime = sqlTime(this.#time(seq));
    const extra = this.#extra(length, 200);
    const fields = { id, name, emailAddress, creditCard, city, state, dateTime, extra };
    return { kind: "person", seq, key: id, fields };
  }

  #auction(seq: number): Generated {
    const numbers = this.#numbers;
    const time = this.#time(seq);
    const id = lastAuction(seq) + firstAuction;
    const isHot = numbers.below(4) > 0;
    const person = isHot ? Math.floor(lastPerson(seq) / 100) * 100 : this.#nextPerson(seq);
    const category = firstCategory + numbers.below(5);
    const initialBid = this.#price();
    const horizon = this.#time(seq + recordsInFlight) - time;
    const expires = time + 1 + numbers.below(Math.max(horizon * 2, 1));
    const itemName = this.#text(20);
    const description = this.#text(100);
    const fields = {
      id,
      itemName,
      description,
      initialBid,
      reserve: initialBid + this.#price(),
      dateTime: sqlTime(time),
      expires: sqlTime(expires),
      seller: person + firstPerson,
      category,
      extra: this.#extra(48 + itemName.length + description.length, 500),
    };
    return { kind: "auction", seq, key: id, fields };
  }

  #bid(seq: number): Generated {
    const numbers = this.#numbers;
    const isHotAuction = numbers.below(2) > 0;
    const auction = isHotAuction
      ? Math.floor(lastAuction(seq) / 100) * 100
      : this.#nextAuction(seq);
    const isHotBidder = numbers.below(4) > 0;
    const bidder = isHotBidder
      ? Math.floor(lastPerson(seq) / 100) * 100 + 1
      : this.#nextPerson(seq);
    const price = this.#price();
    const [channel, url] = numbers.below(2) > 0 ? this.#hotChannel() : numbers.one(this.#channels);
    const fields = {
      auction: auction + firstAuction,
      bidder: bidder + firstPerson,
      price,
      channel,
      url,
      dateTime: sqlTime(this.#time(seq)),
      extra: this.#extra(32, 100),
    };
    return { kind: "bid", seq, key: fields.auction, fields };
  }

  #hotChannel(): readonly [string, string] {
    const hot = this.#numbers.below(4);
    return [hotChannels[hot] as string, this.#hotUrls[hot] as string];
  }

  #channel(index: number): readonly [string, string] {
    this.#numbers.start(0x40000000 + index);
    const url = this.#url();
    const isTagged = this.#numbers.below(10) > 0;
    return [`channel-${index}`, isTagged ? `${url}&channel_id=${reversedBits(index)}` : url];
  }

  #nextPerson(seq: number): number {
    const people = lastPerson(seq) + 1;
    const active = Math.min(people, activePeople);
    return people - active + this.#numbers.below(active + idLead);
  }

  #nextAuction(seq: number): number {
    const newest = lastAuction(seq);
    const oldest = Math.max(newest - auctionsInFlight, 0);
    return oldest + this.#numbers.below(newest - oldest + 1 + idLead);
  }

  #price(): number {
    return Math.round(10 ** (this.#numbers.fraction() * 6) * 100);
  }

  #text(max: number, space = " "): string {
    let length = 3 + this.#numbers.below(max - 3);
    let text = "";
    while (length-- > 0) {
      const isSpace = this.#numbers.below(13) === 0;
      text += isSpace ? space : String.fromCharCode(97 + this.#numbers.below(26));
    }
    return text.trim();
  }

  #url(): string {
    const part = (): string => this.#text(5, "_");
    return `https://www.nexmark.com/${part()}/${part()}/${part()}/item.htm?query=1`;
  }

  /** Letters that bring a record to about its average size. */
  #extra(size: number, average: number): string {
    if (size > average) return "";
    const wanted = average - size;
    const spread = Math.round(wanted * 0.2);
    const length = wanted - spread + (spread > 0 ? this.#numbers.below(2 * spread) : 0);
    const from = this.#numbers.below(this.#letters.length - length);
    return this.#letters.slice(from, from + length);
  }
}

function lastPerson(seq: number): number {
  return Math.floor(seq / cycle) * personShare + Math.min(seq % cycle, personShare - 1);
}

function lastAuction(seq: number): number {
  const place = seq % cycle;
  const round = Math.floor(seq / cycle);
  if (place < personShare) return (round - 1) * auctionShare + auctionShare - 1;
  const own = Math.min(place - personShare, auctionShare - 1);
  return round * auctionShare + own;
}

function reversedBits(value: number): number {
  let reversed = 0;
  let rest = value;
  for (let bit = 0; bit < 32; bit += 1) {
    reversed = (reversed << 1) | (rest & 1);
    rest >>>= 1;
  }
  return Math.abs(reversed | 0);
}

/** The form of Flink's JSON format "SQL": `2026-01-01 06:30:00.004`. */
function sqlTime(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

import {
  type InferRow,
  milliseconds,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  seconds,
  type SinkDescriptor,
  type SourceDescriptor,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";
import { auctionLifetimeMs } from "./data/generator.ts";
import { Auction, Bid, Person, SideInput } from "./data/rows.ts";
import type { NexmarkContext, NexmarkQuery } from "./queries/query.ts";

/** The generator's bound: a record comes at most so long after one that happened later. */
const outOfOrderness = seconds(4);

/** Where a query reads and writes. */
export interface NexmarkPlaces {
  /** Directory of a data set. */
  readonly input: string;
  /** Records per second of event time, of which auctions live 1,666 in the mean. */
  readonly rate: number;
  /** DuckDB file, in which the result is the table of the query's name. */
  readonly output: string;
  /**
   * Whether the tables `late_…`, of rows that windows refuse as late, and `changes_…`, of results
   * that are corrected, are written too.
   */
  readonly keepsLate?: boolean;
}

/** The inputs and outputs of a query as descriptors. */
export interface NexmarkEnds {
  readonly bids: SourceDescriptor<InferRow<typeof Bid>>;
  readonly auctions: SourceDescriptor<InferRow<typeof Auction>>;
  readonly people: SourceDescriptor<InferRow<typeof Person>>;
  readonly sideInput: SourceDescriptor<InferRow<typeof SideInput>>;
  readonly result: SinkDescriptor;
  readonly resultBy: NexmarkContext["resultBy"];
  readonly late?: SinkDescriptor;
  readonly changes?: SinkDescriptor;
}

/** A query as a pipeline from files to a DuckDB table. */
export function nexmarkPipeline(query: NexmarkQuery, places: NexmarkPlaces): Pipeline {
  return pipelineBetween(`nexmark-${query.name}`, query, endsAt(query, places), places.rate);
}

/**
 * A query as a pipeline between any ends.
 *
 * @param rate as in `NexmarkPlaces`
 */
export function pipelineBetween(
  name: string,
  query: NexmarkQuery,
  ends: NexmarkEnds,
  rate: number,
): Pipeline {
  return pipeline(name, (p) => query.define(contextOf(p, ends, rate)));
}

function endsAt(query: NexmarkQuery, places: NexmarkPlaces): NexmarkEnds {
  const files = (name: string): string => `${places.input}/${name}.ndjson`;
  const table = (name: string) => duckdb({ table: name, file: places.output });
  return {
    bids: ndjson(files("bid-*"), Bid),
    auctions: ndjson(files("auction-*"), Auction),
    people: ndjson(files("person-*"), Person),
    sideInput: ndjson(files("side-input"), SideInput),
    result: table(query.name),
    resultBy: (...key) => duckdb({ table: query.name, file: places.output, key }),
    ...(places.keepsLate === true
      ? { late: table(`late_${query.name}`), changes: table(`changes_${query.name}`) }
      : {}),
  };
}

function contextOf(p: PipelineBuilder, ends: NexmarkEnds, rate: number): NexmarkContext {
  const bids = once(() =>
    p.source("bids", ends.bids, { eventTime: (bid) => bid.dateTime, outOfOrderness }),
  );
  const auctions = once(() =>
    p.source("auctions", ends.auctions, {
      eventTime: (auction) => auction.dateTime,
      outOfOrderness,
    }),
  );
  const people = once(() =>
    p.source("people", ends.people, { eventTime: (person) => person.dateTime, outOfOrderness }),
  );
  const sideInput = once(() => p.source("sideInput", ends.sideInput));
  const { result, resultBy, late, changes } = ends;
  return {
    get bids() {
      return bids();
    },
    get auctions() {
      return auctions();
    },
    get people() {
      return people();
    },
    get sideInput() {
      return sideInput();
    },
    result,
    resultBy,
    ...(late === undefined ? {} : { late }),
    ...(changes === undefined ? {} : { changes }),
    auctionLifetime: milliseconds(auctionLifetimeMs(rate)),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

import { milliseconds, type Pipeline, pipeline, type PipelineBuilder, seconds } from "millrace";
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

/** A query as a pipeline. */
export function nexmarkPipeline(query: NexmarkQuery, places: NexmarkPlaces): Pipeline {
  return pipeline(`nexmark-${query.name}`, (p) => {
    query.define(contextOf(p, query, places));
  });
}

function contextOf(p: PipelineBuilder, query: NexmarkQuery, places: NexmarkPlaces): NexmarkContext {
  const files = (name: string): string => `${places.input}/${name}.ndjson`;
  const bids = once(() =>
    p.source("bids", ndjson(files("bid-*"), Bid), {
      eventTime: (bid) => bid.dateTime,
      outOfOrderness,
    }),
  );
  const auctions = once(() =>
    p.source("auctions", ndjson(files("auction-*"), Auction), {
      eventTime: (auction) => auction.dateTime,
      outOfOrderness,
    }),
  );
  const people = once(() =>
    p.source("people", ndjson(files("person-*"), Person), {
      eventTime: (person) => person.dateTime,
      outOfOrderness,
    }),
  );
  const sideInput = once(() => p.source("sideInput", ndjson(files("side-input"), SideInput)));
  const table = (name: string) => duckdb({ table: name, file: places.output });
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
    result: table(query.name),
    resultBy: (...key) => duckdb({ table: query.name, file: places.output, key }),
    ...(places.keepsLate === true
      ? { late: table(`late_${query.name}`), changes: table(`changes_${query.name}`) }
      : {}),
    auctionLifetime: milliseconds(auctionLifetimeMs(places.rate)),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

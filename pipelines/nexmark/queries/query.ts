import type { Duration, InferRow, SinkDescriptor, Stream, UpdatingSinkDescriptor } from "millrace";
import type { Auction, Bid, Person, SideInput } from "../data/rows.ts";

/**
 * What a query reads and writes. Each stream is a source that is added when it is first asked for.
 */
export interface NexmarkContext {
  readonly bids: Stream<InferRow<typeof Bid>>;
  readonly auctions: Stream<InferRow<typeof Auction>>;
  readonly people: Stream<InferRow<typeof Person>>;
  /** The bounded table of 10,000 values. */
  readonly sideInput: Stream<InferRow<typeof SideInput>>;
  /** Takes the rows of the result. */
  readonly result: SinkDescriptor;
  /** Takes the rows of a result that changes; the columns name a row. */
  resultBy(...key: readonly string[]): UpdatingSinkDescriptor;
  /** How long an auction may be open, at most. */
  readonly auctionLifetime: Duration;
}

/** One query of the benchmark. */
export interface NexmarkQuery {
  /** As the oracle's view is called: `q5`. */
  readonly name: string;
  readonly title: string;
  readonly define: (context: NexmarkContext) => void;
}

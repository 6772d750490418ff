import type { Duration, InferRow, SinkDescriptor, Stream, UpdatingSinkDescriptor } from "millrace";
import type { LateRule } from "../oracle/answers.ts";
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
  /** Takes the bids that a window refuses as late; absent where nobody wants them. */
  readonly late?: SinkDescriptor;
  /** Takes the changes of a result that is corrected; absent where nobody wants them. */
  readonly changes?: SinkDescriptor;
  /** How long an auction may be open, at most. */
  readonly auctionLifetime: Duration;
}

/** One query of the benchmark. */
export interface NexmarkQuery {
  /** As the oracle's view is called: `q5`. */
  readonly name: string;
  readonly title: string;
  /** What makes a record late: its time, or that its window has closed; default: nothing does. */
  readonly lateRule?: LateRule;
  readonly define: (context: NexmarkContext) => void;
}

import type { InferRow, Stream } from "millrace";
import type { duckdb } from "millrace/duckdb";
import type { Auction, Bid, Person, SideInput } from "../data/rows.ts";

type Sink = ReturnType<typeof duckdb>;

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
  readonly result: Sink;
}

/** One query of the benchmark. */
export interface NexmarkQuery {
  /** As the oracle's view is called: `q5`. */
  readonly name: string;
  readonly title: string;
  readonly define: (context: NexmarkContext) => void;
}

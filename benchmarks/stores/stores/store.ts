import type { SinkDescriptor, UpdatingSinkDescriptor } from "millrace";

/** How a worker process finds a store: a file, or a URL. */
export type StorePlace = string;

/** What a store is to the rounds: where it is, what stands in it, and what can happen to it. */
export interface RoundStore {
  readonly place: StorePlace;
  /** Each row as the text of its columns with `|` between them; a null is `∅`. */
  read(table: string, columns: readonly string[]): Promise<string[]>;
  /** SIGKILL, and until it serves again; absent where the store has no server. */
  readonly restart?: () => Promise<void>;
  close(): Promise<void>;
}

/** A store that rounds can be run on. */
export interface RoundStoreKind {
  readonly name: string;
  /** What it is tested on, for the report. */
  readonly version: string;
  /** Rows that are read at most, where the store is slow. */
  readonly ordersMax?: number;
  /** @param directory where it may keep files */
  open(directory: string): Promise<RoundStore>;
  append(place: StorePlace, table: string): SinkDescriptor;
  upsert(place: StorePlace, table: string, key: readonly string[]): UpdatingSinkDescriptor;
}

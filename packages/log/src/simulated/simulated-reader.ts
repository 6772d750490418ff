import type { LogReader, LogRecords, Offset } from "@millrace/core";
import type { PartitionRead } from "./simulated-partition.ts";

/** Reads by requests; where it is moves on when an answer has come. */
export class SimulatedReader implements LogReader {
  readonly #ask: (from: Offset, bytesMax: number) => Promise<PartitionRead>;
  #position: Offset;

  constructor(from: Offset, ask: (from: Offset, bytesMax: number) => Promise<PartitionRead>) {
    this.#position = from;
    this.#ask = ask;
  }

  get position(): Offset {
    return this.#position;
  }

  async read(bytesMax: number): Promise<LogRecords> {
    const { records, next } = await this.#ask(this.#position, bytesMax);
    this.#position = next;
    return records;
  }

  async close(): Promise<void> {}
}

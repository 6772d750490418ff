import { type Collector, type InFlight, limits } from "@millrace/core";
import type { AsyncCallSpec } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import type { CallOutcome } from "./async-calls.ts";

/** Ready rows that are worth a batch of their own. */
const readyRowsMin = 1_024;

/** What is done for each row outside of the task's turns. */
export interface RowWork {
  /**
   * Begins a row and perhaps some after it. `settle` is called once for each of them, at once or
   * later.
   *
   * @returns how many rows it has begun; 0 while there is no room for the row
   */
  begin(batch: RecordBatch, from: number, settle: SettleRow): number;
  abort(): void;
}

/** Says what the work for a row came to. */
export type SettleRow = (row: number, outcome: CallOutcome) => void;

/** Gives out rows of one batch that are ready. */
type GiveRows = (
  batch: RecordBatch,
  rows: readonly number[],
  outcomes: readonly (CallOutcome | undefined)[],
  out: Collector,
) => void;

/** How rows are kept until they are given out. */
export interface InFlightOptions {
  readonly work: RowWork;
  readonly give: GiveRows;
  /** Whether rows are given out in the order in which they came. */
  readonly isOrdered: boolean;
  /** Rows at which it is full. A batch is taken whole. */
  readonly rowsMax: number;
}

interface HeldBatch {
  readonly batch: RecordBatch;
  /** Event time that had been reached when it came. */
  readonly watermark: number;
  readonly outcomes: (CallOutcome | undefined)[];
  begunCount: number;
  /** Rows that may be given out next. */
  ready: number[];
  /** Of ordered rows, those that are ready or given out. */
  prefix: number;
  givenCount: number;
}

/**
 * Batches whose rows wait for the outside.
 *
 * Rows begin in the order in which they came, over the bounds of batches and watermarks. Where the
 * order is not kept, rows may overtake others, also of earlier batches; a watermark stays behind
 * all rows that came before it in either case.
 *
 * **Cost** an outcome object per row; memory for at most `rowsMax` rows and one batch
 */
export class RowsInFlight implements InFlight {
  readonly #options: InFlightOptions;
  #held: HeldBatch[] = [];
  /** Of the held batches, those with rows that have not begun. */
  readonly #waiting: HeldBatch[] = [];
  #rows = 0;
  #rowsWaiting = 0;
  #reached = -Infinity;
  #isBeginning = false;
  #isAborted = false;
  #hasNews = false;
  #news: Promise<void> | undefined;
  #tell: (() => void) | undefined;

  constructor(options: InFlightOptions) {
    this.#options = options;
  }

  get rows(): number {
    return this.#rows;
  }

  get rowsWaiting(): number {
    return this.#rowsWaiting;
  }

  get isFull(): boolean {
    return this.#rows >= this.#options.rowsMax;
  }

  get watermark(): number {
    return this.#held[0]?.watermark ?? Infinity;
  }

  /** Takes a batch with at least one row. */
  take(batch: RecordBatch): void {
    const held: HeldBatch = {
      batch,
      watermark: this.#reached,
      outcomes: Array.from({ length: batch.numRows }),
      begunCount: 0,
      ready: [],
      prefix: 0,
      givenCount: 0,
    };
    this.#held.push(held);
    this.#waiting.push(held);
    this.#rows += batch.numRows;
    this.#rowsWaiting += batch.numRows;
    this.#begin();
  }

  /** Notes that event time has come to `watermark`. */
  reach(watermark: number): void {
    this.#reached = watermark;
  }

  deliver(out: Collector): void {
    this.#hasNews = false;
    for (const held of this.#held) {
      const rows = held.ready;
      if (rows.length > 0) {
        held.ready = [];
        held.givenCount += rows.length;
        this.#rows -= rows.length;
        this.#options.give(held.batch, rows, held.outcomes, out);
      }
      if (this.#options.isOrdered && held.givenCount < held.batch.numRows) break;
    }
    this.#held = this.#held.filter((held) => held.givenCount < held.batch.numRows);
  }

  ready(): Promise<void> {
    if (this.#hasNews || this.#isAborted || this.#rows === 0) return Promise.resolve();
    this.#news ??= new Promise((resolve) => {
      this.#tell = resolve;
    });
    return this.#news;
  }

  abort(): void {
    this.#isAborted = true;
    this.#options.work.abort();
    this.#notify();
  }

  /** Begins rows while there is room. What settles at once within it begins no others. */
  #begin(): void {
    if (this.#isBeginning || this.#isAborted) return;
    this.#isBeginning = true;
    for (let held = this.#waiting[0]; held !== undefined; held = this.#waiting[0]) {
      const now = held;
      const count = this.#options.work.begin(now.batch, now.begunCount, (row, outcome) =>
        this.#settle(now, row, outcome),
      );
      if (count === 0) break;
      now.begunCount += count;
      this.#rowsWaiting -= count;
      if (now.begunCount === now.batch.numRows) this.#waiting.shift();
    }
    this.#isBeginning = false;
    if (this.#rowsWaiting === 0) this.#notify();
  }

  #settle(held: HeldBatch, row: number, outcome: CallOutcome): void {
    held.outcomes[row] = outcome;
    if (this.#options.isOrdered) {
      while (held.outcomes[held.prefix] !== undefined) held.ready.push(held.prefix++);
    } else {
      held.ready.push(row);
    }
    const readyCount = held.ready.length;
    const isWhole = held.givenCount + readyCount === held.batch.numRows;
    if (isWhole || readyCount >= readyRowsMin) this.#notify();
    this.#begin();
  }

  #notify(): void {
    this.#hasNews = true;
    this.#tell?.();
    this.#news = undefined;
    this.#tell = undefined;
  }
}

/** Rows at which a step is full: enough that calls of the next batch begin while others go on. */
export function inFlightRowsMax({ concurrency, rowsPerCall = 1 }: AsyncCallSpec): number {
  return Math.max(4 * concurrency * rowsPerCall, 2 * limits.asyncBatchRowsMax);
}

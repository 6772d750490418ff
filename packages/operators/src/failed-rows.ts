import {
  catalogue,
  type Collector,
  type DeadLetter,
  type ErrorPlace,
  hiddenColumns,
  type MillraceError,
  millraceError,
  type OperatorCounts,
} from "@millrace/core";
import type { OnError } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { CallTimeout } from "./async/call-timeout.ts";
import { readNumbers } from "./aggregate/read-numbers.ts";
import { findColumn } from "./find-column.ts";

const rawLengthMax = 65_536;

/** Whose function it is, and what shall become of rows for which it fails. */
export interface FailurePolicy {
  /** The step as the user knows it. */
  readonly step: string;
  readonly onError?: OnError;
}

/** Decides what becomes of rows for which a user function fails, and counts them. */
export class FailedRows {
  readonly #policy: FailurePolicy;
  readonly #operatorId: string;
  readonly #counts: OperatorCounts;

  constructor(policy: FailurePolicy, operatorId: string, counts: OperatorCounts) {
    this.#policy = policy;
    this.#operatorId = operatorId;
    this.#counts = counts;
  }

  /**
   * Takes a row that has not been counted yet.
   *
   * @param value the row as the function saw it
   * @throws MillraceError `RUN_FUNCTION_FAILED` where the run shall stop
   */
  take(batch: RecordBatch, row: number, value: object, error: unknown, out: Collector): void {
    const { onError = "deadLetter", step } = this.#policy;
    if (onError === "skip") {
      this.#counts.filtered += 1;
      return;
    }
    const operatorId = this.#operatorId;
    const partition = numberAt(batch, hiddenColumns.partition, row);
    const offset = numberAt(batch, hiddenColumns.offset, row);
    if (onError === "fail") {
      const place = `${step} at offset ${offset} of partition ${partition}`;
      const where = { operatorId, partition, offset: `${offset}` };
      throw runError(place, error, where);
    }
    this.#counts.deadLettered += 1;
    out.deadLetter(this.#letter({ partition, offset }, error, value));
  }

  /**
   * Takes a timer for which the function failed: it is no row, so it is in no count.
   *
   * @param value the timer's key and time
   * @throws MillraceError `RUN_FUNCTION_FAILED` where the run shall stop
   */
  takeTimer(value: object, error: unknown, out: Collector): void {
    const { onError = "deadLetter", step } = this.#policy;
    if (onError === "fail") {
      throw runError(`${step} at the timer ${rowText(value)}`, error, {
        operatorId: this.#operatorId,
      });
    }
    if (onError === "skip") return;
    out.deadLetter(this.#letter({ partition: -1, offset: -1 }, error, value));
  }

  #letter(
    place: { readonly partition: number; readonly offset: number },
    error: unknown,
    value: object,
  ): DeadLetter {
    return {
      ...reasonOf(this.#policy.step, error),
      operatorId: this.#operatorId,
      ...place,
      raw: rowText(value),
    };
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function reasonOf(step: string, error: unknown): Pick<DeadLetter, "code" | "reason"> {
  if (error instanceof CallTimeout) {
    const { timeoutMs } = error;
    const reason = catalogue.RECORD_FUNCTION_TIMEOUT.message({ step, timeoutMs });
    return { code: "RECORD_FUNCTION_TIMEOUT", reason };
  }
  const reason = catalogue.RECORD_FUNCTION_FAILED.message({ step, problem: problemOf(error) });
  return { code: "RECORD_FUNCTION_FAILED", reason };
}

function runError(step: string, error: unknown, where: ErrorPlace): MillraceError {
  const more = { cause: error, where };
  if (error instanceof CallTimeout) {
    return millraceError("RUN_FUNCTION_TIMEOUT", { step, timeoutMs: error.timeoutMs }, more);
  }
  return millraceError("RUN_FUNCTION_FAILED", { step, problem: problemOf(error) }, more);
}

function numberAt(batch: RecordBatch, name: string, row: number): number {
  const data = findColumn(batch, name);
  return data === undefined ? -1 : (readNumbers(data)[row] as number);
}

/** A plain row as JSON, cut at 64 KiB; bigints and bytes as text. */
function rowText(row: object): string {
  const text = JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Uint8Array)
      return [...value].map((b) => b.toString(16).padStart(2, "0")).join("");
    return value;
  });
  return text.slice(0, rawLengthMax);
}

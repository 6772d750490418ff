import type { Clock } from "@millrace/core";
import type { LookupSpec, UserFunction } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";
import { AsyncCalls, type CallContext, type CallOutcome } from "./async-calls.ts";
import { type Found, FoundRows, type LookupKey } from "./found-rows.ts";
import type { RowWork, SettleRow } from "./rows-in-flight.ts";

/** The key of a row; undefined where a part of it is null. */
export type KeyReader = (batch: RecordBatch, row: number) => LookupKey | undefined;

/** A row that waits for a key. */
type Waiter = (outcome: CallOutcome) => void;

/**
 * Finds what rows look up. A key is fetched once for all rows that ask for it meanwhile; rows whose
 * key is kept, or has a null, need no call and no room.
 */
export class KeyFetches implements RowWork {
  readonly #calls: AsyncCalls;
  readonly #fetch: UserFunction;
  readonly #keyOf: KeyReader;
  readonly #kept: FoundRows | undefined;
  readonly #keysPerCall: number | undefined;
  /** By key, who waits for the call that fetches it. */
  readonly #waiting: Map<string, Waiter[]> = new Map();

  constructor(
    spec: LookupSpec,
    more: { readonly fetch: UserFunction; readonly keyOf: KeyReader; readonly clock: Clock },
  ) {
    this.#calls = new AsyncCalls(spec.calls, more.clock);
    this.#fetch = more.fetch;
    this.#keyOf = more.keyOf;
    this.#kept = spec.cache === undefined ? undefined : new FoundRows(spec.cache, more.clock);
    this.#keysPerCall = spec.calls.rowsPerCall;
  }

  begin(batch: RecordBatch, from: number, settle: SettleRow): number {
    const key = this.#keyOf(batch, from);
    if (this.#join(key, (outcome) => settle(from, outcome))) return 1;
    if (!this.#calls.hasRoom || key === undefined) return 0;
    this.#waiting.set(key.text, [(outcome) => settle(from, outcome)]);
    if (this.#keysPerCall === undefined) {
      this.#start([key], (context) => [this.#fetch(key.values, context)]);
      return 1;
    }
    const keys = [key];
    let to = from + 1;
    for (; to < batch.numRows; to += 1) {
      const row = to;
      const next = this.#keyOf(batch, row);
      if (this.#join(next, (outcome) => settle(row, outcome)) || next === undefined) continue;
      if (keys.length === this.#keysPerCall) break;
      this.#waiting.set(next.text, [(outcome) => settle(row, outcome)]);
      keys.push(next);
    }
    const values = keys.map((each) => each.values);
    this.#start(keys, (context) => this.#fetch(values, context));
    return to - from;
  }

  abort(): void {
    this.#calls.abort();
  }

  /** Whether a row needs no call of its own: its key has a null, is kept, or is being fetched. */
  #join(key: LookupKey | undefined, waiter: Waiter): boolean {
    const kept = key === undefined ? null : this.#kept?.get(key.text);
    if (kept !== undefined) {
      waiter({ value: kept });
      return true;
    }
    const others = key === undefined ? undefined : this.#waiting.get(key.text);
    others?.push(waiter);
    return others !== undefined;
  }

  /** @param fetch gives a list with what it has found for each key, or promises of it */
  #start(keys: readonly LookupKey[], fetch: (context: CallContext) => unknown): void {
    const call = async (context: CallContext): Promise<Found[]> => {
      const given = await fetch(context);
      if (!Array.isArray(given) || given.length !== keys.length) {
        throw new TypeError("it must return an array with what it has found for each key");
      }
      const found: unknown[] = await Promise.all(given);
      return found.map(foundOf);
    };
    this.#calls.start(call, (outcome) => {
      for (const [i, { text }] of keys.entries()) {
        const own = "error" in outcome ? outcome : { value: (outcome.value as Found[])[i] ?? null };
        if ("value" in own) this.#kept?.set(text, own.value);
        const waiters = this.#waiting.get(text) ?? [];
        this.#waiting.delete(text);
        for (const waiter of waiters) waiter(own);
      }
    });
  }
}

function foundOf(value: unknown): Found {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") throw new TypeError("it must return a row, or null");
  return value as Found;
}

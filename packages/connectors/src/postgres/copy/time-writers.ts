import { millraceError } from "@millrace/core";
import { type CopyTarget, FixedWriter } from "./field-writer.ts";
import { halvesOf } from "./number-writers.ts";

// PostgreSQL counts from 2000-01-01: days in 32 bits, microseconds in 64.
const epochDay = 10_957;
const epochMs = 946_684_800_000;
const epochMicrosHigh = Math.floor((epochMs * 1000) / 2 ** 32);
const epochMicrosLow = epochMs * 1000 - epochMicrosHigh * 2 ** 32;

/** Upper halves beyond which 64 bits would run over; the server refuses what is before 4713 BC. */
const microsHighMin = -51_300_000;
const millisHighMin = -(2 ** 21);
const millisHighMax = 2 ** 21 - 1;

/** Days since 1970. */
export class DateWriter extends FixedWriter {
  constructor() {
    super(4);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const days = this.data.values as Int32Array;
    for (let i = 0; i < count; i++) {
      if (!this.isNull(from + i)) view.setInt32(places[i]! - 4, days[from + i]! - epochDay);
    }
  }
}

/** Milliseconds since 1970. */
export class MillisWriter extends FixedWriter {
  readonly #table: string;

  constructor(table: string) {
    super(8);
    this.#table = table;
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const halves = halvesOf(this.data.values as BigInt64Array);
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      const upper = halves[(from + i) * 2 + 1]!;
      if (upper < millisHighMin || upper > millisHighMax) throw outOfRange(this.#table);
      const millis = upper * 2 ** 32 + (halves[(from + i) * 2]! >>> 0) - epochMs;
      // times 1000 in 32-bit halves: the low product is below 2^42, its upper part is the carry
      const high = Math.floor(millis / 2 ** 32);
      const low = (millis - high * 2 ** 32) * 1000;
      view.setInt32(places[i]! - 8, high * 1000 + Math.floor(low / 2 ** 32));
      view.setUint32(places[i]! - 4, low % 2 ** 32);
    }
  }
}

/** Microseconds since 1970. */
export class MicrosWriter extends FixedWriter {
  readonly #table: string;

  constructor(table: string) {
    super(8);
    this.#table = table;
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const halves = halvesOf(this.data.values as BigInt64Array);
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      const upper = halves[(from + i) * 2 + 1]!;
      if (upper < microsHighMin) throw outOfRange(this.#table);
      const low = (halves[(from + i) * 2]! >>> 0) - epochMicrosLow;
      view.setInt32(places[i]! - 8, upper - epochMicrosHigh - (low < 0 ? 1 : 0));
      view.setUint32(places[i]! - 4, low < 0 ? low + 2 ** 32 : low);
    }
  }
}

function outOfRange(table: string): Error {
  const problem = "a timestamp is outside of what PostgreSQL has, 4713 BC to 294276 AD";
  return millraceError("POSTGRES_VALUE_REFUSED", { table, problem });
}

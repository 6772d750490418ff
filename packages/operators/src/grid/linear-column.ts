import {
  columnBuilder,
  isValidAt,
  newColumn,
  packValidity,
  readDecimalWords,
  writeDecimalWords,
} from "@millrace/columnar";
import { type DataType, isInteger, toArrowType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { numberColumn } from "../aggregate/number-column.ts";
import { isReadAsNumber, readNumbers } from "../aggregate/read-numbers.ts";

/** Two values for each row, and how far it is from the first to the second one. */
export interface LinearEnds {
  readonly previous: Data;
  readonly next: Data;
  /** From the previous value to the row, in ms. */
  readonly passedMs: Float64Array;
  /** From the previous value to the next one, in ms; 0 where they are one. */
  readonly totalMs: Float64Array;
}

/**
 * Values on the straight lines between two values each; null where either is.
 *
 * Whole numbers and decimals are rounded to the type, half away from zero.
 */
export function linearColumn(type: DataType, ends: LinearEnds, count: number): Data {
  const isValid = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    isValid[i] = isValidAt(ends.previous, i) && isValidAt(ends.next, i) ? 1 : 0;
  }
  if (type.kind === "decimal") return decimals(type, ends, isValid);
  if (!isReadAsNumber(type)) return bigints(type, ends, isValid);
  const from = readNumbers(ends.previous);
  const to = readNumbers(ends.next);
  const isWhole = isInteger(type);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    if (isValid[i] === 0) continue;
    const start = from[i] as number;
    const total = ends.totalMs[i] as number;
    if (total === 0) {
      values[i] = start;
      continue;
    }
    const share = (ends.passedMs[i] as number) / total;
    const value = start + ((to[i] as number) - start) * share;
    values[i] = isWhole ? Math.sign(value) * Math.round(Math.abs(value)) : value;
  }
  return numberColumn(type, values, count, isValid);
}

function decimals(type: DataType, ends: LinearEnds, isValid: Uint8Array): Data {
  const count = isValid.length;
  const from = ends.previous.values as Uint32Array;
  const to = ends.next.values as Uint32Array;
  const values = new Uint32Array(count * 4);
  for (let i = 0; i < count; i += 1) {
    if (isValid[i] === 0) continue;
    const start = readDecimalWords(from, i * 4);
    const value = exactBetween(start, readDecimalWords(to, i * 4), ends, i);
    writeDecimalWords(values, i * 4, value);
  }
  return newColumn(toArrowType(type), count, { values, nullBitmap: packValidity(isValid, count) });
}

/** 64-bit integers beyond what a number holds. */
function bigints(type: DataType, ends: LinearEnds, isValid: Uint8Array): Data {
  const count = isValid.length;
  const from = ends.previous.values as BigInt64Array;
  const to = ends.next.values as BigInt64Array;
  const builder = columnBuilder({ ...type, nullable: true }, count);
  for (let i = 0; i < count; i += 1) {
    const value =
      isValid[i] === 0 ? null : exactBetween(from[i] as bigint, to[i] as bigint, ends, i);
    builder.append(value);
  }
  return builder.finish();
}

function exactBetween(
  start: bigint,
  end: bigint,
  { passedMs, totalMs }: LinearEnds,
  at: number,
): bigint {
  if (totalMs[at] === 0) return start;
  const total = BigInt(totalMs[at] as number);
  // start + (end − start) · passed / total, over the common denominator 2 · total.
  const twice = 2n * (start * total + (end - start) * BigInt(passedMs[at] as number));
  const half = twice < 0n ? -total : total;
  return (twice + half) / (2n * total);
}

import { type FieldType, timeField, weightField } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import fc from "fast-check";
import { batchOf, int32, lineageFields, utf8 } from "../fixtures.ts";

/** A row of the test inputs. */
export interface Given {
  readonly key: string;
  readonly value: number | null;
  readonly n: number;
  readonly time: number;
}

/** A row that comes (1) or is taken back (−1). */
export interface Weighted extends Given {
  readonly weight: number;
}

/** Columns of the inputs. */
export const inputFields: readonly FieldType[] = [
  { name: "key", type: utf8 },
  { name: "value", type: int32 },
  { name: "n", type: int32 },
];

const appendFields = [...inputFields, timeField, ...lineageFields];

/** Rows that stay. */
export function appended(rows: readonly Given[]): RecordBatch {
  const full = rows.map((row) => ({
    ...row,
    $time: row.time,
    $source: 0,
    $partition: 0,
    $offset: row.n,
  }));
  return batchOf(appendFields, full);
}

/** Rows of an updating stream. */
export function weighted(rows: readonly Weighted[]): RecordBatch {
  const full = rows.map((row) => ({ ...row, $time: row.time, $weight: row.weight }));
  return batchOf([...inputFields, timeField, weightField], full);
}

/** Batches of rows that stay; some are equal but for their number. */
export const appends: fc.Arbitrary<Given[][]> = fc
  .array(
    fc.array(
      fc.record({
        key: fc.constantFrom("a", "b", "c"),
        value: fc.option(fc.integer({ min: -3, max: 3 }), { nil: null }),
        time: fc.nat({ max: 30 }),
      }),
      { maxLength: 9 },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((batches) => {
    let n = 0;
    return batches.map((rows) => rows.map((row) => ({ ...row, n: (n += 1) })));
  });

/**
 * Batches of an updating stream: rows that come, and rows that are taken back after they have come.
 * A row may come several times.
 */
export const updates: fc.Arbitrary<Weighted[][]> = fc
  .array(
    fc.array(
      fc.record({
        key: fc.constantFrom("a", "b", "c"),
        value: fc.option(fc.integer({ min: -2, max: 2 }), { nil: null }),
        n: fc.nat({ max: 2 }),
        back: fc.option(fc.nat(), { freq: 2, nil: undefined }),
      }),
      { maxLength: 9 },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((batches) => {
    const standing: Given[] = [];
    return batches.map((rows) =>
      rows.map(({ back, ...row }): Weighted => {
        const at = back === undefined || standing.length === 0 ? -1 : back % standing.length;
        const [taken] = at < 0 ? [] : standing.splice(at, 1);
        if (taken !== undefined) return { ...taken, weight: -1 };
        // Event time is a function of the row, so that equal rows are equal in all.
        const came = { ...row, time: row.n * 10 + (row.value ?? 5) };
        standing.push(came);
        return { ...came, weight: 1 };
      }),
    );
  });

/** The rows that stand after changes, as text of their columns, with repetitions. */
export function standingOf(rows: readonly Weighted[]): Given[] {
  const standing: Given[] = [];
  for (const { weight, ...row } of rows) {
    if (weight > 0) standing.push(row);
    else {
      const text = JSON.stringify(row);
      standing.splice(
        standing.findIndex((other) => JSON.stringify(other) === text),
        1,
      );
    }
  }
  return standing;
}

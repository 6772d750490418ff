import type { OperatorSegment } from "@millrace/conformance";
import { type FieldType, timeField } from "@millrace/core";
import { windowFields } from "@millrace/plan";
import fc from "fast-check";
import { batchOf, float64, utf8 } from "../fixtures.ts";

export const stepMs = 10;

/** Rows as a window aggregation gives them. */
export const hourlyFields: FieldType[] = [
  { name: "key", type: utf8 },
  ...windowFields,
  { name: "value", type: float64 },
];
export const hourlyAll: readonly FieldType[] = [...hourlyFields, timeField];

export function hourlyRow(key: string, step: number, value: number | null): object {
  const windowStart = step * stepMs;
  const windowEnd = windowStart + stepMs;
  return { key, windowStart, windowEnd, value, $time: windowEnd - 1 };
}

/**
 * Windows of a few keys with gaps; each segment's watermark is at the end of one of its windows.
 */
export const hourlySegments: fc.Arbitrary<readonly OperatorSegment[]> = fc
  .array(
    fc.record({
      skipped: fc.nat({ max: 3 }),
      values: fc.uniqueArray(
        fc.record({
          key: fc.constantFrom("a", "b", "c"),
          ahead: fc.nat({ max: 4 }),
          value: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant(null)),
        }),
        { maxLength: 6, selector: ({ key, ahead }) => `${key}${ahead}` },
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((segments) => {
    const seen = new Set<string>();
    let step = -3;
    return segments.map(({ skipped, values }) => {
      step += skipped;
      const fresh = values.filter(({ key, ahead }) => !seen.has(`${key}${step + ahead}`));
      for (const { key, ahead } of fresh) seen.add(`${key}${step + ahead}`);
      const rows = fresh.map((v) => hourlyRow(v.key, step + v.ahead, v.value));
      return {
        rows: batchOf(hourlyAll, rows as Record<string, unknown>[]),
        watermark: step * stepMs,
      };
    });
  });

import { type FieldType, type Operator, timeField, weightField } from "@millrace/core";
import { collectOutput, type OperatorSegment, type OutputRow } from "@millrace/conformance";
import type { JoinKind, OperatorSpec } from "@millrace/plan";
import fc from "fast-check";
import {
  batchOf,
  column,
  int32,
  lineageFields,
  operatorOf,
  timestamp,
  utf8,
  watermarkField,
} from "../fixtures.ts";

/** A row of either side of a join under test. */
export interface Given {
  readonly input: number;
  readonly key: string | null;
  readonly time: number;
  readonly n: number;
  readonly weight?: number;
  /** A time of its own, as a column. */
  readonly until?: number | null;
  /** Its own `$watermark`, where it is behind. */
  readonly behind?: number;
}

/** Rows of one input, then a watermark. */
export interface GivenStep {
  readonly input: number;
  readonly rows: readonly Given[];
  readonly watermark: number;
}

const key: FieldType = { name: "key", type: { ...utf8, nullable: true } };

/** Columns of both inputs. */
export const inputFields: readonly FieldType[] = [
  key,
  { name: "n", type: int32 },
  { name: "until", type: { ...timestamp, nullable: true } },
];

/** Columns of both inputs with event time and lineage. */
export const timedFields: readonly FieldType[] = [...inputFields, timeField, ...lineageFields];

const outputFields: readonly FieldType[] = [
  key,
  { name: "l", type: int32 },
  { name: "r", type: int32 },
];

/** `key` of whichever side is there, `n` of the left as `l`, `n` of the right as `r`. */
export function selectedColumns(
  kind: JoinKind,
): Extract<OperatorSpec, { kind: "join" }>["columns"] {
  const [left, right] = [column("left.key", key.type), column("right.key", key.type)];
  const both = {
    kind: "call",
    function: "coalesce",
    arguments: [left, right],
    type: key.type,
  } as const;
  return [
    { name: "key", expression: kind === "full" ? both : kind === "right" ? right : left },
    { name: "l", expression: column("left.n", int32) },
    { name: "r", expression: column("right.n", int32) },
  ];
}

/** A join of two inputs `{key, n, until}`. */
export function joinOf(spec: OperatorSpec): Operator {
  const input = { fields: inputFields };
  return operatorOf(spec, { input, inputs: [input, input], output: { fields: outputFields } });
}

/** A batch of one input's rows. */
export function givenBatch(rows: readonly Given[], isUpdating = false): ReturnType<typeof batchOf> {
  const hidden = [timeField];
  if (rows.some((row) => row.behind !== undefined)) hidden.push(watermarkField);
  if (isUpdating) hidden.push(weightField);
  return batchOf(
    [...inputFields, ...hidden],
    rows.map(({ key: name, n, until, time, behind, weight }) => ({
      key: name,
      n,
      until,
      $time: time,
      $watermark: behind,
      $weight: weight ?? 1,
    })),
  );
}

/** Steps as the laws want them. */
export function segmentsOf(
  steps: readonly GivenStep[],
  areUpdating: readonly boolean[] = [false, false],
): OperatorSegment[] {
  return steps.map(({ input, rows, watermark }) => ({
    input,
    rows: givenBatch(rows, areUpdating[input]),
    watermark,
  }));
}

/** What an operator gives for steps, to the end. */
export function outputOf(
  operator: Operator,
  steps: readonly GivenStep[],
  areUpdating?: readonly boolean[],
): OutputRow[] {
  const out = collectOutput();
  for (const { input, rows, watermark } of segmentsOf(steps, areUpdating)) {
    operator.process(rows, out, input ?? 0);
    operator.advanceWatermark(watermark, out);
  }
  operator.advanceWatermark(Infinity, out);
  return out.rows;
}

/** Batches of both inputs; no row is before the last watermark. */
export const givenSteps: fc.Arbitrary<GivenStep[]> = fc
  .array(
    fc.record({
      input: fc.nat({ max: 1 }),
      passed: fc.nat({ max: 12 }),
      rows: fc.array(
        fc.record({ key: fc.constantFrom("a", "b", null), ahead: fc.nat({ max: 20 }) }),
        { maxLength: 8 },
      ),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((given) => {
    let from = -20;
    let n = 0;
    return given.map(({ input, passed, rows }) => {
      const made = rows.map((row) => {
        n += 1;
        const time = from + row.ahead;
        return { input, key: row.key, time, n, until: n % 7 === 0 ? null : time + (n % 10) - 1 };
      });
      from += passed;
      return { input, rows: made, watermark: from };
    });
  });

/** Some rows come behind their source's watermark. */
export const stepsWithRowsBehind: fc.Arbitrary<GivenStep[]> = fc
  .tuple(givenSteps, fc.array(fc.nat({ max: 30 }), { minLength: 80, maxLength: 80 }))
  .map(([steps, late]) => {
    let watermark = -Infinity;
    let at = 0;
    return steps.map((step) => {
      const rows = step.rows.map((row) => {
        const by = late[(at += 1)] ?? 0;
        if (by % 3 !== 0 || watermark === -Infinity) return row;
        return { ...row, time: row.time - by, behind: Math.max(watermark, row.time) };
      });
      watermark = Math.max(watermark, step.watermark);
      return { ...step, rows };
    });
  });

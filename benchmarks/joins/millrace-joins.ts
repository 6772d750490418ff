import { type Collector, type Operator, type RowSchema, systemClock } from "@millrace/core";
import { createOperator } from "@millrace/operators";
import { type JoinSpecBase, type OperatorSpec, windowFields } from "@millrace/plan";
import { batchesOf, type JoinInput, sideFields } from "./join-rows.ts";

const batchRows = 65_536;
const int32 = { kind: "int32", nullable: false } as const;

/** `key`, and the value of both sides. */
export const selected: Omit<JoinSpecBase, "joinKind"> = {
  joinKeys: ["key"],
  columns: [
    { name: "key", expression: { kind: "column", name: "right.key", type: int32 } },
    { name: "left", expression: { kind: "column", name: "left.value", type: int32 } },
    { name: "right", expression: { kind: "column", name: "right.value", type: int32 } },
  ],
};

function operatorOf(spec: OperatorSpec): Operator {
  const input: RowSchema = { fields: sideFields };
  const own = ["key", "left", "right"].map((name) => ({ name, type: int32 }));
  const fields = spec.kind === "windowJoin" ? [...windowFields, ...own] : own;
  return createOperator(
    {
      id: "join",
      spec,
      inputs: [],
      inputSchemas: [input, input],
      outputSchema: { fields },
      order: "order-free",
      nodeIds: [],
    },
    {
      pipeline: "bench",
      operatorId: "join",
      functions: new Map(),
      models: { detectors: {}, forecasters: {} },
      clock: systemClock,
    },
  );
}

/**
 * Feeds both sides in order of time, in batches of 65,536 rows, with the watermark after each.
 *
 * @param swap the second side is the join's left one
 * @returns a function that runs the join and gives the number of its rows
 */
export function millraceJoin(spec: OperatorSpec, input: JoinInput, swap = false): () => number {
  const steps = [
    ...batchesOf(input.left, batchRows).map((step) => ({ ...step, side: 0 })),
    ...batchesOf(input.right, batchRows).map((step) => ({ ...step, side: 1 })),
  ].sort((a, b) => a.last - b.last);
  const lasts = [-Infinity, -Infinity];
  const watermarks = steps.map(({ side, last }) => {
    lasts[side] = last;
    return Math.min(...lasts);
  });
  return () => {
    const operator = operatorOf(spec);
    let rows = 0;
    const out: Collector = {
      emit: (batch) => void (rows += batch.numRows),
      emitLate: () => undefined,
      emitSide: () => undefined,
      deadLetter: () => undefined,
    };
    steps.forEach(({ batch, side }, i) => {
      operator.process(batch, out, swap ? 1 - side : side);
      operator.advanceWatermark(watermarks[i] as number, out);
    });
    operator.advanceWatermark(Infinity, out);
    return rows;
  };
}

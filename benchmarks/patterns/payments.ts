import { batchSchema, int32Column, int64Column, makeBatch, sliceRows } from "@millrace/columnar";
import { type FieldType, timeField } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";

/** A payment as an object, for plain TypeScript. */
export interface Payment {
  readonly time: number;
  readonly account: number;
  readonly amount: number;
}

const int32 = { kind: "int32", nullable: false } as const;

/** The user's columns. */
export const paymentFields: readonly FieldType[] = [
  { name: "account", type: int32 },
  { name: "amount", type: int32 },
];

/** Payments of some accounts in order of time, 1,000 a second, of 0 to 999. */
export function paymentsOf(count: number, accounts: number): Payment[] {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
  return Array.from({ length: count }, (_, n) => ({
    time: n,
    account: random(accounts),
    amount: random(1_000),
  }));
}

/** The payments as batches, each with its last time. */
export function paymentBatches(
  payments: readonly Payment[],
  batchRows: number,
): { readonly batch: RecordBatch; readonly last: number }[] {
  const count = payments.length;
  const columns = [
    int32Column(
      Int32Array.from(payments, ({ account }) => account),
      count,
    ),
    int32Column(
      Int32Array.from(payments, ({ amount }) => amount),
      count,
    ),
    int64Column(
      Float64Array.from(payments, ({ time }) => time),
      count,
    ),
  ];
  const whole = makeBatch(batchSchema([...paymentFields, timeField]), columns, count);
  const batches: { batch: RecordBatch; last: number }[] = [];
  for (let from = 0; from < count; from += batchRows) {
    const to = Math.min(count, from + batchRows);
    batches.push({ batch: sliceRows(whole, from, to), last: (payments[to - 1] as Payment).time });
  }
  return batches;
}

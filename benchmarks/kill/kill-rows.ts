import { type InferRow, instant, seededRandom, t } from "@millrace/core";

/** What a customer orders. The note makes state large enough for snapshots. */
export const Order = t.row({
  at: t.timestamp(),
  customer: t.utf8(),
  order: t.int64(),
  amount: t.int64(),
  note: t.utf8(),
});
/** An order. */
export type Order = InferRow<typeof Order>;

/** What is paid of an order: some are paid in parts, some never, some before they are known. */
export const Payment = t.row({ at: t.timestamp(), order: t.int64(), paid: t.int64() });
/** A payment. */
export type Payment = InferRow<typeof Payment>;

/** All input of a round. */
export interface KillRows {
  readonly orders: readonly Order[];
  readonly payments: readonly Payment[];
}

const customers = 40;
const stepMs = 200;
/** Neighbours of so many rows are in any order. */
const shuffled = 16;

/** How far a row may be behind another one of its topic in event time. */
export const outOfOrdernessMs: number = 2 * shuffled * stepMs;

/**
 * Makes the input: no two orders have the same time, and all times are even.
 *
 * @param noteChars of each order
 */
export function killRows(count: number, seed: number, noteChars: number): KillRows {
  const random = seededRandom(seed);
  const below = (end: number): number => Math.floor(random.next() * end);
  const orders: Order[] = [];
  const payments: Payment[] = [];
  for (let number = 0; number < count; number += 1) {
    const at = instant(number * stepMs);
    const order = number;
    const customer = `customer-${below(customers)}`;
    const amount = below(1000);
    const note = String.fromCharCode(97 + below(26)).repeat(noteChars);
    orders.push({ at, customer, order, amount, note });
    for (let part = below(3); part > 0; part -= 1) {
      const paidOrder = below(count);
      payments.push({ at, order: paidOrder, paid: below(1000) });
    }
  }
  return { orders: inBlocks(orders, below), payments: inBlocks(payments, below) };
}

function inBlocks<Row>(rows: readonly Row[], below: (end: number) => number): Row[] {
  const mixed = [...rows];
  for (let start = 0; start < mixed.length; start += shuffled) {
    const length = Math.min(shuffled, mixed.length - start);
    for (let index = length - 1; index > 0; index -= 1) {
      const other = start + below(index + 1);
      [mixed[start + index], mixed[other]] = [mixed[other] as Row, mixed[start + index] as Row];
    }
  }
  return mixed;
}

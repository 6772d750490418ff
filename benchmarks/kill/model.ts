import { type KillResults, reminderMs, windowMs } from "./kill-pipeline.ts";
import type { KillRows, Order } from "./kill-rows.ts";

/** What stands in the store in the end. */
export interface Total {
  readonly customer: string;
  readonly orders: number;
  readonly amount: number;
}

/** All that the pipeline is to give out. */
export type Expected = {
  readonly [Result in keyof KillResults]: readonly KillResults[Result][];
} & { readonly totals: readonly Total[] };

/**
 * What the pipeline gives, by plain loops over the whole input: one thread, no log, no watermark,
 * nothing of Millrace's.
 */
export function expectedOf({ orders, payments }: KillRows): Expected {
  const byCustomer = grouped(orders);
  const known = new Map(orders.map((order) => [order.order, order]));
  return {
    minutes: [...byCustomer].flatMap(([customer, own]) => minutesOf(customer, own)),
    paid: payments.flatMap(({ order, paid }) => {
      const found = known.get(order);
      return found === undefined ? [] : [{ order, customer: found.customer, paid }];
    }),
    reminders: [...byCustomer].flatMap(([customer, own]) => remindersOf(customer, own)),
    totals: [...byCustomer].map(([customer, own]) => ({ customer, ...summed(own) })),
  };
}

function grouped(orders: readonly Order[]): Map<string, Order[]> {
  const groups = new Map<string, Order[]>();
  for (const order of orders) {
    const group = groups.get(order.customer);
    if (group === undefined) groups.set(order.customer, [order]);
    else group.push(order);
  }
  return groups;
}

function minutesOf(customer: string, own: readonly Order[]): KillResults["minutes"][] {
  const windows = new Map<number, Order[]>();
  for (const order of own) {
    const windowStart = Math.floor(order.at / windowMs) * windowMs;
    windows.set(windowStart, [...(windows.get(windowStart) ?? []), order]);
  }
  return [...windows].map(([windowStart, inside]) => ({
    customer,
    windowStart,
    ...summed(inside),
  }));
}

function remindersOf(customer: string, own: readonly Order[]): KillResults["reminders"][] {
  const times = own.map((order) => order.at).toSorted((a, b) => a - b);
  return times.map((time, index) => {
    const at = time + reminderMs;
    return { customer, number: index + 1, at, seen: times.filter((other) => other < at).length };
  });
}

function summed(orders: readonly Order[]): { orders: number; amount: number } {
  return { orders: orders.length, amount: orders.reduce((sum, each) => sum + each.amount, 0) };
}

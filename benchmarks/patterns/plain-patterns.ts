import type { Payment } from "./payments.ts";

interface Match {
  readonly account: number;
  readonly total: number;
}

const totalOf = (payments: readonly Payment[]): number =>
  payments.reduce((sum, { amount }) => sum + amount, 0);

/** `smallThenLarge` by hand, over payments in order of time. @returns the number of matches */
export function plainSmallThenLarge(payments: readonly Payment[], withinMs: number): number {
  const smalls = new Map<number, Payment[]>();
  const matches: Match[] = [];
  for (const payment of payments) {
    const { account, amount, time } = payment;
    let own = smalls.get(account);
    if (amount < 300) {
      if (own === undefined) smalls.set(account, (own = []));
      own.push(payment);
      continue;
    }
    if (own === undefined) continue;
    if (amount >= 900) {
      const recent = own.filter((small) => time - small.time <= withinMs);
      if (recent.length >= 3) matches.push({ account, total: totalOf(recent) });
    }
    own.length = 0;
  }
  return matches.length;
}

interface Fall {
  before: Payment;
  downs: Payment[];
}

/** `fallAndRise` by hand; no fall is longer than its `within`. @returns the number of matches */
export function plainFallAndRise(payments: readonly Payment[], withinMs: number): number {
  const falls = new Map<number, Fall>();
  const matches: Match[] = [];
  for (const payment of payments) {
    const { account, amount, time } = payment;
    const fall = falls.get(account);
    if (fall === undefined) {
      falls.set(account, { before: payment, downs: [] });
      continue;
    }
    const { downs } = fall;
    while (downs.length > 0 && time - fall.before.time > withinMs) {
      fall.before = downs.shift() as Payment;
    }
    const last = downs.at(-1) ?? fall.before;
    if (amount < last.amount && time - fall.before.time <= withinMs) downs.push(payment);
    else if (amount > last.amount && downs.length > 0) {
      matches.push({ account, total: totalOf(downs) });
      falls.delete(account);
    } else {
      fall.before = payment;
      downs.length = 0;
    }
  }
  return matches.length;
}

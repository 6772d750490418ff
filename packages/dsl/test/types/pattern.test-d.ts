import { type Instant, minutes, t } from "@millrace/core";
import { type KeyedStream, pipeline } from "../../src/index.ts";
import { store, table } from "../fixtures.ts";
import { type Equal, holds, type RowIn } from "./equal.ts";

const Payment = t.row({
  time: t.timestamp(),
  account: t.utf8(),
  amount: t.float64(),
  tip: t.float64().nullable(),
  shop: t.utf8(),
});

pipeline("patterns", (p) => {
  const payments = p
    .source("payments", table(Payment), { eventTime: (e) => e.time, outOfOrderness: minutes(1) })
    .keyBy("account");

  const fraud = payments.pattern("fraud", {
    sequence: (s) =>
      s
        .atLeast("small", 3, (e) => e.amount.lt(1))
        .optional("pause", (e) => e.amount.eq(0))
        .between("middle", 0, 2)
        .between("some", 1, 2)
        .one("large", (e, m) =>
          e.amount.gt(m.small.max("amount")).and(e.amount.gt(m.pause.last.amount)),
        ),
    within: minutes(10),
    skip: { toLast: "large" },
    select: (m) => ({
      from: m.small.first.time,
      second: m.small.fromFirst(1).time,
      n: m.small.count(),
      total: m.small.sum("amount"),
      tips: m.small.sum("tip"),
      meanTip: m.large.mean("tip"),
      pause: m.pause.first.time,
      paused: m.pause.mean("amount"),
      middle: m.middle.max("shop"),
      some: m.some.max("shop"),
      top: m.large.last.amount.minus(m.small.mean("amount")),
    }),
  });
  interface Fraud {
    account: string;
    from: Instant;
    second: Instant | null;
    n: number;
    total: number;
    tips: number | null;
    meanTip: number | null;
    pause: Instant | null;
    paused: number | null;
    middle: string | null;
    some: string;
    top: number;
  }
  holds<Equal<RowIn<typeof fraud>, { [Name in keyof Fraud]: Fraud[Name] }>>();
  const keyed: KeyedStream<{ [Name in keyof Fraud]: Fraud[Name] }, "account"> = fraud;
  keyed.sink("out", store());

  const falls = payments.pattern("falls", {
    sequence: (s) =>
      s
        .one("start")
        .oneOrMore("down", (e, m) => e.amount.lt(m.down.fromLast(1).amount.orElse(e.amount)), {
          reluctant: true,
        })
        .one("up", (e, m) => e.amount.gt(m.down.last.amount), {
          relaxed: true,
          unless: (e, m) => e.amount.lt(m.start.first.amount).and(m.up.first.amount.isNull()),
        }),
    within: minutes(5),
    select: (m) => ({ at: m.up.first.time }),
  });
  holds<Equal<RowIn<typeof falls>, { account: string; at: Instant }>>();

  const unpaid = payments.pattern("unpaid", {
    sequence: (s) =>
      s
        .one("order", (e) => e.amount.gt(0))
        .optional("change")
        .notFollowedBy((e, m) =>
          e.amount.eq(m.order.last.amount.minus(m.change.last.amount.orElse(0))),
        ),
    within: minutes(60),
    skip: "to-next-row",
    select: (m) => ({ at: m.order.first.time, change: m.change.first.amount }),
  });
  interface Unpaid {
    account: string;
    at: Instant;
    change: number | null;
  }
  holds<Equal<RowIn<typeof unpaid>, { [Name in keyof Unpaid]: Unpaid[Name] }>>();
});

import {
  count,
  instant,
  minutes,
  milliseconds,
  type Pipeline,
  pipeline,
  sum,
  t,
  tumbling,
} from "millrace";
import { duckdb } from "millrace/duckdb";
import { json, topic } from "millrace/log";
import { Order, outOfOrdernessMs, Payment } from "./kill-rows.ts";

/** Where the pipeline reads and writes: plain data, which a worker is told. */
export interface KillPlaces {
  readonly pipeline: string;
  /** Before the names of the topics with the input. */
  readonly input: string;
  /** DuckDB file of the totals. */
  readonly totals: string;
}

/** What is in the topics of results. */
export interface KillResults {
  readonly minutes: { customer: string; windowStart: number; orders: number; amount: number };
  readonly paid: { order: number; customer: string; paid: number };
  readonly reminders: { customer: string; number: number; at: number; seen: number };
}

/** A result that is only added to. */
export type AppendedResult = keyof KillResults;

/** The results that are only added to, each in a topic. */
export const appendedResults = ["minutes", "paid", "reminders"] as const satisfies AppendedResult[];

/** The topic that a kind of input is in. */
export function inputTopic(input: string, kind: "orders" | "payments"): string {
  return `${input}.${kind}`;
}

/** The topic that a result goes to. */
export function resultTopic({ pipeline: name }: KillPlaces, result: AppendedResult): string {
  return `result.${name}.${result}`;
}

/** A customer is reminded so long after each order; odd, so that no order comes at that instant. */
export const reminderMs = 30_001;
/** The windows of the counts. */
export const windowMs: number = minutes(1);

const Minute = t.row({
  customer: t.utf8(),
  windowStart: t.timestamp(),
  orders: t.int64(),
  amount: t.int64(),
});
const Paid = t.row({ order: t.int64(), customer: t.utf8(), paid: t.int64() });
const Reminder = t.row({
  customer: t.utf8(),
  number: t.int32(),
  at: t.timestamp(),
  seen: t.int32(),
});

/** A run that starts over does not add to what an earlier one has given out. */
const afresh = { whenFresh: "replace" } as const;

/** Windows, a join, timers and updating output over the same orders. */
export function killPipeline(places: KillPlaces): Pipeline {
  return pipeline(places.pipeline, (p) => {
    const time = { outOfOrderness: milliseconds(outOfOrdernessMs) };
    const orders = p.source(
      "orders",
      topic(inputTopic(places.input, "orders"), json(Order), { until: "end" }),
      { eventTime: (order) => order.at, ...time },
    );
    const payments = p.source(
      "payments",
      topic(inputTopic(places.input, "payments"), json(Payment), { until: "end" }),
      { eventTime: (payment) => payment.at, ...time },
    );
    const byCustomer = orders.keyBy("customer");
    byCustomer
      .window(tumbling(minutes(1)))
      .aggregate("per-minute", (order) => ({ orders: count(), amount: sum(order.amount) }))
      .select("customer", "windowStart", "orders", "amount")
      .sink("minutes", topic(resultTopic(places, "minutes"), json(Minute), afresh));
    orders
      .keyBy("order")
      .join("with-payments", payments.keyBy("order"), {
        select: (order, payment) => ({
          order: order.order,
          customer: order.customer,
          paid: payment.paid,
        }),
      })
      .sink("paid", topic(resultTopic(places, "paid"), json(Paid), afresh));
    byCustomer
      .process("remind", {
        state: { seen: t.int32(), number: t.int32(), note: t.utf8() },
        output: Reminder,
        onRow(order, { state, timers, time: at }) {
          state.seen.set((state.seen.get() ?? 0) + 1);
          state.note.set(order.note);
          timers.at(instant(at + reminderMs));
        },
        onTimer({ key, state, time: at, emit }) {
          const number = (state.number.get() ?? 0) + 1;
          state.number.set(number);
          emit({ customer: key.customer, number, at, seen: state.seen.get() ?? 0 });
        },
      })
      .sink("reminders", topic(resultTopic(places, "reminders"), json(Reminder), afresh));
    byCustomer
      .aggregate("sum-up", (order) => ({ orders: count(), amount: sum(order.amount) }))
      .sink("totals", duckdb({ table: "totals", file: places.totals, key: ["customer"] }));
  });
}

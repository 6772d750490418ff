import { count, days, type Pipeline, pipeline, seconds, sum, t, tumbling } from "millrace";
import { json, topic } from "millrace/log";

const Order = t.row({ id: t.int64(), user: t.int64(), held: t.utf8(), at: t.timestamp() });
const Total = t.row({
  user: t.int64(),
  windowEnd: t.timestamp(),
  orders: t.int64(),
  ids: t.int64(),
});
const Held = t.row({ held: t.utf8(), windowEnd: t.timestamp(), orders: t.int64() });

/** Users of the load; those of the state are one more. */
export const userCount = 97;
/** Bytes of a key that is held as state. */
export const heldBytes = 480;

/** Sums per user and second, beside a window of a day per key, which is state that only grows. */
export function rebalancePipeline(name: string): Pipeline {
  return pipeline(name, (p) => {
    const orders = p.source("orders", topic(`${name}-orders`, json(Order)), {
      eventTime: (order) => order.at,
      outOfOrderness: seconds(1),
    });
    orders
      .keyBy("user")
      .window(tumbling(seconds(1)))
      .aggregate("totals", (order) => ({ orders: count(), ids: sum(order.id) }))
      .drop("windowStart")
      .sink("out", topic(`${name}-totals`, json(Total)));
    orders
      .keyBy("held")
      .window(tumbling(days(1)))
      .aggregate("state", () => ({ orders: count() }))
      .drop("windowStart")
      .sink("held", topic(`${name}-held`, json(Held)));
  });
}

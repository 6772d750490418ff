import { count, hours, mean, minutes, pipeline, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { csv } from "millrace/files";

/** An order of a shop. */
export const Order = t.row({
  placedAt: t.timestamp(),
  shop: t.utf8(),
  amount: t.float64(),
});

/** The pipeline of README.md, which gives its parts to tests. */
export const orders = pipeline("orders", (p) => {
  const given = p.source("orders", csv("orders.csv", Order), {
    eventTime: (order) => order.placedAt,
    outOfOrderness: minutes(5),
  });
  const table = given
    .where((order) => order.amount.gt(0))
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (order) => ({ orders: count(), meanAmount: mean(order.amount) }))
    .sink("table", consoleTable());
  return { orders: given, table };
});

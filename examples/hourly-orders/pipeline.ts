import { count, hours, mean, minutes, pipeline, t, tumbling } from "millrace";
import { consoleTable } from "millrace/console";
import { csv } from "millrace/files";

const Order = t.row({
  placedAt: t.timestamp(),
  shop: t.utf8(),
  amount: t.float64(),
});

export default pipeline("hourly-orders", (p) => {
  p.source("orders", csv("examples/hourly-orders/orders.csv", Order), {
    eventTime: (order) => order.placedAt,
    outOfOrderness: minutes(5),
  })
    .where((order) => order.amount.gt(0))
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (order) => ({ orders: count(), meanAmount: mean(order.amount) }))
    .sink("table", consoleTable());
});

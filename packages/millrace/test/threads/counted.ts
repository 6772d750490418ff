import { count, hours, pipeline, t, tumbling } from "millrace";
import { duckdb } from "millrace/duckdb";
import { ndjson } from "millrace/files";

const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8() });

/** Orders per shop and hour, of the files and into the file that the environment names. */
export default pipeline("counted", (p) => {
  const { ORDERS = "", TABLES = "" } = process.env;
  p.source("orders", ndjson(ORDERS, Order), { eventTime: (order) => order.placedAt })
    .keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", () => ({ orders: count() }))
    .sink("table", duckdb({ table: "hourly", file: TABLES }));
});

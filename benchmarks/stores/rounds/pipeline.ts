import { count, type Pipeline, pipeline, sum } from "millrace";
import { ndjson } from "millrace/files";
import type { RoundStoreKind, StorePlace } from "../stores/store.ts";
import { Order } from "./orders.ts";

/** Orders that are no refunds are copied; the totals of all of a customer's are kept up to date. */
export function ordersPipeline(
  store: RoundStoreKind,
  where: { readonly place: StorePlace; readonly input: string; readonly round: string },
): Pipeline {
  const { place, input, round } = where;
  return pipeline(`orders-${round}`, (p) => {
    const orders = p.source("orders", ndjson(input, Order));
    orders
      .where((order) => order.cents.gte(0))
      .sink("copies", store.append(place, `copies_${round}`));
    orders
      .keyBy("customer")
      .aggregate("sums", (order) => ({ orders: count(), cents: sum(order.cents) }))
      .sink("totals", store.upsert(place, `totals_${round}`, ["customer"]));
  });
}

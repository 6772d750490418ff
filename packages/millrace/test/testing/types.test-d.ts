import { instant } from "millrace";
import { testPipeline } from "millrace/testing";
import { type Equal, holds } from "../../../dsl/test/types/equal.ts";
import { orders } from "./orders.ts";

// Checked by the compiler alone: each line below `@ts-expect-error` must be one.
export async function typesOfTests(): Promise<void> {
  const tested = testPipeline(orders);
  const order = { placedAt: instant(0), shop: "Bern", amount: 5 };
  await tested.send("orders", [order]);
  // @ts-expect-error There is no such source.
  await tested.send("order", [order]);
  // @ts-expect-error A sink takes no rows from a test.
  await tested.send("table", [order]);
  // @ts-expect-error An amount is a number.
  await tested.send("orders", [{ ...order, amount: "5" }]);
  // @ts-expect-error There is no such column.
  await tested.send("orders", [{ placedAt: instant(0), shop: "Bern", amount: 5, colour: "red" }]);
  // @ts-expect-error A column is missing.
  await tested.send("orders", [{ placedAt: instant(0), shop: "Bern" }]);
  // @ts-expect-error The clock moves by durations, the watermark to instants.
  await tested.advanceWatermark("2026-01-05");
  const [row] = tested.expect("table").rows;
  holds<Equal<NonNullable<typeof row>["meanAmount"], number>>();
  holds<Equal<NonNullable<typeof row>["shop"], string>>();
  tested.expect("table").toContain({ shop: "Bern", orders: 1 });
  // @ts-expect-error A source is not a sink.
  tested.expect("orders");
  // @ts-expect-error There is no such column.
  tested.expect("table").toContain({ city: "Bern" });
  // @ts-expect-error Rows are whole: columns of the window are missing.
  tested.expect("table").toEqual([{ shop: "Bern", orders: 1, meanAmount: 5 }]);
}

import { sql } from "./workspace.ts";

/** What a pipeline file of these tests holds; each part has a default. */
export interface OrdersFile {
  readonly source?: string;
  readonly steps?: string;
  readonly sink?: string;
  readonly columns?: string;
}

/** A pipeline file that counts orders per shop and hour. Its `keyBy` is on line 8. */
export function ordersFile(parts: OrdersFile = {}): string {
  const {
    source = 'parquet("orders.parquet", Order)',
    steps = "",
    sink = 'duckdb({ table: "hourly", file: "out.duckdb" })',
    columns = "",
  } = parts;
  return `import { count, hours, mean, minutes, pipeline, sum, t, tumbling } from "millrace";
import { duckdb } from "millrace/duckdb";
import * as files from "millrace/files";
const { ndjson, parquet } = files;
const Order = t.row({ placedAt: t.timestamp(), shop: t.utf8(), amount: t.int32(), ${columns} });
export default pipeline("orders", (p) => {
  p.source("orders", ${source}, { eventTime: (order) => order.placedAt, outOfOrderness: minutes(5) })
    ${steps}.keyBy("shop")
    .window(tumbling(hours(1)))
    .aggregate("hourly", (order) => ({ orders: count(), amount: sum(order.amount) }))
    .sink("table", ${sink});
});
`;
}

/** The same rows as SQL: second by second, shops in turn. */
export function ordersSql(rows: number, amount = "i % 100"): string {
  return `SELECT epoch_ms(1767225600000 + i * 1000) AS "placedAt",
    CASE WHEN i % 2 = 0 THEN 'Bern' ELSE 'Oslo' END AS shop, ${amount} AS amount
    FROM range(${rows}) r(i)`;
}

/** Writes them as a Parquet file. */
export async function writeOrders(path: string, rows: number, amount?: string): Promise<void> {
  await sql(`COPY (${ordersSql(rows, amount)}) TO '${path}' (FORMAT parquet)`);
}

/**
 * Rows of the table `hourly` that differ from what SQL makes of a Parquet file, both ways, and the
 * rows of the table.
 */
export async function compareHourly(
  database: string,
  parquetFile: string,
): Promise<{ rows: number; different: number }> {
  const expected = `(SELECT shop, time_bucket(INTERVAL 1 hour, "placedAt") AS "windowStart",
    count(*) AS orders, sum(amount)::BIGINT AS amount FROM '${parquetFile}' GROUP BY ALL)`;
  const actual = `(SELECT shop, "windowStart"::TIMESTAMP AS "windowStart", orders, amount FROM hourly)`;
  const [row] = await sql(
    `SELECT (SELECT count(*) FROM hourly)::INT AS rows,
      ((SELECT count(*) FROM (FROM ${actual} EXCEPT ALL FROM ${expected}))
        + (SELECT count(*) FROM (FROM ${expected} EXCEPT ALL FROM ${actual})))::INT AS different`,
    database,
  );
  return row as { rows: number; different: number };
}

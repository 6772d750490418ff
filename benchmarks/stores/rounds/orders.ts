import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@millrace/core";
import { t } from "millrace";
import { linesOf } from "../stores/duckdb.ts";

/** What the pipeline reads. */
export const Order = t.row({
  id: t.int64(),
  customer: t.utf8(),
  cents: t.int64(),
  at: t.timestamp(),
  note: t.utf8().nullable(),
});

/** Columns of the two tables. */
export const orderColumns: readonly string[] = ["id", "customer", "cents", "at", "note"];
export const totalColumns: readonly string[] = ["customer", "orders", "cents"];

const startMs = 1_700_000_000_000;
const notes = [null, "plain", "ü – 漢字", 'tab\tand "quotes"', ""];

/** Files that the orders are dealt out to. */
const files = 4;

/** Writes orders as JSON lines. @returns the files, as a pattern */
export function writeOrders(directory: string, count: number, seed: number): string {
  const random = seededRandom(seed);
  const lines = Array.from({ length: count }, (_, id) =>
    JSON.stringify({
      id,
      customer: `customer ${Math.floor(random.next() ** 2 * 2_000)}`,
      cents: Math.floor(random.next() * 1_000_000) - 100_000,
      at: new Date(startMs + id * 10).toISOString(),
      note: notes[Math.floor(random.next() * notes.length)],
    }),
  );
  for (let file = 0; file < files; file += 1) {
    const own = lines.filter((_, id) => id % files === file);
    writeFileSync(join(directory, `orders-${file}.ndjson`), `${own.join("\n")}\n`);
  }
  return join(directory, "orders-*.ndjson");
}

/** What must stand in both tables in the end, as DuckDB says. */
export async function expectedTables(
  orders: string,
): Promise<{ readonly copies: string[]; readonly totals: string[] }> {
  const columns =
    "{id: 'BIGINT', customer: 'VARCHAR', cents: 'BIGINT', \"at\": 'TIMESTAMP', note: 'VARCHAR'}";
  const read = `FROM read_json('${orders}', format = 'newline_delimited', columns = ${columns})`;
  const copies = await linesOf(":memory:", `${read} WHERE cents >= 0`, orderColumns);
  const sums = `(SELECT customer, count(*) AS orders, sum(cents) AS cents ${read} GROUP BY 1)`;
  return { copies, totals: await linesOf(":memory:", `FROM ${sums}`, totalColumns) };
}

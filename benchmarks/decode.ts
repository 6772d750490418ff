// Bytes → columns against JSON.parse per record into an array of objects.
import { jsonFormat } from "@millrace/formats";
import { type RowSchema, t } from "@millrace/core";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const rowCount = 100_000;

const Visit = t.row({
  id: t.int64(),
  user: t.utf8(),
  page: t.utf8(),
  price: t.float64(),
  isBuyer: t.boolean(),
  note: t.utf8().nullable(),
});

function visit(id: number) {
  return {
    id,
    user: `user-${(id * 7_919) % 5_000}`,
    page: `/catalogue/department-${id % 40}/product-${(id * 31) % 10_000}`,
    price: ((id * 13) % 100_000) / 100,
    isBuyer: id % 3 === 0,
    note: id % 5 === 0 ? null : "bought together with other things, as most are",
  };
}

const Order = t.row({
  id: t.int64(),
  placedAt: t.timestamp(),
  customer: t.row({ name: t.utf8(), email: t.utf8().nullable() }),
  lines: t.list(t.row({ product: t.utf8(), count: t.int32(), price: t.float64() })),
  tags: t.list(t.utf8()),
  scores: t.map(t.float64()),
});

function order(id: number) {
  return {
    id,
    placedAt: new Date(1_700_000_000_000 + id * 997).toISOString(),
    customer: { name: `user-${(id * 7_919) % 5_000}`, email: id % 4 === 0 ? null : "a@b.example" },
    lines: Array.from({ length: 1 + (id % 3) }, (_, i) => ({
      product: `product-${(id * 31 + i) % 10_000}`,
      count: 1 + (id % 7),
      price: ((id * 13) % 100_000) / 100,
    })),
    tags: id % 2 === 0 ? ["first", "gift"] : [],
    scores: { risk: (id % 100) / 100, loyalty: id % 50 },
  };
}

/** A way to keep rows in bytes, of ours and of theirs. */
interface Case {
  readonly name: string;
  readonly schema: RowSchema;
  readonly make: (id: number) => object;
}

function decodeLines(bytes: Uint8Array, schema: RowSchema, columns: readonly string[]): void {
  const decoder = jsonFormat.decoder({ schema, columns, validators: new Map() });
  let at = 0;
  let rows = 0;
  while (at < bytes.length) {
    const part = decoder.decode(bytes.subarray(at), { rowsMax: 65_536, isEnd: true });
    at += part.bytesRead;
    rows += part.rows.numRows;
  }
  if (rows !== rowCount) throw new Error(`${rows} rows were decoded instead of ${rowCount}`);
}

/** As a program without a framework reads newline-delimited JSON. */
function parseLines(bytes: Uint8Array): void {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const rows: unknown[] = [];
  for (const line of lines) if (line !== "") rows.push(JSON.parse(line));
  keep(rows);
}

function linesOf({ name, schema, make }: Case, columns: readonly string[]): Comparison {
  const lines = Array.from({ length: rowCount }, (_, id) => `${JSON.stringify(make(id))}\n`);
  const bytes = new TextEncoder().encode(lines.join(""));
  const size = Math.round(bytes.length / rowCount);
  const which = columns.length === schema.fields.length ? "all columns" : "two columns";
  return {
    case: `json, ${name}, ${size} B a record, ${which}`,
    count: rowCount,
    unit: "rows/s",
    ours: () => decodeLines(bytes, schema, columns),
    against: "JSON.parse per record",
    baseline: () => parseLines(bytes),
  };
}

const visits: Case = { name: "flat", schema: Visit.schema, make: visit };
const orders: Case = { name: "nested", schema: Order.schema, make: order };

const lines = await compareAll([
  linesOf(visits, Object.keys(Visit.columns)),
  linesOf(visits, ["id", "price"]),
  linesOf(orders, Object.keys(Order.columns)),
]);
printLines("decode", lines);

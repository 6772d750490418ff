// Bytes → columns against JSON.parse per record into an array of objects.
import { jsonFormat } from "@millrace/formats";
import type { RowSchema } from "@millrace/core";
import { compareAll, type Comparison, keep } from "./harness/compare.ts";
import { printLines } from "./harness/report.ts";

const rowCount = 100_000;
const schema: RowSchema = {
  fields: [
    { name: "id", type: { kind: "int64", as: "number", nullable: false } },
    { name: "user", type: { kind: "utf8", nullable: false } },
    { name: "page", type: { kind: "utf8", nullable: false } },
    { name: "price", type: { kind: "float64", nullable: false } },
    { name: "isBuyer", type: { kind: "boolean", nullable: false } },
    { name: "note", type: { kind: "utf8", nullable: true } },
  ],
};
const columns = schema.fields.map(({ name }) => name);

const text = Array.from({ length: rowCount }, (_, id) =>
  JSON.stringify({
    id,
    user: `user-${(id * 7_919) % 5_000}`,
    page: `/catalogue/department-${id % 40}/product-${(id * 31) % 10_000}`,
    price: ((id * 13) % 100_000) / 100,
    isBuyer: id % 3 === 0,
    note: id % 5 === 0 ? null : "bought together with other things, as most are",
  }),
).join("\n");
const bytes = new TextEncoder().encode(`${text}\n`);

function decodeAll(wanted: readonly string[]): void {
  const decoder = jsonFormat.decoder({ schema, columns: wanted, validators: new Map() });
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
function parseAll(): void {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const rows: unknown[] = [];
  for (const line of lines) if (line !== "") rows.push(JSON.parse(line));
  keep(rows);
}

function comparison(name: string, wanted: readonly string[]): Comparison {
  return {
    case: `json, ${Math.round(bytes.length / rowCount)} B a record, ${name}`,
    count: rowCount,
    unit: "rows/s",
    ours: () => decodeAll(wanted),
    against: "JSON.parse per record",
    baseline: parseAll,
  };
}

const lines = await compareAll([
  comparison("all columns", columns),
  comparison("two columns", ["id", "price"]),
]);
printLines("decode", lines);

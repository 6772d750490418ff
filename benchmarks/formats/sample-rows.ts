import type { RecordBatch } from "apache-arrow";
import { rowsToBatch } from "@millrace/columnar";
import { type RowType, t } from "@millrace/core";
import type { ProtobufFields } from "@millrace/formats";

/** Rows of each kind. */
export const rowCount = 100_000;

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

const visitFields: ProtobufFields = { id: 1, user: 2, page: 3, price: 4, isBuyer: 5, note: 6 };

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
    placedAt: 1_700_000_000_000 + id * 997,
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

const orderFields: ProtobufFields = {
  id: 1,
  placedAt: { number: 2, type: "int64" },
  customer: { number: 3, fields: { name: 1, email: 2 } },
  lines: { number: 4, fields: { product: 1, count: 2, price: 3 } },
  tags: 5,
  scores: 6,
};

/** Rows of a type, to be kept in bytes. */
export interface Rows {
  readonly name: string;
  readonly rowType: RowType<object>;
  readonly fields: ProtobufFields;
  readonly make: (id: number) => object;
}

/** Rows of six values. */
export const visits: Rows = { name: "flat", rowType: Visit, fields: visitFields, make: visit };
/** Rows with rows, lists and maps in them. */
export const orders: Rows = { name: "nested", rowType: Order, fields: orderFields, make: order };

/** Names of the columns. */
export function columnsOf({ rowType }: Rows): string[] {
  return rowType.schema.fields.map(({ name }) => name);
}

/** All rows as one batch. */
export function batchOf({ rowType, make }: Rows): RecordBatch {
  return rowsToBatch(
    rowType.schema,
    Array.from({ length: rowCount }, (_, id) => make(id)),
  );
}

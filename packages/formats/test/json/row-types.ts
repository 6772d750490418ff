import { t } from "@millrace/core";

export const Flat = t.row({
  id: t.int32(),
  wide: t.int64().nullable(),
  price: t.float64().nullable(),
  name: t.utf8().nullable(),
  side: t.enum(["buy", "sell", 'a"b', "a\nb"]).nullable(),
  isOpen: t.boolean().nullable(),
  at: t.timestamp().nullable(),
});

export const Narrow = t.row({
  a: t.int8(),
  bc: t.uint8().nullable(),
  def: t.int16(),
  ghij: t.uint16().nullable(),
  klmno: t.uint32(),
  pqrstu: t.float32().nullable(),
  é: t.utf8(),
  'quo"te': t.boolean().nullable(),
});

export const Times = t.row({
  ms: t.timestamp(),
  us: t.timestamp({ unit: "us" }).nullable(),
  ns: t.timestamp({ unit: "ns" }).nullable(),
  day: t.date(),
  took: t.duration().nullable(),
  big: t.int64({ as: "bigint" }).nullable(),
  unsigned: t.uint64({ as: "bigint" }).nullable(),
  count: t.uint64().nullable(),
});

export const Nested = t.row({
  id: t.utf8(),
  tags: t.list(t.utf8().nullable()),
  place: t.row({ x: t.float64(), name: t.utf8().nullable() }).nullable(),
  scores: t.map(t.int32()).nullable(),
  amount: t.decimal({ precision: 6, scale: 2 }).nullable(),
  raw: t.binary().nullable(),
  any: t.json().nullable(),
});

export const Deep = t.row({
  id: t.int32().nullable(),
  lines: t.list(
    t.row({
      sku: t.utf8(),
      count: t.int32().nullable(),
      price: t.decimal({ precision: 20, scale: 3 }).nullable(),
      at: t.timestamp().nullable(),
      sides: t.list(t.enum(["buy", "sell"]).nullable()).nullable(),
    }),
  ),
  matrix: t.list(t.list(t.float64().nullable())).nullable(),
  byKey: t
    .map(
      t.row({
        n: t.int64().nullable(),
        isOk: t.boolean().nullable(),
        raw: t.binary().nullable(),
        day: t.date().nullable(),
      }),
    )
    .nullable(),
  inner: t
    .row({
      deeper: t
        .row({ any: t.json().nullable(), us: t.timestamp({ unit: "us" }).nullable() })
        .nullable(),
      lists: t.map(t.list(t.utf8()).nullable()).nullable(),
    })
    .nullable(),
});

import { assert, type DataType } from "@millrace/core";
import { isArray } from "../sql-type.ts";
import { ArrayWriter } from "./array-writer.ts";
import { BytesWriter, JsonWriter } from "./bytes-writers.ts";
import type { FieldWriter } from "./field-writer.ts";
import {
  BigintWriter,
  BooleanWriter,
  Float32Writer,
  Float64Writer,
  IntegerWriter,
  SmallIntWriter,
  Uint32Writer,
} from "./number-writers.ts";
import { NumericWriter } from "./numeric-writer.ts";
import { DateWriter, MicrosWriter, MillisWriter } from "./time-writers.ts";

/** Version of `jsonb` in binary; `json` has none. */
const jsonbVersion = 1;

/** A column of the table, as the server knows it. */
export interface TableColumn {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
  /** The number of its items' type, where it is an array; 0 otherwise. */
  readonly itemOid: number;
}

const byKind: Partial<Record<DataType["kind"], () => FieldWriter>> = {
  boolean: () => new BooleanWriter(),
  int8: () => new SmallIntWriter(),
  uint8: () => new SmallIntWriter(),
  int16: () => new SmallIntWriter(),
  uint16: () => new IntegerWriter(),
  int32: () => new IntegerWriter(),
  uint32: () => new Uint32Writer(),
  int64: () => new BigintWriter(),
  duration: () => new BigintWriter(),
  uint64: () => new NumericWriter(20, 0, true),
  float32: () => new Float32Writer(),
  float64: () => new Float64Writer(),
  utf8: () => new BytesWriter(),
  enum: () => new BytesWriter(),
  binary: () => new BytesWriter(),
  date: () => new DateWriter(),
};

/** The writer of values of a type into a column of the table. */
export function fieldWriterOf(type: DataType, column: TableColumn, table: string): FieldWriter {
  const prefix = column.type === "jsonb" || column.type === "jsonb[]" ? jsonbVersion : undefined;
  switch (type.kind) {
    case "decimal":
      return new NumericWriter(type.precision, type.scale);
    case "timestamp":
      if (type.unit === "ns") return new BigintWriter();
      return type.unit === "us" ? new MicrosWriter(table) : new MillisWriter(table);
    case "json":
      return new BytesWriter(prefix);
    case "list":
      if (!isArray(type)) return new JsonWriter(type, prefix);
      return new ArrayWriter(fieldWriterOf(type.item, column, table), column.itemOid);
    case "row":
    case "map":
      return new JsonWriter(type, prefix);
    default: {
      const make = byKind[type.kind];
      assert(make !== undefined, "every other type has a writer");
      return make();
    }
  }
}

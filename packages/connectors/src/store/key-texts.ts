import { columnOf, decodeDictionary } from "@millrace/columnar";
import { assert, type DataType, findField, type RowSchema } from "@millrace/core";
import { ByteWriter, TextColumn } from "@millrace/formats";
import type { RecordBatch } from "apache-arrow";

const percent = 37;
const colon = 58;

/**
 * Writes the values of some columns as one text that no other values have: `:` between them, `%` as
 * `%25`, null as `%00`, and where there are several columns `:` as `%3A`.
 */
export class KeyTexts {
  readonly #names: readonly string[];
  readonly #columns: readonly TextColumn[];
  readonly #value = new ByteWriter();

  constructor(schema: RowSchema, names: readonly string[]) {
    this.#names = names;
    this.#columns = names.map((name) => new TextColumn(typeOf(schema, name)));
  }

  open(batch: RecordBatch): void {
    for (const [i, column] of this.#columns.entries()) {
      column.open(decodeDictionary(columnOf(batch, this.#names[i]!)));
    }
  }

  /** Writes the text of a row. Makes room itself. */
  write(into: ByteWriter, row: number): void {
    for (const [i, column] of this.#columns.entries()) {
      if (i > 0) into.writeText(":");
      if (column.isNull(row)) into.writeText("%00");
      else this.#writeValue(into, column, row);
    }
  }

  #writeValue(into: ByteWriter, column: TextColumn, row: number): void {
    const value = this.#value;
    value.size = 0;
    column.write(value, row);
    const escapesColons = this.#columns.length > 1;
    into.reserve(value.size * 3);
    for (let i = 0; i < value.size; i++) {
      const byte = value.bytes[i]!;
      if (byte === percent) into.writeAscii("%25");
      else if (byte === colon && escapesColons) into.writeAscii("%3A");
      else into.bytes[into.size++] = byte;
    }
  }
}

function typeOf(schema: RowSchema, name: string): DataType {
  const field = findField(schema, name);
  assert(field !== undefined, "the columns of a key are checked");
  return field.type;
}

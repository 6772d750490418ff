import { isValidAt, valueReader, type ValueReader } from "@millrace/columnar";
import type { DataType } from "@millrace/core";
import type { Data } from "apache-arrow";
import { bareText } from "./bare-text.ts";
import { ByteWriter } from "./byte-writer.ts";
import { scalarBytesMax, ScalarWriter } from "./scalar-writer.ts";

export { ByteWriter };

/**
 * Writes the values of a column as texts without quotes: numbers as JavaScript does, times in ISO
 * 8601, lists, maps and rows as JSON; texts, JSON and bytes as they are.
 *
 * **Cost** O(bytes written); an object per value only for nested and rare types
 */
export class TextColumn {
  readonly #type: DataType;
  readonly #scalar: ScalarWriter | undefined;
  readonly #isBytes: boolean;
  readonly #read: ValueReader;
  #data: Data | undefined;

  constructor(type: DataType) {
    this.#type = type;
    this.#scalar = ScalarWriter.of(type);
    this.#isBytes = ["utf8", "enum", "json", "binary"].includes(type.kind);
    this.#read = valueReader(type);
  }

  /** Takes the column that is written next; it must not be a dictionary. */
  open(data: Data): void {
    this.#data = data;
    this.#scalar?.open(data);
  }

  isNull(row: number): boolean {
    const data = this.#data!;
    return data.nullCount > 0 && !isValidAt(data, row);
  }

  /** Writes the value of a row that is not null. Makes room itself. */
  write(into: ByteWriter, row: number): void {
    const data = this.#data!;
    if (this.#isBytes) {
      const offsets = data.valueOffsets as Int32Array;
      into.writeRange(data.values as Uint8Array, offsets[row]!, offsets[row + 1]!);
      return;
    }
    into.reserve(scalarBytesMax);
    if (this.#scalar?.write(into, row) === true) return;
    into.writeText(bareText(this.#type, this.#read(data, row)));
  }
}

import type { DataType, RecordRanges } from "@millrace/core";
import type { Data } from "apache-arrow";
import { ByteWriter } from "../value/byte-writer.ts";
import { RangeList } from "../value/range-list.ts";
import { jsonBytesMin, type JsonValueWriter, jsonValueWriter } from "./value-writer.ts";

/** Encodes the values of one column as JSON texts, as `json` writes them; a null is `null`. */
export class JsonColumnEncoder {
  readonly #writer = new ByteWriter();
  readonly #values: JsonValueWriter;

  constructor(type: DataType) {
    this.#values = jsonValueWriter(type);
  }

  /** A range for each row. **Cost** O(bytes written) */
  encode(data: Data): RecordRanges {
    const ranges = new RangeList(data.length);
    this.#values.open(data);
    for (let row = 0; row < data.length; row++) {
      this.#writer.reserve(jsonBytesMin);
      this.#values.write(this.#writer, row);
      ranges.endAt(this.#writer.size);
    }
    return ranges.over(this.#writer.take());
  }
}

import type { DecodedValues, DecoderOptions, RecordDecoder, RecordRanges } from "@millrace/core";
import { badRecord } from "../value/bad-record.ts";
import { BinaryRows } from "../value/binary-rows.ts";
import { messagePlan } from "./field-plan.ts";
import { MessageReader } from "./message-reader.ts";
import type { ProtobufOptions } from "./options.ts";

/**
 * Decodes records that are one Protobuf message each. Fields that no column takes are passed over.
 *
 * **Cost** O(bytes), no allocation but for a refused record, decimals and JSON
 * **Nulls** an absent field of a nullable column is null; of another one it is 0, false or empty,
 * but an absent message, time or decimal is missing
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a column has no field that fits,
 *   `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class ProtobufRecordDecoder implements RecordDecoder {
  readonly #rows: BinaryRows;
  readonly #reader: MessageReader;

  constructor(options: DecoderOptions, { fields }: ProtobufOptions) {
    this.#rows = new BinaryRows("protobuf", options);
    const { columns } = this.#rows;
    const plan = messagePlan(
      columns.map((column) => column.field),
      fields,
    );
    this.#reader = new MessageReader(plan, columns);
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const { buffer, valueStart, valueLength } = records;
    const { tally } = this.#rows;
    tally.start(from);
    this.#reader.input.open(buffer);
    for (let index = from; index < to; index++) {
      const start = valueStart[index]!;
      const end = start + valueLength[index]!;
      if (!this.#reader.read(this.#rows.nextRow(), start, end)) {
        this.#refuse(buffer.subarray(start, end), start);
        continue;
      }
      const refusal = this.#rows.refusal();
      if (refusal === undefined) tally.accept();
      else tally.refuse(badRecord(index, refusal, buffer.subarray(start, end)));
    }
    return this.#rows.take();
  }

  #refuse(record: Uint8Array, start: number): void {
    const { tally } = this.#rows;
    const { problem, problemPath, problemAt } = this.#reader;
    const byte = Math.max(0, Math.min(problemAt - start, record.length));
    const place = problemPath === "" ? { byte } : { field: problemPath, byte };
    tally.refuse(badRecord(tally.next, problem!, record, place));
  }
}

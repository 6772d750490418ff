import type { DecodedValues, DecoderOptions, RecordDecoder, RecordRanges } from "@millrace/core";
import { badRecord } from "../value/bad-record.ts";
import { BinaryRows } from "../value/binary-rows.ts";
import type { RegistryClient } from "../registry/client.ts";
import { FieldProblem } from "../value/field-problem.ts";
import { type MessagePlan, messagePlan } from "./field-plan.ts";
import { MessageReader } from "./message-reader.ts";
import type { ProtobufOptions } from "./options.ts";
import { RegisteredMessages } from "./registered-messages.ts";

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
  /** How all messages are read; undefined where each record says what it is. */
  readonly #plan: MessagePlan | undefined;
  readonly #registered: RegisteredMessages | undefined;

  /** @param client of the registry, where the options name one */
  constructor(
    options: DecoderOptions,
    { fields, registry }: ProtobufOptions,
    client?: RegistryClient,
  ) {
    this.#rows = new BinaryRows("protobuf", options);
    const { columns } = this.#rows;
    const taken = columns.map((column) => column.field);
    this.#plan = client === undefined ? messagePlan(taken, fields ?? {}) : undefined;
    this.#registered =
      client && new RegisteredMessages(taken, fields, registry?.recordName, client);
    this.#reader = new MessageReader(columns);
  }

  prepare(records: RecordRanges, from = 0, to: number = records.count): Promise<void> | undefined {
    return this.#registered?.prepare(records, from, to);
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const { buffer, valueStart, valueLength } = records;
    const { tally } = this.#rows;
    tally.start(from);
    this.#reader.input.open(buffer);
    for (let index = from; index < to; index++) {
      const start = valueStart[index]!;
      const end = start + valueLength[index]!;
      const plan = this.#planAt(start, end);
      if (plan instanceof FieldProblem) {
        tally.refuse(badRecord(index, plan, buffer.subarray(start, end), { byte: 0 }));
        continue;
      }
      const first = this.#registered?.start ?? start;
      if (!this.#reader.read(plan, this.#rows.nextRow(), first, end)) {
        this.#refuse(buffer.subarray(start, end), start);
        continue;
      }
      const refusal = this.#rows.refusal();
      if (refusal === undefined) tally.accept();
      else tally.refuse(badRecord(index, refusal, buffer.subarray(start, end)));
    }
    return this.#rows.take();
  }

  #planAt(start: number, end: number): MessagePlan | FieldProblem {
    if (this.#registered === undefined) return this.#plan!;
    this.#reader.input.end = end;
    return this.#registered.planAt(this.#reader.input, start);
  }

  #refuse(record: Uint8Array, start: number): void {
    const { tally } = this.#rows;
    const { problem, problemPath, problemAt } = this.#reader;
    const byte = Math.max(0, Math.min(problemAt - start, record.length));
    const place = problemPath === "" ? { byte } : { field: problemPath, byte };
    tally.refuse(badRecord(tally.next, problem!, record, place));
  }
}

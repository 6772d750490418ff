import {
  type DecodedValues,
  type DecoderOptions,
  type RecordDecoder,
  type RecordRanges,
} from "@millrace/core";
import { badRecord } from "../value/bad-record.ts";
import { BinaryRows } from "../value/binary-rows.ts";
import { FieldProblem } from "../value/field-problem.ts";
import { DatumReader } from "./datum-reader.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { RegisteredSchema } from "../registry/registered-schema.ts";
import { prefixBytes, WriterSchemas } from "../registry/writer-schemas.ts";
import { type AvroType, registeredAvroType } from "./avro-type.ts";
import type { AvroSchemas } from "./options.ts";
import { readPlan, type ReadStep } from "./read-plan.ts";

/**
 * Decodes records that are one Avro datum each, with or without the id of their schema before it.
 * Fields that no column takes are passed over.
 *
 * **Cost** O(bytes), no allocation but for a refused record
 * **Nulls** a column without a field has the default of the reader's schema, else null
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH` when a schema does not fit the columns,
 *   `CONNECTOR_CONFIG_INVALID` when a check turns out to be asynchronous
 */
export class AvroRecordDecoder implements RecordDecoder {
  readonly #rows: BinaryRows;
  readonly #reader: DatumReader = new DatumReader();
  /** The steps for records without an id; undefined when records have ids. */
  readonly #steps: readonly ReadStep[] | undefined;
  readonly #stepsById: WriterSchemas<readonly ReadStep[]>;

  /** @param client of the registry that has the schemas by id, where there is one */
  constructor(options: DecoderOptions, schemas: AvroSchemas, client?: RegistryClient) {
    const { writer, reader, byId } = schemas;
    this.#rows = new BinaryRows("avro", options);
    const { columns } = this.#rows;
    const stepsOf = (type: AvroType): readonly ReadStep[] => readPlan(type, reader, columns);
    this.#steps = byId === undefined ? stepsOf(writer) : undefined;
    const registered = (schema: RegisteredSchema): readonly ReadStep[] =>
      stepsOf(registeredAvroType(schema));
    this.#stepsById = new WriterSchemas("Avro", registered, client);
    for (const [id, type] of byId ?? []) this.#stepsById.set(id, stepsOf(type));
  }

  prepare(records: RecordRanges, from = 0, to: number = records.count): Promise<void> | undefined {
    return this.#stepsById.prepare(records, from, to);
  }

  decode(records: RecordRanges, from = 0, to: number = records.count): DecodedValues {
    const { buffer, valueStart, valueLength } = records;
    const { tally } = this.#rows;
    tally.start(from);
    this.#reader.input.open(buffer);
    for (let index = from; index < to; index++) {
      const start = valueStart[index]!;
      const end = start + valueLength[index]!;
      const found = this.#stepsAt(buffer, start, end);
      if (found instanceof FieldProblem) {
        tally.refuse(badRecord(index, found, buffer.subarray(start, end), { byte: 0 }));
        continue;
      }
      const first = this.#steps === undefined ? start + prefixBytes : start;
      if (this.#reader.read(found, this.#rows.nextRow(), first, end))
        this.#check(buffer, start, end);
      else this.#refuse(buffer.subarray(start, end), start);
    }
    return this.#rows.take();
  }

  #stepsAt(bytes: Uint8Array, at: number, end: number): readonly ReadStep[] | FieldProblem {
    return this.#steps ?? this.#stepsById.planAt(bytes, at, end);
  }

  #check(buffer: Uint8Array, start: number, end: number): void {
    const { tally } = this.#rows;
    const problem = this.#rows.refusal();
    if (problem === undefined) tally.accept();
    else tally.refuse(badRecord(tally.next, problem, buffer.subarray(start, end)));
  }

  #refuse(record: Uint8Array, start: number): void {
    const { tally } = this.#rows;
    const { problem, problemPath, problemAt } = this.#reader;
    const byte = Math.max(0, Math.min(problemAt - start, record.length));
    const place = problemPath === "" ? { byte } : { field: problemPath, byte };
    tally.refuse(badRecord(tally.next, problem!, record, place));
  }
}

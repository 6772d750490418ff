import { type FieldType, type RecordRanges } from "@millrace/core";
import type { RegistryClient } from "../registry/client.ts";
import { prefixBytes, WriterSchemas } from "../registry/writer-schemas.ts";
import type { BinaryInput } from "../value/binary-input.ts";
import { FieldProblem, malformed, orProblem } from "../value/field-problem.ts";
import { type MessagePlan, messagePlan } from "./field-plan.ts";
import type { ProtobufFields } from "./options.ts";
import { type LinkedMessage, linkProtobufSchema } from "./schema/link-schema.ts";
import { writerFields } from "./writer-fields.ts";

/** How the messages of one schema are read, by their indexes: `0`, or `2.1` of nested ones. */
interface SchemaPlans {
  readonly messages: readonly LinkedMessage[];
  readonly plans: Map<string, MessagePlan | FieldProblem>;
  /** Of the message of index 0, which nearly all records have. */
  readonly first: MessagePlan | FieldProblem;
}

/** Where the next record's message begins, and how it is read. */
export class RegisteredMessages {
  /** Index of the message's first byte, after what stands before it. */
  start = 0;
  readonly #columns: readonly FieldType[];
  readonly #fields: ProtobufFields | undefined;
  readonly #typeName: string | undefined;
  readonly #schemas: WriterSchemas<SchemaPlans>;

  /**
   * @param fields numbers that columns are found by, instead of their names
   * @param typeName full name of the messages; others are refused
   */
  constructor(
    columns: readonly FieldType[],
    fields: ProtobufFields | undefined,
    typeName: string | undefined,
    client: RegistryClient,
  ) {
    this.#columns = columns;
    this.#fields = fields;
    this.#typeName = typeName;
    this.#schemas = new WriterSchemas(
      "Protobuf",
      (schema) => {
        const messages = linkProtobufSchema(schema);
        const first = this.#planOf(messages, "0");
        return { messages, plans: new Map([["0", first]]), first };
      },
      client,
    );
  }

  prepare(records: RecordRanges, from: number, to: number): Promise<void> | undefined {
    return this.#schemas.prepare(records, from, to);
  }

  /** The plan of the record from `at` up to `input.end`, or why it has none; sets `start`. */
  planAt(input: BinaryInput, at: number): MessagePlan | FieldProblem {
    this.start = at;
    const schema = this.#schemas.planAt(input.bytes, at, input.end);
    if (schema instanceof FieldProblem) return schema;
    const from = at + prefixBytes;
    if (from < input.end && input.bytes[from] === 0) {
      this.start = from + 1;
      return schema.first;
    }
    const indexes = this.#indexes(input, from);
    if (indexes === undefined)
      return malformed("Protobuf", "the indexes of its message are cut off");
    let plan = schema.plans.get(indexes);
    if (plan === undefined) {
      plan = this.#planOf(schema.messages, indexes);
      // Noise gives any indexes: only those of a message are worth a place.
      if (!(plan instanceof FieldProblem)) schema.plans.set(indexes, plan);
    }
    return plan;
  }

  /** Indexes in zigzag form, their number first. */
  #indexes(input: BinaryInput, from: number): string | undefined {
    let at = input.varint(from);
    if (at < 0) return undefined;
    input.unzigzag();
    const count = input.number;
    if (count < 1 || count > input.end - at) return undefined;
    let indexes = "";
    for (let i = 0; i < count; i++) {
      at = input.varint(at);
      if (at < 0) return undefined;
      input.unzigzag();
      indexes += i === 0 ? input.number : `.${input.number}`;
    }
    this.start = at;
    return indexes;
  }

  #planOf(messages: readonly LinkedMessage[], indexes: string): MessagePlan | FieldProblem {
    let found: LinkedMessage | undefined;
    for (const index of indexes.split(".")) {
      found = (found === undefined ? messages : found.messages)[Number(index)];
      if (found === undefined) return malformed("Protobuf", `its schema has no message ${indexes}`);
    }
    const { typeName } = found!;
    if (this.#typeName !== undefined && this.#typeName !== typeName) {
      return malformed("Protobuf", `the record is a ${typeName}, and no ${this.#typeName}`);
    }
    return orProblem(() =>
      messagePlan(this.#columns, writerFields(this.#columns, found!, this.#fields)),
    );
  }
}

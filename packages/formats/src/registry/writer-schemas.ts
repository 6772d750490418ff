import { millraceError, type RecordRanges } from "@millrace/core";
import { FieldProblem, malformed, orProblem } from "../value/field-problem.ts";
import type { RegistryClient } from "./client.ts";
import type { RegisteredSchema } from "./registered-schema.ts";

/** The magic byte and the schema's id, which stand before a record. */
export const prefixBytes = 5;

/**
 * What a decoder reads records by, one plan for each schema that a producer wrote with.
 *
 * A schema that no plan can be made for refuses its records, with the same error each time.
 */
export class WriterSchemas<Plan extends object> {
  readonly #format: string;
  readonly #plans: Map<number, Plan | FieldProblem> = new Map();
  readonly #client: RegistryClient | undefined;
  readonly #planOf: (schema: RegisteredSchema) => Plan;

  /** @param client absent where all schemas are given by `set` */
  constructor(
    format: string,
    planOf: (schema: RegisteredSchema) => Plan,
    client: RegistryClient | undefined,
  ) {
    this.#format = format;
    this.#planOf = planOf;
    this.#client = client;
  }

  /** Gives the plan of an id. */
  set(id: number, plan: Plan): void {
    this.#plans.set(id, plan);
  }

  /** Fetches the schemas that records name and that are not known. O(records). */
  prepare(records: RecordRanges, from: number, to: number): Promise<void> | undefined {
    if (this.#client === undefined) return undefined;
    const { buffer, valueStart, valueLength } = records;
    let unknown: Set<number> | undefined;
    let last = -1;
    for (let index = from; index < to; index++) {
      const start = valueStart[index]!;
      if (valueLength[index]! < prefixBytes || buffer[start] !== 0) continue;
      const id = schemaIdAt(buffer, start);
      if (id === last) continue;
      last = id;
      if (!this.#plans.has(id)) (unknown ??= new Set()).add(id);
    }
    return unknown === undefined ? undefined : this.#fetchAll(this.#client, unknown);
  }

  /** The plan of the record in [at, end), or why it has none. */
  planAt(bytes: Uint8Array, at: number, end: number): Plan | FieldProblem {
    if (!hasSchemaId(bytes, at, end)) return idMissing(this.#format);
    const schemaId = schemaIdAt(bytes, at);
    const plan = this.#plans.get(schemaId);
    if (plan !== undefined) return plan;
    const format = this.#format;
    return new FieldProblem(millraceError("RECORD_SCHEMA_UNKNOWN", { format, schemaId }));
  }

  async #fetchAll(client: RegistryClient, ids: ReadonlySet<number>): Promise<void> {
    // One after the other: ids that are none come in any number, and are no reason for a flood.
    for (const id of ids) {
      const schema = await client.schemaById(id);
      if (schema !== undefined)
        this.#plans.set(
          id,
          orProblem(() => this.#planOf(schema)),
        );
    }
  }
}

function schemaIdAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0
  );
}

/** Whether the record in [at, end) begins as one with the id of its schema. */
export function hasSchemaId(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= prefixBytes && bytes[at] === 0;
}

/** Why a record without an id is refused. */
export function idMissing(format: string): FieldProblem {
  return malformed(format, "the record does not begin with the id of its schema");
}

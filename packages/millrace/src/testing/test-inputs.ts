import { batchSchema, emptyBatch, rowsToBatch } from "@millrace/columnar";
import { GrowingSource, takeColumns } from "@millrace/conformance/fakes";
import {
  assert,
  assertUserInput,
  isMillraceError,
  quote,
  type RowSchema,
  type Source,
  type SourceContext,
} from "@millrace/core";
import type { LogicalPlan, SourceNode } from "@millrace/plan";
import type { RecordBatch } from "apache-arrow";

interface TestInput {
  readonly schema: RowSchema;
  readonly outOfOrdernessMs: number;
  readonly rows: GrowingSource;
  /** Rows sent so far, which chooses the partition of the next one. */
  sent: number;
  isEnded: boolean;
}

/** What a test has given to the sources of a pipeline; outlives the runs that read it. */
export class TestInputs {
  readonly #partitions: number;
  readonly #inputs: ReadonlyMap<string, TestInput>;

  constructor(logical: LogicalPlan, partitions: number) {
    this.#partitions = partitions;
    const sources = logical.nodes.filter((node): node is SourceNode => node.kind === "source");
    this.#inputs = new Map(sources.map((source) => [source.id, makeInput(source, partitions)]));
  }

  /** Ids of the sources. */
  get ids(): readonly string[] {
    return [...this.#inputs.keys()];
  }

  /** Opens a source for a run. */
  openSource(context: SourceContext): Promise<Source> {
    const { openSource } = this.#input(context.sourceId).rows.connector();
    assert(openSource !== undefined, "a growing source can be opened");
    return openSource(context);
  }

  /**
   * Adds rows to a source, one partition after the other in turn unless one is given.
   *
   * @throws PLAN_ARGUMENT_INVALID, RECORD_FIELD_TYPE, RECORD_FIELD_NULL
   */
  send(source: string, rows: readonly object[], partition?: number): void {
    const input = this.#input(source);
    assertUserInput(!input.isEnded, `send: ${quote(source)} has ended`);
    checkColumns(source, input.schema, rows);
    if (partition !== undefined) {
      assertUserInput(
        Number.isInteger(partition) && partition >= 0 && partition < this.#partitions,
        `send: partition must be a whole number below ${this.#partitions}`,
      );
    }
    const byPartition = Array.from({ length: this.#partitions }, (): object[] => []);
    for (const row of rows) {
      byPartition[partition ?? input.sent % this.#partitions]?.push(row);
      input.sent += 1;
    }
    const batches = byPartition.map((some) => batchOf(source, input.schema, some));
    batches.forEach((batch, index) => input.rows.append(index, batch));
  }

  /** Takes the watermark of one source, or of each, to an instant in ms. */
  advance(to: number, source?: string): void {
    for (const id of source === undefined ? this.ids : [source]) {
      const { rows, schema, outOfOrdernessMs, isEnded } = this.#input(id);
      if (isEnded) continue;
      const none = emptyBatch(batchSchema(schema.fields));
      for (let partition = 0; partition < this.#partitions; partition += 1) {
        rows.pass(partition, to + outOfOrdernessMs, none);
      }
    }
  }

  /** No row will follow, of one source or of all. */
  end(source?: string): void {
    for (const id of source === undefined ? this.ids : [source]) {
      const input = this.#input(id);
      input.isEnded = true;
      input.rows.end();
    }
  }

  #input(id: string): TestInput {
    const input = this.#inputs.get(id);
    const known = this.ids.map((each) => quote(each)).join(", ");
    assertUserInput(input !== undefined, `${quote(id)} is not a source; there is ${known}`);
    return input;
  }
}

function makeInput(source: SourceNode, partitions: number): TestInput {
  const { rowSchema, schema: columns, outOfOrdernessMs } = source;
  const schema = rowSchema ?? columns;
  const rows = new GrowingSource(partitions, takeColumns(schema));
  return { schema, outOfOrdernessMs, rows, sent: 0, isEnded: false };
}

/** Typed callers cannot get this wrong, those who send plain JSON can. */
function checkColumns(source: string, { fields }: RowSchema, rows: readonly object[]): void {
  const known = new Set(fields.map(({ name }) => name));
  rows.forEach((row, index) => {
    const unknown = Object.keys(row).find((name) => !known.has(name));
    const columns = [...known].join(", ");
    assertUserInput(
      unknown === undefined,
      `send: row ${index + 1} for ${quote(source)} has ${quote(unknown)}, which is none of its ` +
        `columns: ${columns}`,
    );
  });
}

function batchOf(source: string, schema: RowSchema, rows: readonly object[]): RecordBatch {
  try {
    return rowsToBatch(schema, rows);
  } catch (error) {
    throw isMillraceError(error) ? error.at({ operatorId: source }) : error;
  }
}

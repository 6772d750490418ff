import { toArrowSchema, isHiddenColumn, type RowSchema } from "@millrace/core";
import { type Data, type RecordBatch, Schema } from "apache-arrow";

/** Where the hidden columns of a batch are, and the schema of an output that carries them on. */
export interface OutputLayout {
  /** Indexes of the input's hidden columns, in order. */
  readonly hidden: readonly number[];
  /** The output's columns, then the hidden ones. */
  readonly schema: Schema;
}

/** Finds the layout for each input schema once. */
export class OutputLayouts {
  readonly #fields: Schema["fields"];
  readonly #dropped: ReadonlySet<string>;
  #last: { readonly input: Schema; readonly layout: OutputLayout } | undefined;

  /** @param dropped hidden columns that the output does not carry on */
  constructor(output: RowSchema, dropped: readonly string[] = []) {
    this.#fields = toArrowSchema(output).fields;
    this.#dropped = new Set(dropped);
  }

  of(input: Schema): OutputLayout {
    if (this.#last?.input === input) return this.#last.layout;
    const hidden: number[] = [];
    for (const [index, { name }] of input.fields.entries()) {
      if (isHiddenColumn(name) && !this.#dropped.has(name)) hidden.push(index);
    }
    const hiddenFields = hidden.map((index) => input.fields[index] as Schema["fields"][number]);
    const layout = { hidden, schema: this.#sameOrNew([...this.#fields, ...hiddenFields]) };
    this.#last = { input, layout };
    return layout;
  }

  /**
   * Keeps the schema object where the columns have not changed, so that those downstream keep their
   * layouts.
   */
  #sameOrNew(fields: Schema["fields"]): Schema {
    const last = this.#last?.layout.schema;
    const isSame =
      last?.fields.length === fields.length &&
      last.fields.every((field, i) => field.name === fields[i]?.name);
    return isSame && last !== undefined ? last : new Schema(fields);
  }
}

/** The hidden columns of a batch. */
export function hiddenColumnsOf(batch: RecordBatch, layout: OutputLayout): Data[] {
  return layout.hidden.map((index) => batch.data.children[index] as Data);
}

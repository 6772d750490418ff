import { columnOf, decodeDictionary, hasColumn, valueReader } from "@millrace/columnar";
import { assert, hiddenColumns, isHiddenColumn, type RowSchema } from "@millrace/core";
import { ByteWriter } from "@millrace/formats";
import type { Data, RecordBatch } from "apache-arrow";
import type { AnyBulkWriteOperation, Document } from "mongodb";
import { KeyTexts } from "../store/key-texts.ts";
import { bsonWriter } from "./bson-value.ts";
import type { MongodbSinkConfig } from "./config.ts";
import type { MongodbDriver } from "./driver.ts";

type Values = (row: number) => unknown;

const decoder = new TextDecoder();

/** Turns rows into documents: an object for each, as the driver takes them. */
export class DocumentWriter {
  readonly #columns: readonly {
    readonly name: string;
    read(data: Data, row: number): unknown;
  }[];
  readonly #key: readonly string[];
  readonly #keyTexts: KeyTexts;
  readonly #keyText = new ByteWriter();
  #values: ReadonlyMap<string, Values> = new Map();
  #weights: Int32Array | undefined;

  constructor({ key, collection }: MongodbSinkConfig, schema: RowSchema, driver: MongodbDriver) {
    const fields = schema.fields.filter((field) => !isHiddenColumn(field.name));
    this.#columns = fields.map(({ name, type }) => {
      const read = valueReader(type);
      const write = bsonWriter(type, driver, collection);
      return { name, read: (data, row) => write(read(data, row)) };
    });
    this.#key = key;
    this.#keyTexts = new KeyTexts(schema, key);
  }

  /** Takes the batch whose rows are written next. */
  open(batch: RecordBatch): void {
    this.#values = new Map(
      this.#columns.map(({ name, read }) => {
        const data = decodeDictionary(columnOf(batch, name));
        return [name, (row) => read(data, row)];
      }),
    );
    const { weight } = hiddenColumns;
    const isUpdating = hasColumn(batch, weight);
    this.#weights = isUpdating ? (columnOf(batch, weight).values as Int32Array) : undefined;
    this.#keyTexts.open(batch);
  }

  /** A text that stands for the row's key, and for no other one. */
  keyOf(row: number): string {
    this.#keyText.size = 0;
    this.#keyTexts.write(this.#keyText, row);
    return decoder.decode(this.#keyText.bytes.subarray(0, this.#keyText.size));
  }

  /** What makes the row's document stand in the collection, or go. */
  operation(row: number): AnyBulkWriteOperation<Document> {
    if (this.#key.length === 0) return { insertOne: { document: this.#document(row) } };
    const filter = { _id: this.#idOf(row) } as Document;
    if (this.#weights !== undefined && this.#weights[row]! < 0) return { deleteOne: { filter } };
    return { replaceOne: { filter, replacement: this.#document(row), upsert: true } };
  }

  #document(row: number): Document {
    const document: Document = {};
    for (const [name, read] of this.#values) document[name] = read(row);
    return document;
  }

  #idOf(row: number): unknown {
    const [only, ...more] = this.#key;
    if (more.length === 0) return this.#valueOf(only as string, row);
    return Object.fromEntries(this.#key.map((name) => [name, this.#valueOf(name, row)]));
  }

  #valueOf(name: string, row: number): unknown {
    const read = this.#values.get(name);
    assert(read !== undefined, "the columns of a key are checked");
    return read(row);
  }
}

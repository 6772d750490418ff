import { columnOf, decodeDictionary, hasColumn } from "@millrace/columnar";
import {
  findField,
  type FieldType,
  hiddenColumns,
  isHiddenColumn,
  type RecordRanges,
  type RowSchema,
} from "@millrace/core";
import { jsonFormat, TextColumn } from "@millrace/formats";
import type { RecordBatch } from "apache-arrow";
import type { RedisSinkConfig } from "./config.ts";
import { KeyTexts } from "../store/key-texts.ts";
import { PackedItems } from "./packed-items.ts";

/** Turns rows into the items that the script of a layout takes. */
export interface RowPacker {
  /** What is the same in all calls: the script's settings. */
  readonly settings: Buffer;
  /** Takes the batch whose rows are packed next. */
  open(batch: RecordBatch): void;
  pack(row: number, into: PackedItems): void;
}

/** The packer of the sink's layout. */
export function rowPacker(config: RedisSinkConfig, schema: RowSchema): RowPacker {
  const fields = schema.fields.filter((field) => !isHiddenColumn(field.name));
  switch (config.layout) {
    case "hash":
      return new HashPacker(config, schema, fields);
    case "json":
      return new JsonPacker(config, schema, fields);
    case "stream":
      return new StreamPacker(config, fields);
    case "sortedSet":
      return new SortedSetPacker(config, schema);
    case "channel":
      return new ChannelPacker(config, fields);
  }
}

/** Whether rows come or go; those of a batch without weights come. */
class Signs {
  #weights: Int32Array | undefined;

  open(batch: RecordBatch): void {
    const { weight } = hiddenColumns;
    const isUpdating = hasColumn(batch, weight);
    this.#weights = isUpdating ? (columnOf(batch, weight).values as Int32Array) : undefined;
  }

  comes(row: number): boolean {
    return this.#weights === undefined || this.#weights[row]! > 0;
  }
}

/** Texts of all columns of a row, false where null. */
class ColumnItems {
  readonly #fields: readonly FieldType[];
  readonly #columns: readonly TextColumn[];

  constructor(fields: readonly FieldType[]) {
    this.#fields = fields;
    this.#columns = fields.map(({ type }) => new TextColumn(type));
  }

  open(batch: RecordBatch): void {
    for (const [i, column] of this.#columns.entries()) {
      column.open(decodeDictionary(columnOf(batch, this.#fields[i]!.name)));
    }
  }

  pack(row: number, into: PackedItems): void {
    for (const column of this.#columns) packValue(column, row, into);
  }
}

function packValue(column: TextColumn, row: number, into: PackedItems): void {
  if (column.isNull(row)) return into.addBoolean(false);
  const start = into.startText();
  column.write(into.writer, row);
  into.endText(start);
}

/** The key of a row: the name of the sink, then the columns of the key. */
class Keys {
  readonly #name: string;
  readonly #texts: KeyTexts;

  constructor({ name, key }: RedisSinkConfig, schema: RowSchema) {
    this.#name = name;
    this.#texts = new KeyTexts(schema, key);
  }

  open(batch: RecordBatch): void {
    this.#texts.open(batch);
  }

  pack(row: number, into: PackedItems): void {
    const start = into.startText();
    into.writer.writeText(this.#name);
    this.#texts.write(into.writer, row);
    into.endText(start);
  }
}

class HashPacker implements RowPacker {
  readonly settings: Buffer;
  readonly #signs = new Signs();
  readonly #keys: Keys;
  readonly #columns: ColumnItems;

  constructor(config: RedisSinkConfig, schema: RowSchema, fields: readonly FieldType[]) {
    this.settings = settingsOf(
      config,
      fields.map(({ name }) => name),
    );
    this.#keys = new Keys(config, schema);
    this.#columns = new ColumnItems(fields);
  }

  open(batch: RecordBatch): void {
    this.#signs.open(batch);
    this.#keys.open(batch);
    this.#columns.open(batch);
  }

  pack(row: number, into: PackedItems): void {
    const comes = this.#signs.comes(row);
    this.#keys.pack(row, into);
    into.addBoolean(comes);
    if (comes) this.#columns.pack(row, into);
  }
}

/** Rows of a batch, each as one JSON text. */
class JsonTexts {
  readonly #encode: (batch: RecordBatch) => RecordRanges;
  #records: RecordRanges | undefined;

  constructor(fields: readonly FieldType[]) {
    const encoder = jsonFormat.recordEncoder({ fields });
    this.#encode = (batch) => encoder.encode(batch);
  }

  open(batch: RecordBatch): void {
    this.#records = this.#encode(batch);
  }

  pack(row: number, into: PackedItems): void {
    const { buffer, valueStart, valueLength } = this.#records!;
    const start = into.startText();
    const from = valueStart[row]!;
    into.writer.writeRange(buffer, from, from + valueLength[row]!);
    into.endText(start);
  }
}

class JsonPacker implements RowPacker {
  readonly settings: Buffer;
  readonly #signs = new Signs();
  readonly #keys: Keys;
  readonly #texts: JsonTexts;

  constructor(config: RedisSinkConfig, schema: RowSchema, fields: readonly FieldType[]) {
    this.settings = settingsOf(config, []);
    this.#keys = new Keys(config, schema);
    this.#texts = new JsonTexts(fields);
  }

  open(batch: RecordBatch): void {
    this.#signs.open(batch);
    this.#keys.open(batch);
    this.#texts.open(batch);
  }

  pack(row: number, into: PackedItems): void {
    this.#keys.pack(row, into);
    if (this.#signs.comes(row)) this.#texts.pack(row, into);
    else into.addBoolean(false);
  }
}

class StreamPacker implements RowPacker {
  readonly settings: Buffer;
  readonly #columns: ColumnItems;

  constructor(config: RedisSinkConfig, fields: readonly FieldType[]) {
    const { name, maxLength } = config;
    const length = maxLength === undefined ? false : String(maxLength);
    this.settings = settingsOf(config, [name, length, ...fields.map((field) => field.name)]);
    this.#columns = new ColumnItems(fields);
  }

  open(batch: RecordBatch): void {
    this.#columns.open(batch);
  }

  pack(row: number, into: PackedItems): void {
    this.#columns.pack(row, into);
  }
}

class SortedSetPacker implements RowPacker {
  readonly settings: Buffer;
  readonly #signs = new Signs();
  readonly #keys: Keys;
  readonly #members: KeyTexts;
  readonly #score: string;
  readonly #scores: TextColumn;

  constructor(config: RedisSinkConfig, schema: RowSchema) {
    this.settings = settingsOf(config, []);
    this.#keys = new Keys(config, schema);
    this.#members = new KeyTexts(schema, config.member);
    this.#score = config.score;
    this.#scores = new TextColumn(findField(schema, config.score)!.type);
  }

  open(batch: RecordBatch): void {
    this.#signs.open(batch);
    this.#keys.open(batch);
    this.#members.open(batch);
    this.#scores.open(decodeDictionary(columnOf(batch, this.#score)));
  }

  pack(row: number, into: PackedItems): void {
    this.#keys.pack(row, into);
    const start = into.startText();
    this.#members.write(into.writer, row);
    into.endText(start);
    if (this.#signs.comes(row)) packValue(this.#scores, row, into);
    else into.addBoolean(false);
  }
}

class ChannelPacker implements RowPacker {
  readonly settings: Buffer;
  readonly #texts: JsonTexts;

  constructor(config: RedisSinkConfig, fields: readonly FieldType[]) {
    this.settings = settingsOf(config, [config.name]);
    this.#texts = new JsonTexts(fields);
  }

  open(batch: RecordBatch): void {
    this.#texts.open(batch);
  }

  pack(row: number, into: PackedItems): void {
    this.#texts.pack(row, into);
  }
}

/** The time to live, or false, then what the layout takes. */
function settingsOf({ ttlMs }: RedisSinkConfig, more: readonly (string | false)[]): Buffer {
  const settings = new PackedItems();
  for (const item of [ttlMs === undefined ? (false as const) : String(ttlMs), ...more]) {
    if (item === false) settings.addBoolean(false);
    else settings.addText(item);
  }
  return settings.take();
}

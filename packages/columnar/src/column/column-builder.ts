import {
  type DataType,
  Decimal,
  type FieldType,
  formatDataType,
  type MillraceError,
  millraceError,
  quote,
  toArrowType,
} from "@millrace/core";
import type { Data, DataType as ArrowType } from "apache-arrow";
import { packBits, packValidity } from "./bitmap.ts";
import { writeDecimalWords } from "./decimal-words.ts";
import { newColumn } from "./new-column.ts";

/**
 * Gathers plain values into a column.
 *
 * `append` takes null whatever the type's nullability. `finish` hands out the column and starts
 * afresh.
 */
export interface ColumnBuilder {
  /**
   * @throws MillraceError `RECORD_FIELD_TYPE` when the value does not fit the type; the builder is
   *   unchanged only
   * when the type is not nested
   */
  append(value: unknown): void;
  readonly length: number;
  finish(): Data;
}

/**
 * A builder for a column; `name` is what its errors call it. `capacity` in rows is a first guess.
 */
export function columnBuilder(type: DataType, capacity = 64, name = "value"): ColumnBuilder {
  switch (type.kind) {
    case "boolean":
      return new FixedBuilder(type, capacity, name, booleanWriter);
    case "int64":
    case "uint64":
    case "timestamp":
    case "duration":
      return new FixedBuilder(type, capacity, name, wideWriter(type));
    case "float32":
    case "float64":
      return new FixedBuilder(type, capacity, name, floatWriter);
    case "decimal":
      return new FixedBuilder(type, capacity, name, decimalWriter(type.precision, type.scale));
    case "utf8":
    case "enum":
    case "json":
    case "binary":
      return new BytesBuilder(type, capacity, name);
    case "list":
      return new ListBuilder(type, capacity, name);
    case "map":
      return new MapBuilder(type, capacity, name);
    case "row":
      return new StructBuilder(type, capacity, name);
    default:
      return new FixedBuilder(type, capacity, name, integerWriter(type));
  }
}

function typeError(name: string, type: DataType, value: unknown): MillraceError {
  const expected = formatDataType({ ...type, nullable: false });
  return millraceError("RECORD_FIELD_TYPE", { field: name, expected, value: printable(value) });
}

function printable(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return quote(value);
  } catch {
    // A value with a bigint or a cycle inside has no JSON; its kind must do.
    return Object.prototype.toString.call(value);
  }
}

/** Writes a value that is not null at a row; false when it does not fit. */
type FixedWriter = (values: never, row: number, value: unknown) => boolean;

const booleanWriter: FixedWriter = (values: Uint8Array, row, value) => {
  if (typeof value !== "boolean") return false;
  values[row] = value ? 1 : 0;
  return true;
};

const floatWriter: FixedWriter = (values: Float64Array, row, value) => {
  if (typeof value !== "number") return false;
  values[row] = value;
  return true;
};

function integerWriter(type: DataType): FixedWriter {
  const bits = /\d+$/.exec(type.kind)?.[0];
  const size = 2 ** Number(bits ?? 32);
  const low = type.kind.startsWith("u") ? 0 : -size / 2;
  const high = low + size - 1;
  return (values: Float64Array, row, value) => {
    if (typeof value !== "number" || !Number.isInteger(value)) return false;
    if (value < low || value > high) return false;
    values[row] = value;
    return true;
  };
}

function wideWriter(type: DataType): FixedWriter {
  const isBigint =
    type.kind === "timestamp" ? type.unit !== "ms" : "as" in type && type.as === "bigint";
  const low = type.kind === "uint64" ? 0n : -(2n ** 63n);
  const high = low + 2n ** 64n - 1n;
  if (isBigint) {
    return (values: BigInt64Array, row, value) => {
      if (typeof value !== "bigint" || value < low || value > high) return false;
      values[row] = value;
      return true;
    };
  }
  const isUnsigned = type.kind === "uint64";
  return (values: BigInt64Array, row, value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return false;
    if (isUnsigned && value < 0) return false;
    values[row] = BigInt(value);
    return true;
  };
}

function decimalWriter(precision: number, scale: number): FixedWriter {
  const bound = 10n ** BigInt(precision);
  return (values: Uint32Array, row, value) => {
    if (!(value instanceof Decimal)) return false;
    const unscaled = unscaledAt(value, scale);
    if (unscaled === undefined || unscaled >= bound || unscaled <= -bound) return false;
    writeDecimalWords(values, row * 4, unscaled);
    return true;
  };
}

function unscaledAt(value: Decimal, scale: number): bigint | undefined {
  if (scale >= value.scale) return value.unscaled * 10n ** BigInt(scale - value.scale);
  const divisor = 10n ** BigInt(value.scale - scale);
  return value.unscaled % divisor === 0n ? value.unscaled / divisor : undefined;
}

abstract class NullableBuilder {
  length = 0;
  protected readonly type: DataType;
  protected readonly arrowType: ArrowType;
  protected readonly name: string;
  protected isValid: Uint8Array;

  constructor(type: DataType, capacity: number, name: string) {
    this.type = type;
    this.arrowType = toArrowType(type);
    this.name = name;
    this.isValid = new Uint8Array(Math.max(capacity, 1));
  }

  protected mark(isValid: 0 | 1): void {
    if (this.length === this.isValid.length) {
      const grown = new Uint8Array(this.length * 2);
      grown.set(this.isValid);
      this.isValid = grown;
    }
    this.isValid[this.length++] = isValid;
  }

  protected takeValidity(): Uint8Array | undefined {
    const bitmap = packValidity(this.isValid, this.length);
    this.length = 0;
    return bitmap;
  }
}

class FixedBuilder extends NullableBuilder implements ColumnBuilder {
  readonly #write: FixedWriter;
  readonly #stride: number;
  #values: Float64Array;

  constructor(type: DataType, capacity: number, name: string, write: FixedWriter) {
    super(type, capacity, name);
    this.#write = write;
    this.#stride = type.kind === "decimal" ? 4 : 1;
    this.#values = this.#allocate(this.isValid.length);
  }

  #allocate(capacity: number): Float64Array {
    if (this.type.kind === "boolean") return new Uint8Array(capacity) as unknown as Float64Array;
    const ArrayType = this.arrowType.ArrayType as Float64ArrayConstructor;
    return new ArrayType(capacity * this.#stride);
  }

  append(value: unknown): void {
    if (this.length * this.#stride === this.#values.length) {
      const grown = this.#allocate(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    if (value === null || value === undefined) return this.mark(0);
    if (!this.#write(this.#values as never, this.length, value)) {
      throw typeError(this.name, this.type, value);
    }
    this.mark(1);
  }

  finish(): Data {
    const length = this.length;
    const values =
      this.type.kind === "boolean"
        ? packBits(this.#values as unknown as Uint8Array, length)
        : this.#values.slice(0, length * this.#stride);
    const column = newColumn(this.arrowType, length, { values, nullBitmap: this.takeValidity() });
    this.#values.fill(
      (this.#values instanceof BigInt64Array || this.#values instanceof BigUint64Array
        ? 0n
        : 0) as never,
    );
    return column;
  }
}

const encoder = new TextEncoder();

class BytesBuilder extends NullableBuilder implements ColumnBuilder {
  #offsets: Int32Array;
  #bytes: Uint8Array;
  readonly #allowed: ReadonlySet<unknown> | undefined;

  constructor(type: DataType, capacity: number, name: string) {
    super(type, capacity, name);
    this.#offsets = new Int32Array(this.isValid.length + 1);
    this.#bytes = new Uint8Array(this.isValid.length * 8);
    this.#allowed = type.kind === "enum" ? new Set(type.values) : undefined;
  }

  append(value: unknown): void {
    const row = this.length;
    const start = this.#offsets[row]!;
    const end = value === null || value === undefined ? start : this.#write(value, start);
    this.mark(value === null || value === undefined ? 0 : 1);
    if (row + 2 > this.#offsets.length) {
      const grown = new Int32Array(this.isValid.length + 1);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[row + 1] = end;
  }

  #write(value: unknown, start: number): number {
    if (this.type.kind === "binary") {
      if (!(value instanceof Uint8Array)) throw typeError(this.name, this.type, value);
      this.#reserve(start + value.length);
      this.#bytes.set(value, start);
      return start + value.length;
    }
    const text = this.type.kind === "json" ? this.#jsonText(value) : value;
    if (typeof text !== "string" || this.#allowed?.has(text) === false) {
      throw typeError(this.name, this.type, value);
    }
    this.#reserve(start + text.length * 3);
    return start + encoder.encodeInto(text, this.#bytes.subarray(start)).written;
  }

  #jsonText(value: unknown): string | undefined {
    try {
      return JSON.stringify(value) as string | undefined;
    } catch (cause) {
      throw typeError(this.name, this.type, String(cause));
    }
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  finish(): Data {
    const length = this.length;
    const valueOffsets = this.#offsets.slice(0, length + 1);
    return newColumn(this.arrowType, length, {
      values: this.#bytes.slice(0, valueOffsets[length]!),
      valueOffsets,
      nullBitmap: this.takeValidity(),
    });
  }
}

/** Appends a member of a nested value, or of a row; a null needs a nullable type. */
export function appendMember(builder: ColumnBuilder, field: FieldType, value: unknown): void {
  if ((value === null || value === undefined) && !field.type.nullable) {
    throw millraceError("RECORD_FIELD_NULL", { field: field.name });
  }
  builder.append(value);
}

abstract class ItemsBuilder extends NullableBuilder {
  protected readonly offsets: number[] = [0];

  protected close(end: number, isValid: 0 | 1): void {
    this.offsets.push(end);
    this.mark(isValid);
  }

  protected takeOffsets(): Int32Array {
    const offsets = Int32Array.from(this.offsets);
    this.offsets.length = 1;
    return offsets;
  }
}

class ListBuilder extends ItemsBuilder implements ColumnBuilder {
  readonly #items: ColumnBuilder;
  readonly #field: FieldType;

  constructor(type: DataType & { kind: "list" }, capacity: number, name: string) {
    super(type, capacity, name);
    this.#field = { name: `${name}[]`, type: type.item };
    this.#items = columnBuilder(type.item, capacity, this.#field.name);
  }

  append(value: unknown): void {
    const isNull = value === null || value === undefined;
    if (!isNull) {
      if (!Array.isArray(value)) throw typeError(this.name, this.type, value);
      for (const item of value) appendMember(this.#items, this.#field, item);
    }
    this.close(this.#items.length, isNull ? 0 : 1);
  }

  finish(): Data {
    const length = this.length;
    const valueOffsets = this.takeOffsets();
    const children = [this.#items.finish()];
    const nullBitmap = this.takeValidity();
    return newColumn(this.arrowType, length, { valueOffsets, children, nullBitmap });
  }
}

class MapBuilder extends ItemsBuilder implements ColumnBuilder {
  readonly #keys: ColumnBuilder;
  readonly #values: ColumnBuilder;
  readonly #field: FieldType;

  constructor(type: DataType & { kind: "map" }, capacity: number, name: string) {
    super(type, capacity, name);
    this.#field = { name: `${name}{}`, type: type.value };
    this.#keys = columnBuilder({ kind: "utf8", nullable: false }, capacity, name);
    this.#values = columnBuilder(type.value, capacity, this.#field.name);
  }

  append(value: unknown): void {
    const isNull = value === null || value === undefined;
    if (!isNull) {
      if (typeof value !== "object" || Array.isArray(value)) {
        throw typeError(this.name, this.type, value);
      }
      for (const [key, member] of Object.entries(value)) {
        appendMember(this.#values, this.#field, member);
        this.#keys.append(key);
      }
    }
    this.close(this.#keys.length, isNull ? 0 : 1);
  }

  finish(): Data {
    const length = this.length;
    const valueOffsets = this.takeOffsets();
    const entryType = this.arrowType.children[0]!.type as ArrowType;
    const entryCount = this.#keys.length;
    const entries = newColumn(entryType, entryCount, {
      children: [this.#keys.finish(), this.#values.finish()],
    });
    const nullBitmap = this.takeValidity();
    return newColumn(this.arrowType, length, { valueOffsets, children: [entries], nullBitmap });
  }
}

class StructBuilder extends NullableBuilder implements ColumnBuilder {
  readonly #fields: readonly FieldType[];
  readonly #builders: readonly ColumnBuilder[];

  constructor(type: DataType & { kind: "row" }, capacity: number, name: string) {
    super(type, capacity, name);
    this.#fields = type.fields.map((f) => ({ name: `${name}.${f.name}`, type: f.type }));
    this.#builders = this.#fields.map((f) => columnBuilder(f.type, capacity, f.name));
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      for (const builder of this.#builders) builder.append(null);
      return this.mark(0);
    }
    if (typeof value !== "object" || Array.isArray(value)) {
      throw typeError(this.name, this.type, value);
    }
    const members = (this.type as DataType & { kind: "row" }).fields;
    const row = value as Record<string, unknown>;
    for (let i = 0; i < members.length; i++) {
      appendMember(this.#builders[i]!, this.#fields[i]!, row[members[i]!.name]);
    }
    this.mark(1);
  }

  finish(): Data {
    const length = this.length;
    const children = this.#builders.map((builder) => builder.finish());
    return newColumn(this.arrowType, length, { children, nullBitmap: this.takeValidity() });
  }
}

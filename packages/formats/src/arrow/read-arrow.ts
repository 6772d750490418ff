import {
  batchSchema,
  concatBatches,
  decodeDictionary,
  emptyBatch,
  isValidAt,
  makeBatch,
  newColumn,
  readText,
} from "@millrace/columnar";
import { type FieldType, formatDataType, millraceError, toArrowType } from "@millrace/core";
import {
  type Data,
  type DataType as ArrowType,
  DataType,
  type RecordBatch,
  RecordBatchReader,
} from "apache-arrow";

const exactWhole: ReadonlySet<string> = new Set("Int8 Int16 Int32 Uint8 Uint16 Uint32".split(" "));

/**
 * Reads Arrow IPC, stream or file form, as one batch of the columns `fields`, found by name.
 *
 * A column must be of the declared type, or of one whose every value the declared type can hold:
 * narrower integers, float32 for float64, integers up to 32 bits for float64; a dictionary counts
 * as its values. Columns of the very type are views of `bytes`.
 *
 * **Cost** O(bytes of the columns that are converted or checked)
 *
 * @param path names the input in errors
 * @throws MillraceError `FILE_CORRUPT`, `FILE_COLUMN_MISSING`, `FILE_COLUMN_TYPE`,
 *   `FILE_VALUE_INVALID`
 */
export function readArrow(
  bytes: Uint8Array,
  fields: readonly FieldType[],
  path: string,
): RecordBatch {
  const source = openArrow(bytes, path);
  const schema = batchSchema(fields);
  const names = source.names;
  const places = fields.map((field) => {
    const place = names.indexOf(field.name);
    if (place >= 0) return place;
    throw millraceError("FILE_COLUMN_MISSING", { path, column: field.name, columns: names });
  });
  let firstRow = 0;
  fields.forEach((field, i) => checkType(field, source.types[places[i]!]!, path));
  const batches = source.batches.map((batch) => {
    const columns = fields.map((field, i) => {
      const column = convert(field, decodeDictionary(batch.data.children[places[i]!]!));
      checkValues(field, column, firstRow, path);
      return column;
    });
    firstRow += batch.numRows;
    return makeBatch(schema, columns, batch.numRows);
  });
  return batches.length === 0 ? emptyBatch(schema) : concatBatches(batches);
}

interface ArrowInput {
  readonly names: readonly string[];
  readonly types: readonly ArrowType[];
  readonly batches: readonly RecordBatch[];
}

function openArrow(bytes: Uint8Array, path: string): ArrowInput {
  const corrupt = (problem: string, cause?: unknown) =>
    millraceError("FILE_CORRUPT", { path, format: "Arrow", problem }, { cause });
  try {
    const reader = RecordBatchReader.from(bytes);
    reader.open();
    if (reader.schema === undefined || reader.schema === null) throw new Error("it has no schema");
    const { fields } = reader.schema;
    const batches = [...reader];
    return {
      names: fields.map((field) => field.name),
      types: fields.map((field) =>
        DataType.isDictionary(field.type) ? field.type.dictionary : field.type,
      ),
      batches,
    };
  } catch (cause) {
    throw corrupt(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** @throws MillraceError `FILE_COLUMN_TYPE` */
function checkType(field: FieldType, actual: ArrowType, path: string): void {
  const wanted = toArrowType(field.type);
  if (isSame(actual, wanted) || isWidening(actual, wanted)) return;
  const expected = formatDataType(field.type);
  const names = { path, column: field.name, expected, actual: String(actual) };
  throw millraceError("FILE_COLUMN_TYPE", names);
}

/**
 * Same but for the names and nullability of nested fields; a timestamp's zone says nothing of it.
 */
function isSame(actual: ArrowType, wanted: ArrowType): boolean {
  if (DataType.isTimestamp(actual) && DataType.isTimestamp(wanted)) {
    return actual.unit === wanted.unit;
  }
  return String(actual) === String(wanted);
}

function isWidening(actual: ArrowType, wanted: ArrowType): boolean {
  if (DataType.isFloat(wanted)) {
    if (String(wanted) !== "Float64") return false;
    return String(actual) === "Float32" || exactWhole.has(String(actual));
  }
  if (!DataType.isInt(wanted) || !DataType.isInt(actual)) return false;
  if (actual.bitWidth >= wanted.bitWidth) return false;
  return actual.isSigned ? wanted.isSigned : true;
}

function convert(field: FieldType, column: Data): Data {
  const wanted = toArrowType(field.type);
  const { length } = column;
  const nullBitmap = bitsOf(column);
  if (isSame(column.type, wanted)) {
    // Nested types may differ in the names of their inner fields, which nothing here reads.
    return column;
  }
  const from = column.values as Float64Array;
  const values = new (wanted.ArrayType as Float64ArrayConstructor)(length);
  const isWide = DataType.isInt(wanted) && wanted.bitWidth === 64;
  if (isWide) {
    const wide = values as unknown as BigInt64Array;
    for (let row = 0; row < length; row++) wide[row] = BigInt(from[row]!);
  } else values.set(from.subarray(0, length));
  return newColumn(wanted, length, { values, nullBitmap });
}

/** The validity bits from bit 0 on. */
function bitsOf(column: Data): Uint8Array | undefined {
  if (column.nullCount === 0) return undefined;
  const bits = new Uint8Array(((column.length + 63) >> 6) << 3);
  for (let row = 0; row < column.length; row++) {
    if (isValidAt(column, row)) bits[row >> 3]! |= 1 << (row & 7);
  }
  return bits;
}

/** @throws MillraceError `FILE_VALUE_INVALID` */
function checkValues(field: FieldType, column: Data, firstRow: number, path: string): void {
  const { type, name } = field;
  const refuse = (row: number, value: string): Error => {
    const place = { path, column: name, row: firstRow + row };
    return millraceError("FILE_VALUE_INVALID", { ...place, value, expected: formatDataType(type) });
  };
  if (!type.nullable && column.nullCount > 0) {
    for (let row = 0; row < column.length; row++) {
      if (!isValidAt(column, row)) throw refuse(row, "null");
    }
  }
  const isPresent = (row: number) => isValidAt(column, row);
  if (isSafeWhole(field)) {
    const halves = halvesOf(column.values as BigInt64Array);
    for (let row = 0; row < column.length; row++) {
      const high = type.kind === "uint64" ? halves[row * 2 + 1]! >>> 0 : halves[row * 2 + 1]!;
      // ±2^53 begins where the high word leaves ±2^21.
      if (high >= -0x20_0000 && high < 0x20_0000) continue;
      if (isPresent(row)) throw refuse(row, String((column.values as BigInt64Array)[row]));
    }
  } else if (type.kind === "enum" || type.kind === "json") {
    for (let row = 0; row < column.length; row++) {
      if (!isPresent(row)) continue;
      const text = readText(column, row);
      const isFit = type.kind === "enum" ? type.values.includes(text) : isJson(text);
      if (!isFit) throw refuse(row, text);
    }
  }
}

/** Whether the type's values are 64-bit, and numbers to a user: then they must be safe integers. */
function isSafeWhole({ type }: FieldType): boolean {
  if (type.kind === "int64" || type.kind === "uint64") return type.as === "number";
  return type.kind === "duration" || (type.kind === "timestamp" && type.unit === "ms");
}

function halvesOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The caller reports the text as a value that does not fit.
    return false;
  }
}

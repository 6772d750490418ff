import { Data, type DataType as ArrowType } from "apache-arrow";

/** Buffers of a new column; `nullBitmap` absent means that no row is null. */
export interface ColumnBuffers {
  readonly values?: unknown;
  readonly valueOffsets?: Int32Array;
  readonly nullBitmap?: Uint8Array | undefined;
  readonly children?: Data[];
}

const noBits = new Uint8Array(0);

/**
 * Makes a column from its buffers, which are not copied. Its `offset` is 0.
 *
 * Arrow's `makeData` visits by type, which costs as much as a small column; this does not.
 */
export function newColumn(type: ArrowType, length: number, buffers: ColumnBuffers): Data {
  const { nullBitmap } = buffers;
  const raw = [buffers.valueOffsets, buffers.values, nullBitmap ?? noBits];
  return new Data(
    type,
    0,
    length,
    nullBitmap === undefined ? 0 : -1,
    raw as unknown as Data,
    buffers.children ?? [],
  );
}

/**
 * An int64 column's values as Int32 halves: low word of row r at 2·r, high word at 2·r + 1. No
 * copy.
 */
export function int64Halves(values: unknown): Int32Array {
  const array = values as BigInt64Array;
  return new Int32Array(array.buffer, array.byteOffset, array.length * 2);
}

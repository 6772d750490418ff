export { batchSchema } from "./batch/batch-schema.ts";
export { columnIndex, columnOf, hasColumn } from "./batch/column-of.ts";
export { concatBatches } from "./batch/concat-batches.ts";
export { GrowingRows } from "./batch/growing-rows.ts";
export { emptyBatch, makeBatch } from "./batch/make-batch.ts";
export { batchToRows, rowReader, type RowReader, rowsToBatch } from "./batch/rows.ts";
export { sliceRows } from "./batch/slice-rows.ts";
export { takeRows } from "./batch/take-rows.ts";
export { withColumns } from "./batch/with-columns.ts";
export { isValidAt, packBits, packValidity, validityOf } from "./column/bitmap.ts";
export { columnBuilder, type ColumnBuilder } from "./column/column-builder.ts";
export { concatColumns, constantColumn } from "./column/concat-columns.ts";
export { readDecimalWords, writeDecimalWords } from "./column/decimal-words.ts";
export { isSameValue } from "./column/is-same-value.ts";
export { mapToBytes, mapToFloats, mapToInts } from "./column/map-numbers.ts";
export { newColumn } from "./column/new-column.ts";
export {
  booleanColumn,
  float64Column,
  int32Column,
  int64Column,
  timestampColumn,
  utf8Column,
} from "./column/primitive-columns.ts";
export { readInt64 } from "./column/read-int64.ts";
export { decodeDictionary, takeColumn } from "./column/take-column.ts";
export { readText, type ValueReader, valueReader } from "./column/value-reader.ts";
export { GroupTable, type GroupTableOptions } from "./group/group-table.ts";
export { hashColumns } from "./hash/hash-columns.ts";
export { kafkaPartitionOf } from "./hash/murmur2.ts";
export { decodeIpc } from "./ipc/decode-ipc.ts";
export { encodeIpc } from "./ipc/encode-ipc.ts";
export { partitionRows } from "./shuffle/partition-rows.ts";
export {
  compileExpression,
  compilePredicate,
  type Predicate,
} from "./expression/compile-expression.ts";
export {
  type ColumnFunction,
  type Evaluator,
  interpretExpression,
  rowFunction,
  type RowFunction,
} from "./expression/interpret-expression.ts";

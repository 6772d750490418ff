import type { ByteWriter } from "../value/byte-writer.ts";
import type { ColumnSource } from "../value/column-source.ts";
import { decimalBytes } from "../value/decimal-bytes.ts";
import {
  writesBoolean,
  writesConstant,
  writesDecimal,
  writesDouble,
  writesFixedDecimal,
  writesFloat,
  writesInteger,
  writesList,
  writesMap,
  writesMicros,
  writesRecord,
  writesSymbol,
  writesText,
  writesWide,
  type WriteStep,
} from "./write-plan.ts";

const two32 = 4_294_967_296;
/** Room for any value of fixed size, and for what stands before one that has none. */
const roomMax = 32;

/** Writes a row of columns as Avro data, by the steps of a plan. */
export function writeRow(writer: ByteWriter, steps: readonly WriteStep[], row: number): void {
  for (let i = 0; i < steps.length; i++) writeValue(writer, steps[i]!, row);
}

function writeValue(writer: ByteWriter, step: WriteStep, row: number): void {
  const { source } = step;
  writer.reserve(roomMax);
  if (source === undefined) return writer.writeRange(step.constant, 0, step.constant.length);
  if (step.nullBranch >= 0 && source.isNull(row)) return writer.writeCount(step.nullBranch);
  if (step.branch >= 0) writer.writeCount(step.branch);
  switch (step.does) {
    case writesInteger:
      // Also of 32 bits without a sign.
      return writer.writeZigzag(source.numbers[row]!, Math.floor(source.numbers[row]! / two32));
    case writesWide:
      return writer.writeZigzag(source.halves[row * 2]!, source.halves[row * 2 + 1]!);
    case writesMicros: {
      const ms = source.halves[row * 2 + 1]! * two32 + (source.halves[row * 2]! >>> 0);
      // The product may be beyond 2^53, but each half of it is exact.
      const high = Math.floor(ms / two32) * 1000;
      const low = (ms - Math.floor(ms / two32) * two32) * 1000;
      return writer.writeZigzag(low, high + Math.floor(low / two32));
    }
    case writesFloat:
      return writer.writeFloat32(source.numbers[row]!);
    case writesDouble:
      return writer.writeFloat64(source.numbers[row]!);
    case writesBoolean:
      return writer.writeVarint(source.booleanAt(row), 0);
    case writesText: {
      const from = source.offsets[row]!;
      const to = source.offsets[row + 1]!;
      writer.writeCount(to - from);
      return writer.writeRange(source.bytes, from, to);
    }
    case writesSymbol:
      return writer.writeCount(symbolIndex(step, source, row));
    case writesDecimal:
    case writesFixedDecimal: {
      const bytes = decimalBytes(source.words, row, step.size);
      if (step.does === writesDecimal) writer.writeCount(bytes.length);
      return writer.writeRange(bytes, 0, bytes.length);
    }
    case writesRecord:
      return writeRow(writer, step.steps, row);
    case writesList:
    case writesMap:
      return writeItems(writer, step, source, row);
    case writesConstant:
  }
}

function symbolIndex({ symbols }: WriteStep, source: ColumnSource, row: number): number {
  const from = source.offsets[row]!;
  const size = source.offsets[row + 1]! - from;
  for (let index = 0; index < symbols.length; index++) {
    const symbol = symbols[index]!;
    if (symbol.length !== size) continue;
    let i = 0;
    while (i < size && symbol[i] === source.bytes[from + i]) i++;
    if (i === size) return index;
  }
  return -1;
}

function writeItems(writer: ByteWriter, step: WriteStep, source: ColumnSource, row: number): void {
  const from = source.offsets[row]!;
  const to = source.offsets[row + 1]!;
  const keys = step.does === writesMap ? source.children[0] : undefined;
  const itemStep = step.steps[0]!;
  if (to > from) writer.writeCount(to - from);
  for (let item = from; item < to; item++) {
    if (keys !== undefined) {
      const start = keys.offsets[item]!;
      const end = keys.offsets[item + 1]!;
      writer.reserve(roomMax);
      writer.writeCount(end - start);
      writer.writeRange(keys.bytes, start, end);
    }
    writeValue(writer, itemStep, item);
  }
  writer.reserve(roomMax);
  writer.writeCount(0);
}

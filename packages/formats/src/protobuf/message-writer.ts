import { readDecimalWords } from "@millrace/columnar";
import { Decimal } from "@millrace/core";
import type { ByteWriter } from "../value/byte-writer.ts";
import type { ColumnSource } from "../value/column-source.ts";
import { keepsDecimals } from "../value/value-column.ts";
import {
  type FieldPlan,
  isBool,
  isDouble,
  isDuration,
  isEnum,
  isFixed32,
  isFixed64,
  isFloat,
  isInt32,
  isMessage,
  isPlainText,
  isSfixed32,
  isSfixed64,
  isSint32,
  isSint64,
  isTimestamp,
  isUint32,
  type MessagePlan,
  standsInList,
  standsOnce,
  wireSized,
} from "./field-plan.ts";

const two32 = 4_294_967_296;
const safeHigh = 0x1f_ffff;
/** Room for a tag, a length and any value of fixed size. */
const roomMax = 48;

/** Writes a row of columns as a message, without its length. Nulls and empty lists are left out. */
export function writeMessage(
  writer: ByteWriter,
  { fields }: MessagePlan,
  sources: readonly ColumnSource[],
  row: number,
): void {
  for (let i = 0; i < fields.length; i++) {
    const plan = fields[i]!;
    const source = sources[i]!;
    if (source.isNull(row)) continue;
    if (plan.stands === standsOnce) {
      if (plan.hasPresence || !isZero(plan, source, row)) writeOnce(writer, plan, source, row);
    } else writeItems(writer, plan, source, source.offsets[row]!, source.offsets[row + 1]!);
  }
}

function writeOnce(writer: ByteWriter, plan: FieldPlan, source: ColumnSource, row: number): void {
  writeTag(writer, plan.number, plan.wire);
  writeValue(writer, plan, source, row);
}

function writeTag(writer: ByteWriter, number: number, wire: number): void {
  writer.reserve(roomMax);
  writer.writeVarint((number << 3) | wire, 0);
}

function writeItems(
  writer: ByteWriter,
  plan: FieldPlan,
  source: ColumnSource,
  from: number,
  to: number,
): void {
  if (plan.stands === standsInList) {
    const items = source.children[0]!;
    if (!plan.isPacked) {
      for (let item = from; item < to; item++) writeOnce(writer, plan, items, item);
      return;
    }
    if (to === from) return;
    writeTag(writer, plan.number, wireSized);
    const start = writer.startSized();
    for (let item = from; item < to; item++) writeValue(writer, plan, items, item);
    return writer.endSized(start);
  }
  const [keys, values] = source.children as readonly [ColumnSource, ColumnSource];
  for (let item = from; item < to; item++) {
    writeTag(writer, plan.number, wireSized);
    const start = writer.startSized();
    writeTag(writer, 1, wireSized);
    writeBytes(writer, keys, item);
    writeOnce(writer, plan.entry!, values, item);
    writer.endSized(start);
  }
}

/** Whether the value is the one that an absent field stands for. */
function isZero({ form, symbols }: FieldPlan, source: ColumnSource, row: number): boolean {
  switch (form) {
    case isBool:
      return source.booleanAt(row) === 0;
    case isInt32:
    case isSint32:
    case isUint32:
    case isFixed32:
    case isSfixed32:
    case isFloat:
    case isDouble:
      return Object.is(source.numbers[row], 0);
    case isEnum:
      return enumNumber(symbols, source, row) === 0;
    default:
      if (source.halves.length > 0) {
        return (source.halves[row * 2]! | source.halves[row * 2 + 1]!) === 0;
      }
      return source.offsets[row] === source.offsets[row + 1];
  }
}

function writeValue(writer: ByteWriter, plan: FieldPlan, source: ColumnSource, row: number): void {
  writer.reserve(roomMax);
  switch (plan.form) {
    case isBool:
      return writer.writeVarint(source.booleanAt(row), 0);
    case isEnum: {
      const number = enumNumber(plan.symbols, source, row);
      return writer.writeVarint(number, number >> 31);
    }
    case isInt32:
      return writer.writeVarint(source.numbers[row]!, source.numbers[row]! >> 31);
    case isUint32:
      return writer.writeVarint(source.numbers[row]!, 0);
    case isSint32:
      return writer.writeVarint((source.numbers[row]! << 1) ^ (source.numbers[row]! >> 31), 0);
    case isFixed32:
    case isSfixed32:
      return writer.writeInt32(source.numbers[row]!);
    case isFloat:
      return writer.writeFloat32(source.numbers[row]!);
    case isDouble:
      return writer.writeFloat64(source.numbers[row]!);
    case isSint64:
      return writer.writeZigzag(source.halves[row * 2]!, source.halves[row * 2 + 1]!);
    case isFixed64:
    case isSfixed64:
      writer.writeInt32(source.halves[row * 2]!);
      return writer.writeInt32(source.halves[row * 2 + 1]!);
    case isMessage: {
      const start = writer.startSized();
      writeMessage(writer, plan.message, source.children, row);
      return writer.endSized(start);
    }
    case isTimestamp:
    case isDuration:
      return writeTime(writer, plan.form, source, row);
    case isPlainText:
      if (source.keeping === keepsDecimals) return writeDecimal(writer, source, row);
  }
  if (plan.wire === wireSized) return writeBytes(writer, source, row);
  writer.writeVarint(source.halves[row * 2]!, source.halves[row * 2 + 1]!);
}

function writeBytes(writer: ByteWriter, { offsets, bytes }: ColumnSource, row: number): void {
  const from = offsets[row]!;
  const to = offsets[row + 1]!;
  writer.writeVarint(to - from, 0);
  writer.writeRange(bytes, from, to);
}

function writeDecimal(writer: ByteWriter, { words, field }: ColumnSource, row: number): void {
  const scale = field.type.kind === "decimal" ? field.type.scale : 0;
  const start = writer.startSized();
  writer.writeText(new Decimal(readDecimalWords(words, row * 4), scale).toString());
  writer.endSized(start);
}

function enumNumber(
  symbols: ReadonlyMap<number, Uint8Array>,
  { offsets, bytes }: ColumnSource,
  row: number,
): number {
  const from = offsets[row]!;
  const size = offsets[row + 1]! - from;
  for (const [number, symbol] of symbols) {
    if (symbol.length !== size) continue;
    let i = 0;
    while (i < size && symbol[i] === bytes[from + i]) i++;
    if (i === size) return number;
  }
  return 0;
}

function writeTime(writer: ByteWriter, form: number, source: ColumnSource, row: number): void {
  const { type } = source.field;
  const item = type.kind === "timestamp" ? type.unit : "ms";
  const perSecond = item === "ms" ? 1e3 : item === "us" ? 1e6 : 1e9;
  const low = source.halves[row * 2]! >>> 0;
  const high = source.halves[row * 2 + 1]!;
  let seconds: number;
  let beyond: number;
  if (high >= -safeHigh && high <= safeHigh) {
    const value = high * two32 + low;
    seconds = form === isDuration ? Math.trunc(value / perSecond) : Math.floor(value / perSecond);
    beyond = value - seconds * perSecond;
  } else {
    const value = (BigInt(high) << 32n) | BigInt(low);
    const rest = value % BigInt(perSecond);
    seconds = Number((value - rest) / BigInt(perSecond));
    beyond = Number(rest);
    if (beyond < 0 && form === isTimestamp) {
      seconds -= 1;
      beyond += perSecond;
    }
  }
  const nanos = beyond * (1e9 / perSecond);
  const start = writer.startSized();
  if (seconds !== 0) {
    writer.writeVarint(8, 0);
    writer.writeVarint(seconds, Math.floor(seconds / two32));
  }
  if (nanos !== 0) {
    writer.writeVarint(16, 0);
    writer.writeVarint(nanos, nanos >> 31);
  }
  writer.endSized(start);
}

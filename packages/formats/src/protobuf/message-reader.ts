import { BinaryInput } from "../value/binary-input.ts";
import { setSecondsTime } from "../value/exact-values.ts";
import {
  FieldProblem,
  malformed,
  missingField,
  nullField,
  wrongType,
} from "../value/field-problem.ts";
import { fromJson } from "../value/from-json.ts";
import { forgetReads, type ValueColumn } from "../value/value-column.ts";
import {
  type FieldPlan,
  isBool,
  isBytes,
  isDouble,
  isDuration,
  isEnum,
  isFixed32,
  isFixed64,
  isFloat,
  isInt32,
  isMessage,
  isPlainText,
  isSint32,
  isSint64,
  isTimestamp,
  isUint32,
  isUint64,
  type MessagePlan,
  standsInMap,
  standsOnce,
  wireFixed32,
  wireSized,
  wireVarint,
} from "./field-plan.ts";
import { skipField } from "./skip-field.ts";

/** Whole numbers up to here cost no allocation. */
const smallMax = 0x3fff_ffff;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// M1. A read gives the index after what it read, or −1 after `fail` has said why.
// M2. Of a field that may stand once, the last value counts; a message is merged into the one
//     before. Items may stand anywhere in their message.

/** Reads Protobuf messages into columns. */
export class MessageReader {
  readonly input: BinaryInput = new BinaryInput();
  /** Why the last read gave −1, of which member, and where. */
  problem: FieldProblem | undefined;
  problemPath = "";
  problemAt = 0;
  readonly #columns: readonly ValueColumn[];
  readonly #readsMax: number;
  #reads = 0;

  /** `readsMax` is how many messages are told apart before the count begins anew. */
  constructor(columns: readonly ValueColumn[], readsMax: number = smallMax) {
    this.#readsMax = readsMax;
    this.#columns = columns;
  }

  /** Reads the record in [from, to) into the row, by a plan; false when it does not fit. */
  read(plan: MessagePlan, row: number, from: number, to: number): boolean {
    this.input.end = to;
    this.problem = undefined;
    // Never within a record, whose outer messages still need their numbers.
    if (this.#reads > this.#readsMax) {
      this.#reads = 0;
      forgetReads(this.#columns);
    }
    const readId = ++this.#reads;
    const end = this.#readMessage(plan, this.#columns, row, from, readId);
    return end >= 0 && this.#fillAbsent(plan, this.#columns, row, readId, from) >= 0;
  }

  #fail(path: string, at: number, problem: FieldProblem): -1 {
    this.problem = problem;
    this.problemPath = path;
    this.problemAt = at;
    return -1;
  }

  #malformed(path: string, at: number, problem: string): -1 {
    return this.#fail(path, at, malformed("Protobuf", problem));
  }

  #cut(plan: FieldPlan, at: number): -1 {
    return this.#malformed(plan.path, at, "the record ends within a value");
  }

  #unfit({ path, field }: FieldPlan, at: number, value: unknown): -1 {
    const { type } = field;
    const item = type.kind === "list" ? type.item : type.kind === "map" ? type.value : type;
    return this.#fail(path, at, wrongType(path, item, value));
  }

  /** Reads fields up to `input.end` into a row of the columns. */
  #readMessage(
    message: MessagePlan,
    columns: readonly ValueColumn[],
    row: number,
    from: number,
    readId: number,
  ): number {
    const { input } = this;
    let at = from;
    while (at < input.end) {
      const start = at;
      at = input.varint(at);
      if (at < 0 || input.high !== 0) return this.#malformed("", start, "a field without a number");
      const wire = input.low & 7;
      const number = input.low >>> 3;
      if (number === 0) return this.#malformed("", start, "a field of number 0");
      const place = message.placeOf(number);
      if (place === undefined) {
        at = skipField(input, number, wire, at, 0);
        if (at < 0) return this.#malformed("", start, `the field ${number} has no end`);
      } else {
        at = this.#readField(message.fields[place]!, columns[place]!, row, at, wire, readId);
        if (at < 0) return -1;
      }
    }
    return at;
  }

  #readField(
    plan: FieldPlan,
    column: ValueColumn,
    row: number,
    at: number,
    wire: number,
    readId: number,
  ): number {
    if (plan.stands === standsOnce) {
      if (wire !== plan.wire) return this.#unexpected(plan, at, wire);
      column.isValid[row] = 1;
      const isMerged = column.writtenIn === readId;
      column.writtenIn = readId;
      if (plan.form === isMessage) return this.#readNested(plan, column, row, at, isMerged);
      return this.#readValue(plan, column, row, at);
    }
    if (column.writtenIn !== readId) {
      column.writtenIn = readId;
      column.isValid[row] = 1;
      column.offsets[row + 1] = column.offsets[row]!;
    }
    if (plan.stands === standsInMap) {
      if (wire !== wireSized) return this.#unexpected(plan, at, wire);
      return this.#readEntry(plan, column, row, at);
    }
    if (wire === plan.wire) return this.#readItem(plan, column, row, at);
    if (wire !== wireSized || plan.wire === wireSized) return this.#unexpected(plan, at, wire);
    return this.#readPacked(plan, column, row, at);
  }

  #unexpected(plan: FieldPlan, at: number, wire: number): -1 {
    return this.#malformed(plan.path, at, `wire type ${wire} instead of ${plan.wire}`);
  }

  #readItem(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const items = column.children[0]!;
    const item = column.offsets[row + 1]!;
    if (item >= items.capacity) items.reserveRows(item + 1);
    items.isValid[item] = 1;
    column.offsets[row + 1] = item + 1;
    if (plan.form === isMessage) return this.#readNested(plan, items, item, at, false);
    return this.#readValue(plan, items, item, at);
  }

  #readPacked(plan: FieldPlan, column: ValueColumn, row: number, from: number): number {
    const { input } = this;
    let at = input.varint(from);
    const size = at < 0 ? -1 : input.size(at);
    if (size < 0) return this.#cut(plan, from);
    const { end } = input;
    input.end = at + size;
    while (at >= 0 && at < input.end) at = this.#readItem(plan, column, row, at);
    input.end = end;
    return at;
  }

  #readEntry(plan: FieldPlan, column: ValueColumn, row: number, from: number): number {
    const { input } = this;
    const [keys, values] = column.children as readonly [ValueColumn, ValueColumn];
    const item = column.offsets[row + 1]!;
    if (item >= keys.capacity) keys.reserveRows(item + 1);
    if (item >= values.capacity) values.reserveRows(item + 1);
    column.offsets[row + 1] = item + 1;
    let at = input.varint(from);
    const size = at < 0 ? -1 : input.size(at);
    if (size < 0) return this.#cut(plan, from);
    const { end } = input;
    input.end = at + size;
    keys.setZero(item);
    const readId = ++this.#reads;
    while (at >= 0 && at < input.end)
      at = this.#readEntryField(plan, keys, values, item, at, readId);
    if (at >= 0 && values.writtenIn !== readId) {
      at = this.#absentEntryValue(plan.entry!, values, item, at);
    }
    input.end = end;
    return at;
  }

  #readEntryField(
    plan: FieldPlan,
    keys: ValueColumn,
    values: ValueColumn,
    item: number,
    from: number,
    readId: number,
  ): number {
    const { input } = this;
    const at = input.varint(from);
    if (at < 0) return this.#cut(plan, from);
    const tag = input.high === 0 ? input.low : -1;
    if (tag === ((1 << 3) | wireSized)) return this.#readText(plan, keys, item, at);
    if (tag === ((2 << 3) | plan.wire)) {
      return this.#readField(plan.entry!, values, item, at, plan.wire, readId);
    }
    const end = tag < 8 ? -1 : skipField(input, tag >>> 3, tag & 7, at, 0);
    return end < 0 ? this.#malformed(plan.path, from, "a map's entry has no end") : end;
  }

  #readNested(
    plan: FieldPlan,
    column: ValueColumn,
    row: number,
    from: number,
    isMerged: boolean,
  ): number {
    const { input } = this;
    const start = input.varint(from);
    const size = start < 0 ? -1 : input.size(start);
    if (size < 0) return this.#cut(plan, from);
    const { end } = input;
    input.end = start + size;
    const readId = isMerged ? column.place : ++this.#reads;
    column.place = readId;
    const { message } = plan;
    let at = this.#readMessage(message, column.children, row, start, readId);
    if (at >= 0) at = this.#fillAbsent(message, column.children, row, readId, at);
    input.end = end;
    return at;
  }

  /** Writes what the message did not have. */
  #fillAbsent(
    { fields }: MessagePlan,
    columns: readonly ValueColumn[],
    row: number,
    readId: number,
    at: number,
  ): number {
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      if (column.writtenIn === readId) continue;
      if (column.isNullable) column.setNull(row);
      else if (this.#absentValue(fields[i]!, column, row, at) < 0) return -1;
    }
    return at;
  }

  #absentValue(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const zero = plan.symbols.get(0);
    if (plan.stands === standsOnce) {
      if (plan.hasPresence || (plan.form === isEnum && zero === undefined)) {
        return this.#fail(plan.path, at, missingField(plan.path));
      }
    }
    column.setZero(row);
    if (zero !== undefined && plan.stands === standsOnce) writeSymbol(column, row, zero);
    return at;
  }

  /** Of an entry, a message that is absent is one without fields. */
  #absentEntryValue(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    if (plan.form === isMessage) {
      column.isValid[row] = 1;
      return this.#fillAbsent(plan.message, column.children, row, ++this.#reads, at);
    }
    if (plan.form !== isTimestamp && plan.form !== isDuration) {
      return this.#absentValue(plan, column, row, at);
    }
    column.setZero(row);
    return at;
  }

  #readValue(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    switch (plan.wire) {
      case wireVarint:
        return this.#readVarint(plan, column, row, at);
      case wireSized:
        return this.#readSized(plan, column, row, at);
      case wireFixed32:
        return this.#readFixed32(plan, column, row, at);
      default:
        return this.#readFixed64(plan, column, row, at);
    }
  }

  #readVarint(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const end = input.varint(at);
    if (end < 0) return this.#cut(plan, at);
    switch (plan.form) {
      case isBool:
        column.booleans[row] = (input.low | input.high) === 0 ? 0 : 1;
        return end;
      case isEnum: {
        const symbol = plan.symbols.get(input.low);
        if (symbol === undefined) return this.#unfit(plan, at, String(input.low));
        writeSymbol(column, row, symbol);
        return end;
      }
      case isUint32:
        return this.#setWhole(plan, column, row, [at, end], input.low >>> 0);
      case isInt32:
        return this.#setWhole(plan, column, row, [at, end], input.low);
      case isSint32:
        input.unzigzag();
        return this.#setWhole(plan, column, row, [at, end], input.low);
      case isSint64:
        input.unzigzag();
    }
    return this.#setWide(plan, column, row, [at, end], input.low, input.high);
  }

  #setWhole(
    plan: FieldPlan,
    column: ValueColumn,
    row: number,
    [at, end]: readonly [number, number],
    value: number,
  ): number {
    if (value < column.low || value > column.high) return this.#unfit(plan, at, String(value));
    column.numbers[row] = value;
    return end;
  }

  #setWide(
    plan: FieldPlan,
    column: ValueColumn,
    row: number,
    [at, end]: readonly [number, number],
    low: number,
    high: number,
  ): number {
    const isUnsigned = plan.form === isUint64 || plan.form === isFixed64;
    if (isUnsigned && column.isBigint) {
      column.halves[row * 2] = low;
      column.halves[row * 2 + 1] = high;
      return end;
    }
    if (column.setHalves(row, low, high)) return end;
    const whole = (BigInt(high) << 32n) | BigInt(low >>> 0);
    return this.#unfit(plan, at, String(isUnsigned ? BigInt.asUintN(64, whole) : whole));
  }

  #readFixed32(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const end = at + 4;
    if (end > input.end) return this.#cut(plan, at);
    switch (plan.form) {
      case isFloat:
        column.numbers[row] = input.view.getFloat32(at, true);
        return end;
      case isFixed32:
        return this.#setWhole(plan, column, row, [at, end], input.view.getUint32(at, true));
      default:
        return this.#setWhole(plan, column, row, [at, end], input.view.getInt32(at, true));
    }
  }

  #readFixed64(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const { view, end: inputEnd } = this.input;
    const end = at + 8;
    if (end > inputEnd) return this.#cut(plan, at);
    if (plan.form === isDouble) {
      column.numbers[row] = view.getFloat64(at, true);
      return end;
    }
    const low = view.getInt32(at, true);
    return this.#setWide(plan, column, row, [at, end], low, view.getInt32(at + 4, true));
  }

  #readSized(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const start = input.varint(at);
    const size = start < 0 ? -1 : input.size(start);
    if (size < 0) return this.#cut(plan, at);
    switch (plan.form) {
      case isBytes:
        return input.copy(column, row, start, size);
      case isTimestamp:
      case isDuration:
        return this.#readTime(plan, column, row, start, size);
      case isPlainText:
        return this.#readPlain(plan, column, row, start, size);
      default: {
        const end = input.text(column, row, start, size);
        return end < 0 ? this.#malformed(plan.path, at, "a string that is not UTF-8") : end;
      }
    }
  }

  /** Reads the text of a map's key. */
  #readText(plan: FieldPlan, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const start = input.varint(at);
    const size = start < 0 ? -1 : input.size(start);
    if (size < 0) return this.#cut(plan, at);
    const end = input.text(column, row, start, size);
    return end < 0 ? this.#malformed(plan.path, at, "a key that is not UTF-8") : end;
  }

  /** Reads the seconds and nanoseconds of a time. */
  #readTime(plan: FieldPlan, column: ValueColumn, row: number, from: number, size: number): number {
    const { input } = this;
    const { end } = input;
    input.end = from + size;
    let seconds = 0;
    let nanos = 0;
    for (let at = from; at < input.end;) {
      const start = at;
      at = input.varint(at);
      const tag = at < 0 || input.high !== 0 ? -1 : input.low;
      if (tag === 8 || tag === 16) {
        at = input.varint(at);
        if (tag === 8) seconds = input.number;
        else nanos = input.low;
      } else if (tag >= 8) at = skipField(input, tag >>> 3, tag & 7, at, 0);
      if (at < 0 || tag < 8) return this.#cut(plan, start);
    }
    input.end = end;
    const isFit =
      plan.form === isTimestamp
        ? nanos >= 0 && nanos < 1e9
        : Math.abs(nanos) < 1e9 && seconds * nanos >= 0;
    if (isFit && setSecondsTime(column, row, seconds, nanos)) return from + size;
    return this.#unfit(plan, from, `${seconds} s ${nanos} ns`);
  }

  /** Reads a decimal or JSON, which are written as text. */
  #readPlain(plan: FieldPlan, column: ValueColumn, row: number, at: number, size: number): number {
    const { type } = column.field;
    try {
      const text = decoder.decode(this.input.bytes.subarray(at, at + size));
      const value = type.kind === "json" ? (JSON.parse(text) as unknown) : text;
      if (value === null && !column.isNullable)
        return this.#fail(plan.path, at, nullField(plan.path));
      const plain = fromJson(type, value, plan.path);
      if (plain instanceof FieldProblem) return this.#fail(plan.path, at, plain);
      column.set(row, plain);
      return at + size;
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      return this.#fail(plan.path, at, malformed("JSON", problem));
    }
  }
}

function writeSymbol(column: ValueColumn, row: number, symbol: Uint8Array): void {
  const start = column.offsets[row]!;
  if (start + symbol.length > column.text.length) column.reserveText(row, symbol.length);
  const { text } = column;
  for (let i = 0; i < symbol.length; i++) text[start + i] = symbol[i]!;
  column.offsets[row + 1] = start + symbol.length;
}

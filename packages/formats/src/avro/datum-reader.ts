import { BinaryInput } from "../value/binary-input.ts";
import { setDecimal, setScaledTime } from "../value/exact-values.ts";
import { type FieldProblem, malformed, nullField, wrongType } from "../value/field-problem.ts";
import { keepsDates, type ValueColumn } from "../value/value-column.ts";
import type { AvroType } from "./avro-type.ts";
import {
  readsBoolean,
  readsBytes,
  readsChoice,
  readsDecimal,
  readsDefault,
  readsDouble,
  readsFixed,
  readsFixedDecimal,
  readsFloat,
  readsInteger,
  readsJson,
  readsList,
  readsMap,
  readsNull,
  readsRecord,
  readsScaled,
  readsSymbol,
  readsText,
  readsUnion,
  readsWholeNumber,
  readsWide,
  type ReadStep,
  refuses,
  skips,
} from "./read-plan.ts";
import { skipDatum } from "./skip-datum.ts";

/** Items of a record beyond its bytes: items can be empty. */
const emptyItemsMax = 65_536;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// D1. A read gives the index after what it read, or −1 after `fail` has said why.
// D2. A value is checked against the bytes that are left before any of it is written.

/** Reads Avro data into columns, by the steps of a plan. */
export class DatumReader {
  readonly input: BinaryInput = new BinaryInput();
  /** Why the last read gave −1, of which member, and where. */
  problem: FieldProblem | undefined;
  problemPath = "";
  problemAt = 0;
  #itemsLeft = 0;

  /** Reads the record in [from, to) into the row; false when it does not fit. */
  read(steps: readonly ReadStep[], row: number, from: number, to: number): boolean {
    this.input.end = to;
    this.problem = undefined;
    this.#itemsLeft = to - from + emptyItemsMax;
    const end = this.#readSteps(steps, row, from);
    if (end < 0) return false;
    if (end === to) return true;
    this.#fail("", end, malformed("Avro", `${to - end} bytes follow the record`));
    return false;
  }

  #fail(path: string, at: number, problem: FieldProblem): -1 {
    this.problem = problem;
    this.problemPath = path;
    this.problemAt = at;
    return -1;
  }

  #cut(step: ReadStep, at: number): -1 {
    return this.#fail(step.path, at, malformed("Avro", "the record ends within a value"));
  }

  #unfit(step: ReadStep, at: number, value: unknown): -1 {
    const { type } = step.column!.field;
    return this.#fail(step.path, at, wrongType(step.path, type, value));
  }

  #readSteps(steps: readonly ReadStep[], row: number, from: number): number {
    let at = from;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const { column } = step;
      if (column === undefined) at = this.#skip(step, at);
      else at = this.#readValue(step, column, row, at);
      if (at < 0) return -1;
    }
    return at;
  }

  #skip(step: ReadStep, at: number): number {
    const end = skipDatum(this.input, step.type, at, 0);
    return end < 0 ? this.#cut(step, at) : end;
  }

  #readValue(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    column.isValid[row] = 1;
    switch (step.does) {
      case readsInteger:
      case readsWholeNumber:
      case readsWide:
      case readsScaled:
        return this.#readWhole(step, column, row, at);
      case readsFloat:
        if (at + 4 > input.end) return this.#cut(step, at);
        column.numbers[row] = input.view.getFloat32(at, true);
        return at + 4;
      case readsDouble:
        if (at + 8 > input.end) return this.#cut(step, at);
        column.numbers[row] = input.view.getFloat64(at, true);
        return at + 8;
      case readsBoolean: {
        if (at >= input.end) return this.#cut(step, at);
        const byte = input.bytes[at]!;
        if (byte > 1) return this.#fail(step.path, at, malformed("Avro", `a boolean of ${byte}`));
        column.booleans[row] = byte;
        return at + 1;
      }
      case readsText:
      case readsBytes:
      case readsChoice:
      case readsJson:
      case readsDecimal:
        return this.#readSized(step, column, row, at);
      case readsFixed:
      case readsFixedDecimal:
        if (at + step.size > input.end) return this.#cut(step, at);
        if (step.does === readsFixed) return input.copy(column, row, at, step.size);
        return this.#readDecimal(step, column, row, at, step.size);
      case readsSymbol:
        return this.#readSymbol(step, column, row, at);
      case readsUnion:
        return this.#readUnion(step, column, row, at);
      case readsRecord:
        return this.#readSteps(step.steps, row, at);
      case readsList:
      case readsMap:
        return this.#readItems(step, column, row, at);
      default:
        return this.#readRare(step, column, row, at);
    }
  }

  #readRare(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    switch (step.does) {
      case readsNull:
        column.setNull(row);
        return at;
      case readsDefault:
        return this.#readDefault(step, column, row, at);
      case refuses:
        if (step.type.kind === "null") return this.#fail(step.path, at, nullField(step.path));
        return this.#unfit(step, at, step.type.kind);
      case skips:
        return this.#skip(step, at);
      default:
        return -1;
    }
  }

  #readWhole(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const end = input.varint(at);
    if (end < 0) return this.#cut(step, at);
    input.unzigzag();
    if (step.type.kind === "int" && input.high !== input.low >> 31) {
      return this.#fail(step.path, at, malformed("Avro", "an int of more than 32 bits"));
    }
    switch (step.does) {
      case readsWide:
        if (column.setHalves(row, input.low, input.high)) return end;
        break;
      case readsWholeNumber:
        column.numbers[row] = input.number;
        return end;
      case readsInteger: {
        const { number } = input;
        const isFit =
          column.keeping === keepsDates
            ? input.high === input.low >> 31
            : number >= column.low && number <= column.high;
        if (!isFit) break;
        column.numbers[row] = number;
        return end;
      }
      case readsScaled:
        if (setScaledTime(column, row, input, step.size)) return end;
    }
    const whole = (BigInt(input.high) << 32n) | BigInt(input.low >>> 0);
    return this.#unfit(step, at, String(whole));
  }

  #readSized(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const start = input.varint(at);
    if (start < 0) return this.#cut(step, at);
    input.unzigzag();
    const size = input.size(start);
    if (size < 0) return this.#cut(step, at);
    switch (step.does) {
      case readsBytes:
        return input.copy(column, row, start, size);
      case readsDecimal:
        return this.#readDecimal(step, column, row, start, size);
      case readsJson:
        return this.#readJson(step, column, row, start, size);
    }
    const end = input.text(column, row, start, size);
    if (end < 0) return this.#fail(step.path, at, malformed("Avro", "a text that is not UTF-8"));
    if (step.does === readsChoice && !isAnyOf(step.symbols, input.bytes, start, end)) {
      return this.#unfit(step, at, decoder.decode(input.bytes.subarray(start, end)));
    }
    return end;
  }

  #readDecimal(step: ReadStep, column: ValueColumn, row: number, at: number, size: number): number {
    const { bytes } = this.input;
    if (setDecimal(column, row, bytes, [at, size], step.scale)) return at + size;
    const hex = Buffer.from(bytes.subarray(at, at + size)).toString("hex");
    return this.#unfit(step, at, `0x${hex} of scale ${step.scale}`);
  }

  #readJson(step: ReadStep, column: ValueColumn, row: number, at: number, size: number): number {
    try {
      const text = decoder.decode(this.input.bytes.subarray(at, at + size));
      const value = JSON.parse(text) as unknown;
      if (value === null && !column.isNullable) {
        return this.#fail(step.path, at, nullField(step.path));
      }
      column.set(row, value);
      return at + size;
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      return this.#fail(step.path, at, malformed("JSON", problem));
    }
  }

  #readSymbol(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const end = input.varint(at);
    if (end < 0) return this.#cut(step, at);
    input.unzigzag();
    const index = input.high === 0 ? input.low : -1;
    const symbol = step.symbols[index];
    if (symbol === undefined) {
      const { symbols } = step.type as AvroType & { kind: "enum" };
      const name = symbols[index];
      if (name !== undefined) return this.#unfit(step, at, name);
      return this.#fail(step.path, at, malformed("Avro", "an enum without such a symbol"));
    }
    const start = column.offsets[row]!;
    if (start + symbol.length > column.text.length) column.reserveText(row, symbol.length);
    const { text } = column;
    for (let i = 0; i < symbol.length; i++) text[start + i] = symbol[i]!;
    column.offsets[row + 1] = start + symbol.length;
    return end;
  }

  #readUnion(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const start = input.varint(at);
    if (start < 0) return this.#cut(step, at);
    input.unzigzag();
    const branch = input.high === 0 ? step.steps[input.low] : undefined;
    if (branch === undefined) {
      return this.#fail(step.path, at, malformed("Avro", "a union without such a branch"));
    }
    return this.#readValue(branch, column, row, start);
  }

  #readItems(step: ReadStep, column: ValueColumn, row: number, from: number): number {
    const { input } = this;
    const { children } = column;
    const items = children[children.length - 1]!;
    const keys = step.does === readsMap ? children[0]! : undefined;
    const itemStep = step.steps[0]!;
    let item = column.offsets[row]!;
    let at = from;
    for (;;) {
      const start = at;
      at = input.varint(at);
      if (at < 0) return this.#cut(step, start);
      input.unzigzag();
      let count = input.number;
      if (count === 0) break;
      if (count < 0) {
        count = -count;
        at = input.varint(at);
        if (at < 0) return this.#cut(step, start);
      }
      this.#itemsLeft -= count;
      if (this.#itemsLeft < 0) return this.#cut(step, start);
      for (const end = item + count; item < end; item++) {
        if (item >= items.capacity) items.reserveRows(item + 1);
        if (keys !== undefined) at = this.#readKey(step, keys, item, at);
        if (at >= 0) at = this.#readValue(itemStep, items, item, at);
        if (at < 0) return -1;
      }
    }
    column.offsets[row + 1] = item;
    return at;
  }

  #readKey(step: ReadStep, keys: ValueColumn, item: number, at: number): number {
    const { input } = this;
    if (item >= keys.capacity) keys.reserveRows(item + 1);
    keys.isValid[item] = 1;
    const start = input.varint(at);
    if (start < 0) return this.#cut(step, at);
    input.unzigzag();
    const size = input.size(start);
    if (size < 0) return this.#cut(step, at);
    const end = input.text(keys, item, start, size);
    return end < 0 ? this.#fail(step.path, at, malformed("Avro", "a key that is not UTF-8")) : end;
  }

  /** Reads the value of a default, from its own bytes. */
  #readDefault(step: ReadStep, column: ValueColumn, row: number, at: number): number {
    const { input } = this;
    const { bytes, view, end } = input;
    input.open(step.constant);
    input.end = step.constant.length;
    const found = this.#readValue(step.steps[0]!, column, row, 0);
    [input.bytes, input.view, input.end] = [bytes, view, end];
    return found < 0 ? -1 : at;
  }
}

function isAnyOf(
  texts: readonly (Uint8Array | undefined)[],
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  for (const text of texts) {
    if (text === undefined || text.length !== to - from) continue;
    let i = 0;
    while (i < text.length && text[i] === bytes[from + i]) i++;
    if (i === text.length) return true;
  }
  return false;
}

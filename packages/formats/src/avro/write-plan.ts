import type { DataType } from "@millrace/core";
import type { ColumnSource } from "../value/column-source.ts";
import {
  keepsBooleans,
  keepsBytes,
  keepsDates,
  keepsDecimals,
  keepsEnum,
  keepsIntegers,
  keepsLists,
  keepsMaps,
  keepsNumbers,
  keepsPlain,
  keepsRows,
  keepsText,
  keepsWide,
} from "../value/value-column.ts";
import type { AvroItems, AvroRecord, AvroType } from "./avro-type.ts";
import { defaultBytes } from "./default-bytes.ts";
import { Mismatch } from "./mismatch.ts";
import { logicalPower, timePower } from "./time-unit.ts";

// What a step writes. Numbers, to switch on.

/** Bytes that are the same for each row. */
export const writesConstant = 0;
/** A byte, 0 or 1. */
export const writesBoolean = 1;
/** An int or long. */
export const writesInteger = 2;
/** A long, from 64 bits. */
export const writesWide = 3;
/** A long of microseconds, from milliseconds. */
export const writesMicros = 4;
/** Four bytes. */
export const writesFloat = 5;
/** Eight bytes. */
export const writesDouble = 6;
/** Texts and bytes, with their length. */
export const writesText = 7;
/** The index of an enum's symbol. */
export const writesSymbol = 8;
/** A length and the bytes of a decimal. */
export const writesDecimal = 9;
/** As many bytes of a decimal as the type says. */
export const writesFixedDecimal = 10;
/** A block of items. */
export const writesList = 11;
/** A block of keys and values. */
export const writesMap = 12;
/** The steps of its fields, one after the other. */
export const writesRecord = 13;

/** One step of writing: a column as a value of the schema. */
export interface WriteStep {
  readonly does: number;
  /** Undefined where a field has no column. */
  readonly source: ColumnSource | undefined;
  /** Of a union, the branches of null and of the value; −1 where there is none. */
  readonly nullBranch: number;
  readonly branch: number;
  readonly steps: readonly WriteStep[];
  readonly size: number;
  readonly symbols: readonly Uint8Array[];
  readonly constant: Uint8Array;
}

const encoder = new TextEncoder();
const nothing: WriteStep = {
  does: writesConstant,
  source: undefined,
  nullBranch: -1,
  branch: -1,
  steps: [],
  size: 0,
  symbols: [],
  constant: new Uint8Array(0),
};

/**
 * Steps that write columns as records of the schema. Each column must have a field that can hold
 * every value of its type; a field without a column needs a default, or to be null.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH`
 */
export function writePlan(type: AvroType, columns: readonly ColumnSource[]): readonly WriteStep[] {
  const found =
    type.kind === "record"
      ? recordSteps(type, columns, "")
      : new Mismatch("", "the schema of a record is needed");
  if (found instanceof Mismatch) throw found.error();
  return found;
}

function recordSteps(
  { fields }: AvroRecord,
  columns: readonly ColumnSource[],
  prefix: string,
): readonly WriteStep[] | Mismatch {
  const homeless = columns.find(
    (column) => !fields.some((field) => field.name === column.field.name),
  );
  if (homeless !== undefined) {
    return new Mismatch(prefix + homeless.field.name, "the schema has no such field");
  }
  const steps: WriteStep[] = [];
  for (const { name, type, default: value } of fields) {
    const path = prefix + name;
    const column = columns.find(({ field }) => field.name === name);
    if (column !== undefined) {
      const step = writeStep(type, column, path);
      if (step instanceof Mismatch) return step;
      steps.push(step);
    } else {
      const given = value === undefined && hasNull(type) ? null : value;
      if (given === undefined) return new Mismatch(path, "the row type has no such column");
      steps.push({ ...nothing, constant: defaultBytes(type, given) });
    }
  }
  return steps;
}

function hasNull(type: AvroType): boolean {
  return type.kind === "null" || (type.kind === "union" && type.branches.some(hasNull));
}

function writeStep(type: AvroType, source: ColumnSource, path: string): WriteStep | Mismatch {
  const isNullable = source.field.type.nullable;
  if (type.kind === "union") {
    const { branches } = type;
    const nullBranch = isNullable ? branches.findIndex(({ kind }) => kind === "null") : -1;
    if (isNullable && nullBranch < 0) return notNullable(path);
    for (const [branch, each] of branches.entries()) {
      const step = valueStep(each, source, path);
      if (!(step instanceof Mismatch)) return { ...step, nullBranch, branch };
    }
    return unfit(type, source, path);
  }
  return isNullable ? notNullable(path) : valueStep(type, source, path);
}

function notNullable(path: string): Mismatch {
  return new Mismatch(path, "the column is nullable, and the field is not");
}

function unfit({ kind }: AvroType, { field }: ColumnSource, path: string): Mismatch {
  return new Mismatch(path, `Avro ${kind} cannot hold every value of ${field.type.kind}`);
}

function valueStep(type: AvroType, source: ColumnSource, path: string): WriteStep | Mismatch {
  const { keeping } = source;
  switch (type.kind) {
    case "record": {
      if (keeping !== keepsRows) return unfit(type, source, path);
      const steps = recordSteps(type, source.children, `${path}.`);
      if (steps instanceof Mismatch) return steps;
      return { ...nothing, does: writesRecord, source, steps };
    }
    case "array":
    case "map":
      return itemsStep(type, source, path);
    case "enum": {
      const target = source.field.type;
      const values = target.kind === "enum" ? target.values : [];
      if (keeping !== keepsEnum || !values.every((value) => type.symbols.includes(value))) {
        return unfit(type, source, path);
      }
      const symbols = type.symbols.map((symbol) => encoder.encode(symbol));
      return { ...nothing, does: writesSymbol, source, symbols };
    }
    case "bytes":
    case "fixed":
      if (keeping === keepsDecimals) return decimalStep(type, source, path);
      if (type.kind === "bytes" && (keeping === keepsBytes || keeping === keepsText)) {
        return { ...nothing, does: writesText, source };
      }
      return unfit(type, source, path);
    default: {
      const does = writing(type, keeping, source.field.type);
      return does === undefined ? unfit(type, source, path) : { ...nothing, does, source };
    }
  }
}

function itemsStep(type: AvroItems, source: ColumnSource, path: string): WriteStep | Mismatch {
  const isList = type.kind === "array";
  if (source.keeping !== (isList ? keepsLists : keepsMaps)) return unfit(type, source, path);
  const items = source.children.at(-1)!;
  const step = writeStep(type.item, items, `${path}${isList ? "[]" : "{}"}`);
  if (step instanceof Mismatch) return step;
  return { ...nothing, does: isList ? writesList : writesMap, source, steps: [step] };
}

function decimalStep(
  type: AvroType & { kind: "bytes" | "fixed" },
  source: ColumnSource,
  path: string,
): WriteStep | Mismatch {
  const target = source.field.type;
  if (target.kind !== "decimal" || type.decimal === undefined) return unfit(type, source, path);
  const { precision, scale } = type.decimal;
  const size = type.kind === "fixed" ? type.size : 0;
  const isWide = size === 0 || 10n ** BigInt(target.precision) <= 2n ** BigInt(size * 8 - 1);
  if (scale !== target.scale || precision < target.precision || !isWide) {
    return new Mismatch(path, `a decimal of ${precision} digits and scale ${scale} does not do`);
  }
  return { ...nothing, does: size === 0 ? writesDecimal : writesFixedDecimal, source, size };
}

/** What writes a value without parts; undefined when the type cannot hold every one. */
function writing(type: AvroType, keeping: number, column: DataType): number | undefined {
  switch (type.kind) {
    case "boolean":
      return keeping === keepsBooleans ? writesBoolean : undefined;
    case "string":
      return keeping === keepsText || keeping === keepsEnum || keeping === keepsPlain
        ? writesText
        : undefined;
    case "int":
      if (keeping === keepsDates) return writesInteger;
      return keeping === keepsIntegers && column.kind !== "uint32" ? writesInteger : undefined;
    case "long":
      if (keeping === keepsIntegers) return writesInteger;
      return keeping === keepsWide ? longWriting(type.logical, column) : undefined;
    case "float":
      return column.kind === "float32" ? writesFloat : undefined;
    case "double":
      return keeping === keepsNumbers || keeping === keepsIntegers ? writesDouble : undefined;
    default:
      return undefined;
  }
}

function longWriting(logical: string | undefined, column: DataType): number | undefined {
  // The upper half of its values would come out negative.
  if (column.kind === "uint64" && column.as === "bigint") return undefined;
  const power = logicalPower(logical);
  const columnPower = timePower(column);
  if (power === undefined || columnPower === undefined || power === columnPower) return writesWide;
  return power === 2 && columnPower === 1 ? writesMicros : undefined;
}

import type { Json } from "@millrace/core";
import {
  keepsBytes,
  keepsDates,
  keepsDecimals,
  keepsEnum,
  keepsIntegers,
  keepsLists,
  keepsMaps,
  keepsNumbers,
  keepsPlain,
  keepsBooleans,
  keepsRows,
  keepsText,
  keepsWide,
  type ValueColumn,
} from "../value/value-column.ts";
import type { AvroField, AvroItems, AvroRecord, AvroType } from "./avro-type.ts";
import { defaultBytes } from "./default-bytes.ts";
import { logicalPower, timePower } from "./time-unit.ts";
import { Mismatch } from "./mismatch.ts";

// What a step does with the bytes of a value. Numbers, to switch on.

/** Passes over a value that no column takes. */
export const skips = 0;
/** Nothing is written; the row is null. */
export const readsNull = 1;
/** A byte, 0 or 1. */
export const readsBoolean = 2;
/** int or long, as an integer of at most 32 bits or a date. */
export const readsInteger = 3;
/** int or long, as a float. */
export const readsWholeNumber = 4;
/** int or long, as an integer of 64 bits. */
export const readsWide = 5;
/** int or long, as a time of another unit. */
export const readsScaled = 6;
/** Four bytes. */
export const readsFloat = 7;
/** Eight bytes. */
export const readsDouble = 8;
/** A length and as many bytes of text. */
export const readsText = 9;
/** A length and as many bytes. */
export const readsBytes = 10;
/** As many bytes as the type says. */
export const readsFixed = 11;
/** The index of a symbol. */
export const readsSymbol = 12;
/** Text that must be one of an enum's. */
export const readsChoice = 13;
/** Text that is JSON. */
export const readsJson = 14;
/** A length and as many bytes of a decimal. */
export const readsDecimal = 15;
/** As many bytes of a decimal as the type says. */
export const readsFixedDecimal = 16;
/** Blocks of items. */
export const readsList = 17;
/** Blocks of keys and values. */
export const readsMap = 18;
/** The steps of its fields, one after the other. */
export const readsRecord = 19;
/** The index of a branch, and its value. */
export const readsUnion = 20;
/** Bytes of a default, which the record does not hold. */
export const readsDefault = 21;
/** A value that the column cannot take. */
export const refuses = 22;

/** One step of reading: a value of the writer's type into a column. */
export class ReadStep {
  readonly does: number;
  readonly type: AvroType;
  /** Undefined where the value is skipped. */
  readonly column: ValueColumn | undefined;
  /** The path of the member, for errors. */
  readonly path: string;
  readonly steps: readonly ReadStep[];
  /** Of a fixed its size, of a decimal its scale, of a time the power of 1000 to multiply by. */
  readonly size: number;
  readonly scale: number;
  /** Of an enum, the symbols' bytes; undefined for those that the column does not have. */
  readonly symbols: readonly (Uint8Array | undefined)[];
  readonly constant: Uint8Array;

  constructor(does: number, type: AvroType, column: ValueColumn | undefined, more: StepDetails) {
    this.does = does;
    this.type = type;
    this.column = column;
    this.path = more.path;
    this.steps = more.steps ?? [];
    this.size = more.size ?? 0;
    this.scale = more.scale ?? 0;
    this.symbols = more.symbols ?? [];
    this.constant = more.constant ?? noBytes;
  }
}

interface StepDetails {
  readonly path: string;
  readonly steps?: readonly ReadStep[];
  readonly size?: number;
  readonly scale?: number;
  readonly symbols?: readonly (Uint8Array | undefined)[];
  readonly constant?: Uint8Array;
}

const encoder = new TextEncoder();
const noBytes = new Uint8Array(0);
const nullType: AvroType = { kind: "null" };

/**
 * Steps that read records of the writer's schema into columns, by the rules of schema resolution:
 * fields are found by name, those that no column takes are skipped; a column without a field has
 * the reader's default, else null. Numbers are promoted as Avro does, and integers may also become
 * narrower ones, value by value.
 *
 * @throws MillraceError `FORMAT_SCHEMA_MISMATCH`
 */
export function readPlan(
  writer: AvroType,
  reader: AvroType | undefined,
  columns: readonly ValueColumn[],
): readonly ReadStep[] {
  const steps = writer.kind === "record" ? recordSteps(writer, reader, columns, "") : undefined;
  const found = steps ?? new Mismatch("", "the schema of a record is needed");
  if (!(found instanceof Mismatch)) return found;
  throw found.error();
}

function recordSteps(
  writer: AvroRecord,
  reader: AvroType | undefined,
  columns: readonly ValueColumn[],
  prefix: string,
): readonly ReadStep[] | Mismatch {
  const readerFields = presentBranch(reader, "record")?.fields ?? [];
  const sources = columns.map((column) => sourceOf(column, writer, readerFields));
  const steps: ReadStep[] = [];
  for (const field of writer.fields) {
    const column = columns[sources.indexOf(field)];
    if (column === undefined) {
      steps.push(new ReadStep(skips, field.type, undefined, { path: prefix + field.name }));
      continue;
    }
    const path = prefix + column.field.name;
    const readerField = readerFields.find(({ name }) => name === column.field.name);
    const step = readStep(field.type, readerField?.type, column, path);
    if (step instanceof Mismatch) return step;
    steps.push(step);
  }
  for (const [i, column] of columns.entries()) {
    if (sources[i] !== undefined) continue;
    const path = prefix + column.field.name;
    const step = missingStep(column, readerFields, path);
    if (step instanceof Mismatch) return step;
    steps.push(step);
  }
  return steps;
}

function sourceOf(
  { field: { name } }: ValueColumn,
  writer: AvroRecord,
  readerFields: readonly AvroField[],
): AvroField | undefined {
  const aliases = readerFields.find((field) => field.name === name)?.aliases ?? [];
  return writer.fields.find((field) => field.name === name || aliases.includes(field.name));
}

function missingStep(
  column: ValueColumn,
  readerFields: readonly AvroField[],
  path: string,
): ReadStep | Mismatch {
  const field = readerFields.find(({ name }) => name === column.field.name);
  if (field?.default !== undefined) return defaultStep(field.type, field.default, column, path);
  if (column.isNullable) return new ReadStep(readsNull, nullType, column, { path });
  return new Mismatch(path, "the schema has no such field, and there is no default");
}

function defaultStep(
  type: AvroType,
  value: Json,
  column: ValueColumn,
  path: string,
): ReadStep | Mismatch {
  const constant = defaultBytes(type, value);
  const step = readStep(type, undefined, column, path);
  if (step instanceof Mismatch) return step;
  return new ReadStep(readsDefault, type, column, { path, steps: [step], constant });
}

function presentBranch<Kind extends AvroType["kind"]>(
  type: AvroType | undefined,
  kind: Kind,
): (AvroType & { kind: Kind }) | undefined {
  const branches = type?.kind === "union" ? type.branches : [type];
  return branches.find((branch) => branch?.kind === kind) as
    | (AvroType & { kind: Kind })
    | undefined;
}

function readStep(
  type: AvroType,
  reader: AvroType | undefined,
  column: ValueColumn,
  path: string,
): ReadStep | Mismatch {
  switch (type.kind) {
    case "null":
      return column.isNullable ? new ReadStep(readsNull, type, column, { path }) : notNull(path);
    case "union":
      return unionStep(type.branches, reader, column, path);
    case "array":
    case "map":
      return itemsStep(type, reader, column, path);
    case "record": {
      if (column.keeping !== keepsRows) return unfit(type, column, path);
      const steps = recordSteps(type, reader, column.children, `${path}.`);
      if (steps instanceof Mismatch) return steps;
      return new ReadStep(readsRecord, type, column, { path, steps });
    }
    case "int":
    case "long":
      return wholeStep(type, column, path);
    default:
      return valueStep(type, column, path);
  }
}

function notNull(path: string): Mismatch {
  return new Mismatch(path, "the values are null, and the column is not nullable");
}

function unfit(type: AvroType, { field }: ValueColumn, path: string): Mismatch {
  return new Mismatch(path, `a column of type ${field.type.kind} cannot hold Avro ${type.kind}`);
}

function unionStep(
  branches: readonly AvroType[],
  reader: AvroType | undefined,
  column: ValueColumn,
  path: string,
): ReadStep | Mismatch {
  const found = branches.map((branch) => readStep(branch, reader, column, path));
  const problem = found.find(
    (step, i) => step instanceof Mismatch && branches[i]!.kind !== "null",
  ) as Mismatch | undefined;
  const isHopeless = found.every((step) => step instanceof Mismatch || step.does === readsNull);
  if (problem !== undefined && isHopeless) return problem;
  const steps = found.map((step, i) =>
    step instanceof Mismatch ? new ReadStep(refuses, branches[i]!, column, { path }) : step,
  );
  return new ReadStep(readsUnion, { kind: "union", branches }, column, { path, steps });
}

function itemsStep(
  type: AvroItems,
  reader: AvroType | undefined,
  column: ValueColumn,
  path: string,
): ReadStep | Mismatch {
  const isList = type.kind === "array";
  if (column.keeping !== (isList ? keepsLists : keepsMaps)) return unfit(type, column, path);
  const items = column.children.at(-1)!;
  const itemPath = `${path}${isList ? "[]" : "{}"}`;
  const step = readStep(type.item, presentBranch(reader, type.kind)?.item, items, itemPath);
  if (step instanceof Mismatch) return step;
  return new ReadStep(isList ? readsList : readsMap, type, column, { path, steps: [step] });
}

function wholeStep(
  type: AvroType & { kind: "int" | "long" },
  column: ValueColumn,
  path: string,
): ReadStep | Mismatch {
  const target = column.field.type;
  switch (column.keeping) {
    case keepsIntegers:
    case keepsDates:
      return new ReadStep(readsInteger, type, column, { path });
    case keepsNumbers:
      return new ReadStep(readsWholeNumber, type, column, { path });
    case keepsWide: {
      // Without a unit of its own, a whole number is in the column's.
      const power = logicalPower(type.logical);
      const size = power === undefined ? 0 : (timePower(target) ?? power) - power;
      const isScaled = size !== 0;
      return new ReadStep(isScaled ? readsScaled : readsWide, type, column, { path, size });
    }
    default:
      return unfit(type, column, path);
  }
}

function valueStep(type: AvroType, column: ValueColumn, path: string): ReadStep | Mismatch {
  const { keeping } = column;
  const step = (does: number, more: Partial<StepDetails> = {}) =>
    new ReadStep(does, type, column, { path, ...more });
  switch (type.kind) {
    case "boolean":
      return keeping === keepsBooleans ? step(readsBoolean) : unfit(type, column, path);
    case "float":
      return keeping === keepsNumbers ? step(readsFloat) : unfit(type, column, path);
    case "double":
      return column.field.type.kind === "float64" ? step(readsDouble) : unfit(type, column, path);
    case "string":
    case "bytes":
      if (keeping === keepsText) return step(readsText);
      if (keeping === keepsBytes) return step(readsBytes);
      if (type.kind === "bytes" && type.decimal !== undefined && keeping === keepsDecimals) {
        return step(readsDecimal, { scale: type.decimal.scale });
      }
      if (type.kind === "string" && keeping === keepsEnum)
        return step(readsChoice, choices(column));
      if (type.kind === "string" && keeping === keepsPlain) return step(readsJson);
      return unfit(type, column, path);
    case "fixed": {
      const { size, decimal } = type;
      if (keeping === keepsBytes) return step(readsFixed, { size });
      if (decimal === undefined || keeping !== keepsDecimals) return unfit(type, column, path);
      return step(readsFixedDecimal, { size, scale: decimal.scale });
    }
    case "enum": {
      if (keeping !== keepsEnum && keeping !== keepsText) return unfit(type, column, path);
      const target = column.field.type;
      const values = target.kind === "enum" ? target.values : undefined;
      const symbols = type.symbols.map((symbol) =>
        values === undefined || values.includes(symbol) ? encoder.encode(symbol) : undefined,
      );
      return step(readsSymbol, { symbols });
    }
    default:
      return unfit(type, column, path);
  }
}

function choices({ field: { type } }: ValueColumn): Partial<StepDetails> {
  return { symbols: type.kind === "enum" ? type.values.map((value) => encoder.encode(value)) : [] };
}

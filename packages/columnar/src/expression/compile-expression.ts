import { assert, toArrowType } from "@millrace/core";
import { columnsOf, type Expression } from "@millrace/plan";
import type { Data, DataType as ArrowType, RecordBatch } from "apache-arrow";
import { columnOf } from "../batch/column-of.ts";
import { nullBitmapOf, packBits, packValidity } from "../column/bitmap.ts";
import { columnBuilder, type ColumnBuilder } from "../column/column-builder.ts";
import { int64Halves, newColumn } from "../column/new-column.ts";
import { readText } from "../column/value-reader.ts";
import { hashColumns } from "../hash/hash-columns.ts";
import { CodeWriter, type LoopInput, representationOf } from "./code-writer.ts";
import { decimalProduct } from "./decimal-product.ts";
import { overflowError } from "./expression-error.ts";
import { generate } from "./generate-code.ts";
import { type Evaluator, interpretExpression } from "./interpret-expression.ts";
import { isWholeType } from "./interpreted-arithmetic.ts";

/** A condition that can run over batches. */
export interface Predicate {
  /**
   * Writes the indexes of the rows that are true, ascending; null is false.
   *
   * @param into at least `batch.numRows` long
   * @returns how many there are
   */
  select(batch: RecordBatch, into: Int32Array): number;
}

type Loop = (
  inputs: readonly unknown[],
  rowCount: number,
  batch: RecordBatch,
  out: unknown,
  isValid: Uint8Array | undefined,
) => number;

interface Program {
  readonly inputs: readonly LoopInput[];
  readonly loop: Loop;
  readonly isNullable: boolean;
}

const evaluators: Map<string, Evaluator> = new Map();
const predicates: Map<string, Predicate> = new Map();
const programsMax = 10_000;

function cached<T>(cache: Map<string, T>, expression: Expression, make: () => T): T {
  const key = JSON.stringify(expression);
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    // Forgetting only costs compiling again.
    if (cache.size >= programsMax) cache.clear();
    cache.set(key, value);
  }
  return value;
}

/**
 * Compiles an expression to one loop over its columns' buffers: no value is boxed, nulls are bits.
 *
 * Fused: numbers (int64 and timestamp<ms> by halves), booleans, dates, durations and text; a text
 * column meets literals by bytes, other text functions decode per row. bigint, decimal, binary,
 * json and nested values, and casts but to float64, are left to the interpreter, called per row
 * inside the loop; if the result itself is such a value, all of the expression is, but for an
 * integer column times a decimal literal. A bare column is returned unchanged. Programs are kept
 * per structure of the expression.
 *
 * @throws MillraceError `EXPRESSION_INTEGER_OVERFLOW` or `EXPRESSION_CAST_FAILED` from `evaluate`
 */
export function compileExpression(expression: Expression): Evaluator {
  return cached(evaluators, expression, () => {
    if (expression.kind === "column") {
      const { name } = expression;
      return { evaluate: (batch) => columnOf(batch, name) };
    }
    if (representationOf(expression.type) === "other") {
      return decimalProduct(expression) ?? interpretExpression(expression);
    }
    const programFor = programsOf(expression, (names) => makeProgram(expression, names, false));
    const arrowType = toArrowType(expression.type);
    return { evaluate: (batch) => run(programFor(batch), expression, arrowType, batch) };
  });
}

/** Compiles a boolean expression to a loop that gathers the indexes of its true rows. */
export function compilePredicate(expression: Expression): Predicate {
  assert(expression.type.kind === "boolean", "a predicate is a boolean expression");
  return cached(predicates, expression, () => {
    const programFor = programsOf(expression, (names) => makeProgram(expression, names, true));
    return {
      select(batch, into) {
        assert(into.length >= batch.numRows, "the selection has room for every row");
        const program = programFor(batch);
        return program.loop(bind(program, batch), batch.numRows, batch, into, undefined);
      },
    };
  });
}

/**
 * Programs differ by which columns have nulls in the batch at hand; at most 2^columns, in practice
 * a few.
 */
function programsOf(
  expression: Expression,
  make: (nullColumns: ReadonlySet<string>) => Program,
): (batch: RecordBatch) => Program {
  const columns = [...columnsOf(expression)];
  const programs: Map<string, Program> = new Map();
  return (batch) => {
    let mask = "";
    for (const column of columns) {
      mask += nullBitmapOf(columnOf(batch, column)) === undefined ? "0" : "1";
    }
    let program = programs.get(mask);
    if (program === undefined) {
      program = make(new Set(columns.filter((_, i) => mask[i] === "1")));
      programs.set(mask, program);
    }
    return program;
  };
}

function makeProgram(
  expression: Expression,
  nullColumns: ReadonlySet<string>,
  isPredicate: boolean,
): Program {
  const writer = new CodeWriter((column) => nullColumns.has(column));
  const { value, isNull } = generate(expression, writer);
  let result: string;
  if (isPredicate) {
    const isTrue = isNull === "0" ? value : `(${value} & (${isNull} ^ 1))`;
    writer.line(`out[count] = row; count += ${isTrue};`);
    result = "count";
  } else {
    writeResult(expression, value, isNull, writer);
    result = "rowCount";
  }
  const code = [
    "return function (inputs, rowCount, batch, out, isValid) {",
    "let count = 0;",
    ...writer.inputs.map((_, i) => destructure(i)),
    "for (let row = 0; row < rowCount; row++) {",
    ...writer.loads,
    ...writer.body,
    "}",
    `return ${result};`,
    "};",
  ].join("\n");
  const names = writer.constants.map((_, i) => `k${i}`);
  // Only generated names and fixed fragments are in the code; user values arrive as arguments.
  // oxlint-disable-next-line no-new-func
  const make = new Function("readText", ...names, code) as (...values: unknown[]) => Loop;
  const loop = make(readText, ...writer.constants);
  return { inputs: writer.inputs, loop, isNullable: !isPredicate && isNull !== "0" };
}

function destructure(i: number): string {
  const from = i * 7;
  const names = ["c", "l", "h", "f", "d", "b", "o"];
  return `const ${names.map((name, k) => `${name}${i} = inputs[${from + k}]`).join(", ")};`;
}

function writeResult(
  expression: Expression,
  value: string,
  isNull: string,
  writer: CodeWriter,
): void {
  const { kind } = expression.type;
  if (isNull !== "0") writer.line(`isValid[row] = ${isNull} ^ 1;`);
  if (representationOf(expression.type) === "text") {
    writer.line(`out.append(${isNull} === 1 ? null : ${value});`);
    return;
  }
  if (isWholeType(expression.type)) {
    const fail = writer.constant(() => {
      throw overflowError(expression);
    });
    const isUnsafe = `!(${value} <= 9007199254740991 && ${value} >= -9007199254740991)`;
    writer.line(`if (${isUnsafe} && ${isNull} === 0) ${fail}();`);
  }
  if (kind === "int64" || kind === "uint64" || kind === "timestamp" || kind === "duration") {
    const high = writer.define(`Math.floor(${value} / 4294967296)`);
    writer.line(`out[row * 2] = ${value} - ${high} * 4294967296; out[row * 2 + 1] = ${high};`);
  } else {
    writer.line(`out[row] = ${value};`);
  }
}

/**
 * Seven slots per input: c values, l low words, h signed words, f value offsets, d column, b
 * bitmap, o bit offset.
 */
function bind(program: Program, batch: RecordBatch): unknown[] {
  const bound: unknown[] = [];
  for (let i = 0; i < program.inputs.length; i++) {
    const { column, mode, hasNulls } = program.inputs[i]!;
    const data = columnOf(batch, column);
    let values: unknown = data.values;
    let low: unknown;
    let high: unknown;
    if (mode === "wide" || mode === "unsignedWide") {
      const words = int64Halves(values);
      high = words;
      low = new Uint32Array(words.buffer, words.byteOffset, words.length);
    } else if (mode === "hash") {
      const hashes = hashColumns([data], batch.numRows);
      values = new Int32Array(hashes.buffer, hashes.byteOffset, hashes.length);
    }
    const bitmap = hasNulls ? data.nullBitmap : undefined;
    bound.push(values, low, high, data.valueOffsets, data, bitmap, data.offset);
  }
  return bound;
}

function run(
  program: Program,
  expression: Expression,
  arrowType: ArrowType,
  batch: RecordBatch,
): Data {
  const length = batch.numRows;
  const inputs = bind(program, batch);
  const isValid = program.isNullable ? new Uint8Array(length) : undefined;
  const { kind } = expression.type;
  if (representationOf(expression.type) === "text") {
    const builder: ColumnBuilder = columnBuilder(expression.type, length);
    program.loop(inputs, length, batch, builder, isValid);
    return builder.finish();
  }
  const out = allocate(arrowType, kind, length);
  program.loop(inputs, length, batch, out, isValid);
  return newColumn(arrowType, length, {
    values: kind === "boolean" ? packBits(out as Uint8Array, length) : valuesOf(arrowType, out),
    nullBitmap: packValidity(isValid, length),
  });
}

type OutArray = Int32Array | Uint8Array | Float64Array;

function allocate(arrowType: ArrowType, kind: string, length: number): OutArray {
  if (kind === "boolean") return new Uint8Array(length);
  const ArrayType = arrowType.ArrayType as Float64ArrayConstructor;
  const isWide = isWideArray(ArrayType);
  return isWide ? new Int32Array(length * 2) : new ArrayType(length);
}

function isWideArray(ArrayType: unknown): boolean {
  return ArrayType === BigInt64Array || ArrayType === BigUint64Array;
}

function valuesOf(arrowType: ArrowType, out: OutArray): unknown {
  const ArrayType = arrowType.ArrayType as BigInt64ArrayConstructor;
  return isWideArray(ArrayType) ? new ArrayType(out.buffer as ArrayBuffer) : out;
}

import { type DataType, Decimal, isInteger, toArrowType } from "@millrace/core";
import type { Expression } from "@millrace/plan";
import type { Data } from "apache-arrow";
import { columnOf } from "../batch/column-of.ts";
import { packValidity } from "../column/bitmap.ts";
import { writeDecimalWords } from "../column/decimal-words.ts";
import { newColumn } from "../column/new-column.ts";
import { readInt64 } from "../column/read-int64.ts";
import type { CallExpression } from "./call-expression.ts";
import { representationOf } from "./code-writer.ts";
import { overflowError } from "./expression-error.ts";
import type { Evaluator } from "./interpret-expression.ts";
import { literalValue } from "./literal-value.ts";

const twoTo32 = 4_294_967_296;

/** An integer column times a decimal literal, as parts; undefined for any other call. */
function partsOf(
  call: CallExpression,
): { readonly column: string; readonly factor: Decimal } | undefined {
  if (call.function !== "multiply" || call.type.kind !== "decimal") return undefined;
  const literal = call.arguments.find((a) => a.kind === "literal" && a.type.kind === "decimal");
  const whole = call.arguments.find((a) => a !== literal);
  if (literal?.kind !== "literal" || whole?.kind !== "column") return undefined;
  if (!isReadWhole(whole.type)) return undefined;
  const factor = literalValue(literal);
  // Another scale would cut digits off, which is left to the interpreter.
  const fits = factor instanceof Decimal && factor.scale === call.type.scale;
  return fits ? { column: whole.name, factor } : undefined;
}

function isReadWhole(type: DataType): boolean {
  return isInteger(type) && representationOf(type) === "number";
}

/**
 * Computes an integer column times a decimal literal without a decimal per row: products within
 * ±2^53 are written as words, greater ones as bigints. Undefined for any other expression.
 */
export function decimalProduct(expression: Expression): Evaluator | undefined {
  if (expression.kind !== "call") return undefined;
  const parts = partsOf(expression);
  if (parts === undefined || expression.type.kind !== "decimal") return undefined;
  const { unscaled } = parts.factor;
  const limit = 10n ** BigInt(expression.type.precision);
  const multiply = productWriter(unscaled, limit, () => {
    throw overflowError(expression);
  });
  const arrowType = toArrowType(expression.type);
  return {
    evaluate(batch) {
      const data = columnOf(batch, parts.column);
      const { words, isValid } = multiply(data);
      const nullBitmap = packValidity(isValid, data.length);
      return newColumn(arrowType, data.length, { values: words, nullBitmap });
    },
  };
}

function productWriter(
  factor: bigint,
  limit: bigint,
  overflow: () => never,
): (data: Data) => { readonly words: Uint32Array; readonly isValid: Uint8Array } {
  const number = Number(factor);
  const safe = Math.min(Number.MAX_SAFE_INTEGER, Number(limit) - 1);
  return (data) => {
    const values = readInt64(data);
    const words = new Uint32Array(data.length * 4);
    const isValid = new Uint8Array(data.length);
    for (let row = 0, at = 0; row < data.length; row += 1, at += 4) {
      const value = values[row]!;
      if (value !== value) continue;
      isValid[row] = 1;
      const product = value * number;
      if (product <= safe && product >= -safe) {
        const high = Math.floor(product / twoTo32);
        words[at] = product - high * twoTo32;
        words[at + 1] = high;
        // The sign fills the upper half.
        if (product < 0) words[at + 2] = words[at + 3] = 0xffff_ffff;
        continue;
      }
      const exact = BigInt(value) * factor;
      if (exact >= limit || exact <= -limit) overflow();
      writeDecimalWords(words, at, exact);
    }
    return { words, isValid };
  };
}

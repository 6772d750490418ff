import { readDecimalWords } from "@millrace/columnar";
import { Decimal } from "@millrace/core";
import {
  keepsBooleans,
  keepsBytes,
  keepsDecimals,
  keepsEnum,
  keepsLists,
  keepsMaps,
  keepsPlain,
  keepsRows,
  keepsText,
  keepsWide,
  type ValueColumn,
} from "./value-column.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const two32 = 4_294_967_296;

/** The value just written to a row of a column that is still being decoded; null is null. */
export function plainValue(column: ValueColumn, row: number): unknown {
  if (column.keeping === keepsPlain) return column.plainAt(row);
  if (column.isValid[row] === 0) return null;
  const { offsets, children } = column;
  switch (column.keeping) {
    case keepsText:
    case keepsEnum:
      return decoder.decode(column.text.subarray(offsets[row], offsets[row + 1]));
    case keepsBytes:
      return column.text.slice(offsets[row], offsets[row + 1]);
    case keepsBooleans:
      return column.booleans[row] === 1;
    case keepsWide:
      return wideValue(column, row);
    case keepsDecimals:
      return new Decimal(readDecimalWords(column.words, row * 4), column.scale);
    case keepsLists:
      return itemsOf(children[0]!, offsets[row]!, offsets[row + 1]!);
    case keepsMaps: {
      const keys = itemsOf(children[0]!, offsets[row]!, offsets[row + 1]!) as string[];
      const values = itemsOf(children[1]!, offsets[row]!, offsets[row + 1]!);
      return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
    }
    case keepsRows:
      return Object.fromEntries(
        children.map((child) => [child.field.name, plainValue(child, row)]),
      );
    default:
      return column.numbers[row];
  }
}

function wideValue({ halves, isBigint, field }: ValueColumn, row: number): number | bigint {
  const low = halves[row * 2]! >>> 0;
  const high = halves[row * 2 + 1]!;
  if (!isBigint) return high * two32 + low;
  const whole = (BigInt(high) << 32n) | BigInt(low);
  return field.type.kind === "uint64" ? BigInt.asUintN(64, whole) : whole;
}

function itemsOf(column: ValueColumn, from: number, to: number): unknown[] {
  return Array.from({ length: to - from }, (_, i) => plainValue(column, from + i));
}

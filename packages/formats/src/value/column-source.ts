import { validityOf } from "@millrace/columnar";
import type { FieldType } from "@millrace/core";
import type { Data } from "apache-arrow";
import {
  childFields,
  keepingOf,
  keepsBooleans,
  keepsDecimals,
  keepsLists,
  keepsMaps,
  keepsRows,
  keepsWide,
} from "./value-column.ts";

const noBytes = new Uint8Array(0);

/**
 * A column of a batch being encoded, its arrays in the open: what `ValueColumn` is to decoding. A
 * column of `json` has the bytes of its texts.
 */
export class ColumnSource {
  readonly field: FieldType;
  readonly keeping: number;
  readonly children: readonly ColumnSource[];
  /** Per row 0 or 1; undefined when no row is null. */
  isValid: Uint8Array | undefined;
  numbers: Float64Array = new Float64Array(0);
  halves: Int32Array = new Int32Array(0);
  words: Uint32Array = new Uint32Array(0);
  offsets: Int32Array = new Int32Array(0);
  /** Bytes of texts, and the bits of booleans from `firstBit` on. */
  bytes: Uint8Array = noBytes;
  firstBit = 0;

  constructor(field: FieldType) {
    this.field = field;
    this.keeping = keepingOf(field.type);
    this.children = childFields(field).map((child) => new ColumnSource(child));
  }

  /** Takes the arrays out of a batch's column. */
  open(data: Data): void {
    this.isValid = validityOf(data);
    switch (this.keeping) {
      case keepsWide: {
        const values = data.values as BigInt64Array;
        this.halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
        return;
      }
      case keepsDecimals:
        this.words = data.values as Uint32Array;
        return;
      case keepsBooleans:
        this.bytes = data.values as Uint8Array;
        this.firstBit = data.offset;
        return;
      case keepsRows:
        for (const [i, child] of this.children.entries()) child.open(data.children[i]!);
        return;
      case keepsLists:
        this.offsets = data.valueOffsets as Int32Array;
        this.children[0]!.open(data.children[0]!);
        return;
      case keepsMaps: {
        this.offsets = data.valueOffsets as Int32Array;
        const entries = data.children[0]!;
        for (const [i, child] of this.children.entries()) child.open(entries.children[i]!);
        return;
      }
      default:
        if (data.valueOffsets === undefined || (data.valueOffsets as Int32Array).length === 0) {
          this.numbers = data.values as Float64Array;
          return;
        }
        this.offsets = data.valueOffsets as Int32Array;
        this.bytes = data.values as Uint8Array;
    }
  }

  isNull(row: number): boolean {
    return this.isValid !== undefined && this.isValid[row] === 0;
  }

  booleanAt(row: number): number {
    const bit = this.firstBit + row;
    return (this.bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
}

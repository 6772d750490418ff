import { type CopyTarget, FixedWriter } from "./field-writer.ts";

/** Whole numbers of up to 16 bits. */
export class SmallIntWriter extends FixedWriter {
  constructor() {
    super(2);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const values = this.data.values as Int16Array;
    for (let i = 0; i < count; i++) {
      if (!this.isNull(from + i)) view.setInt16(places[i]! - 2, values[from + i]!);
    }
  }
}

/** Whole numbers of up to 32 bits. */
export class IntegerWriter extends FixedWriter {
  constructor() {
    super(4);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const values = this.data.values as Int32Array;
    for (let i = 0; i < count; i++) {
      if (!this.isNull(from + i)) view.setInt32(places[i]! - 4, values[from + i]!);
    }
  }
}

/** Unsigned 32 bits as 64. */
export class Uint32Writer extends FixedWriter {
  constructor() {
    super(8);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const values = this.data.values as Uint32Array;
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      view.setInt32(places[i]! - 8, 0);
      view.setUint32(places[i]! - 4, values[from + i]!);
    }
  }
}

/** 64 bits, as they are. */
export class BigintWriter extends FixedWriter {
  constructor() {
    super(8);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const halves = halvesOf(this.data.values as BigInt64Array);
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      view.setInt32(places[i]! - 8, halves[(from + i) * 2 + 1]!);
      view.setInt32(places[i]! - 4, halves[(from + i) * 2]!);
    }
  }
}

/** The 32-bit halves of 64-bit numbers, the low one first: Arrow is little-endian. */
export function halvesOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Single precision. */
export class Float32Writer extends FixedWriter {
  constructor() {
    super(4);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const values = this.data.values as Float32Array;
    for (let i = 0; i < count; i++) {
      if (!this.isNull(from + i)) view.setFloat32(places[i]! - 4, values[from + i]!);
    }
  }
}

/** Double precision. */
export class Float64Writer extends FixedWriter {
  constructor() {
    super(8);
  }

  protected writeValues(
    from: number,
    count: number,
    { view }: CopyTarget,
    places: Int32Array,
  ): void {
    const values = this.data.values as Float64Array;
    for (let i = 0; i < count; i++) {
      if (!this.isNull(from + i)) view.setFloat64(places[i]! - 8, values[from + i]!);
    }
  }
}

/** Bits as bytes. */
export class BooleanWriter extends FixedWriter {
  constructor() {
    super(1);
  }

  protected writeValues(
    from: number,
    count: number,
    { bytes }: CopyTarget,
    places: Int32Array,
  ): void {
    const bits = this.data.values as Uint8Array;
    for (let i = 0; i < count; i++) {
      if (this.isNull(from + i)) continue;
      const bit = this.data.offset + from + i;
      bytes[places[i]! - 1] = (bits[bit >> 3]! >> (bit & 7)) & 1;
    }
  }
}

import { decodeDictionary, validityOf } from "@millrace/columnar";
import type { Data } from "apache-arrow";
import { type CopyTarget, type FieldWriter, lengthBytes } from "./field-writer.ts";

/** Dimensions, whether there are nulls, the items' type. */
const emptyBytes = 12;
/** These, and the length and the first index of the one dimension. */
const headBytes = 20;

/** Lists of plain items as arrays of one dimension: an item is written as a field is. */
export class ArrayWriter implements FieldWriter {
  readonly #items: FieldWriter;
  readonly #itemOid: number;
  #offsets: Int32Array = new Int32Array(0);
  #valid: Uint8Array | undefined;
  #hasNulls = false;

  /** @param itemOid the number that the items' type has in the server */
  constructor(items: FieldWriter, itemOid: number) {
    this.#items = items;
    this.#itemOid = itemOid;
  }

  open(data: Data): void {
    const items = decodeDictionary(data.children[0] as Data);
    this.#items.open(items);
    this.#hasNulls = items.nullCount > 0;
    this.#offsets = data.valueOffsets as Int32Array;
    this.#valid = validityOf(data);
  }

  addSizes(from: number, count: number, sizes: Int32Array): void {
    const itemSizes = this.#sizesOfItems(from, count);
    const offsets = this.#offsets;
    const first = offsets[from]!;
    for (let i = 0; i < count; i++) {
      sizes[i]! += lengthBytes;
      if (this.#isNull(from + i)) continue;
      const start = offsets[from + i]!;
      const end = offsets[from + i + 1]!;
      sizes[i]! += start === end ? emptyBytes : headBytes;
      for (let at = start; at < end; at++) sizes[i]! += itemSizes[at - first]!;
    }
  }

  write(from: number, count: number, into: CopyTarget, places: Int32Array): void {
    const { view } = into;
    const itemSizes = this.#sizesOfItems(from, count);
    const itemPlaces = new Int32Array(itemSizes.length);
    const offsets = this.#offsets;
    const first = offsets[from]!;
    for (let i = 0; i < count; i++) {
      const at = places[i]!;
      if (this.#isNull(from + i)) {
        view.setInt32(at, -1);
        places[i] = at + lengthBytes;
        continue;
      }
      const start = offsets[from + i]!;
      const end = offsets[from + i + 1]!;
      let place = at + lengthBytes + (start === end ? emptyBytes : headBytes);
      this.#writeHead(view, at + lengthBytes, end - start);
      for (let item = start; item < end; item++) {
        itemPlaces[item - first] = place;
        place += itemSizes[item - first]!;
      }
      view.setInt32(at, place - at - lengthBytes);
      places[i] = place;
    }
    // What a null list may have below it has no place.
    this.#writeItems(from, count, into, itemPlaces);
  }

  #writeHead(view: DataView, at: number, length: number): void {
    view.setInt32(at, length === 0 ? 0 : 1);
    view.setInt32(at + 4, this.#hasNulls ? 1 : 0);
    view.setInt32(at + 8, this.#itemOid);
    if (length === 0) return;
    view.setInt32(at + 12, length);
    view.setInt32(at + 16, 1);
  }

  #writeItems(from: number, count: number, into: CopyTarget, places: Int32Array): void {
    const offsets = this.#offsets;
    const first = offsets[from]!;
    for (let i = 0; i < count; i++) {
      if (this.#isNull(from + i)) continue;
      const start = offsets[from + i]!;
      let last = i;
      while (last + 1 < count && !this.#isNull(from + last + 1)) last += 1;
      const end = offsets[from + last + 1]!;
      this.#items.write(start, end - start, into, places.subarray(start - first, end - first));
      i = last;
    }
  }

  #sizesOfItems(from: number, count: number): Int32Array {
    const first = this.#offsets[from]!;
    const items = this.#offsets[from + count]! - first;
    const sizes = new Int32Array(items);
    this.#items.addSizes(first, items, sizes);
    return sizes;
  }

  #isNull(row: number): boolean {
    return this.#valid !== undefined && this.#valid[row] === 0;
  }
}

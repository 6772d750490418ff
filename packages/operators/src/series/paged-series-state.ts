import { batchSchema, columnOf, int32Column, makeBatch } from "@millrace/columnar";
import { type FieldType, keyGroupColumn, type SeriesState, type StateTable } from "@millrace/core";
import { type Data, Field, Float64, List, makeData, type RecordBatch } from "apache-arrow";
import type { SeriesKeys } from "./series-keys.ts";

const pageShift = 5;

/** Slots of a page: the unit that goes to the changelog. */
const pageSlots = 1 << pageShift;

const int32 = { kind: "int32", nullable: false } as const;
const listType = new List(new Field("item", new Float64(), false));

/**
 * State of many series in one array, and its table of pages of 32 slots:
 * `{$keyGroup, keys…, $page: int32, $values: list<float64>}`.
 *
 * **State** `slots × 8` bytes a series, never freed
 * **Cost**  a delta holds the touched pages only
 */
export class PagedSeriesState implements SeriesState, StateTable {
  readonly name: string;
  readonly slots: number;
  values: Float64Array;
  readonly #keys: SeriesKeys;
  readonly #fields: readonly FieldType[];
  readonly #pagesPerSeries: number;
  readonly #onRestored: (watermark: number) => void;
  #isChanged = new Uint8Array(16);
  #changed: number[] = [];

  constructor(
    name: string,
    slots: number,
    keys: SeriesKeys,
    onRestored: (watermark: number) => void = () => undefined,
  ) {
    this.name = name;
    this.slots = slots;
    this.values = new Float64Array(slots * 4);
    this.#keys = keys;
    this.#pagesPerSeries = Math.max(1, Math.ceil(slots / pageSlots));
    this.#onRestored = onRestored;
    this.#fields = [
      { name: keyGroupColumn, type: int32 },
      ...keys.fields,
      { name: "$page", type: int32 },
      {
        name: "$values",
        type: { kind: "list", item: { kind: "float64", nullable: false }, nullable: false },
      },
    ];
  }

  ensure(seriesCount: number): void {
    const needed = seriesCount * this.slots;
    if (needed > this.values.length) {
      const grown = new Float64Array(Math.max(needed, this.values.length * 2));
      grown.set(this.values);
      this.values = grown;
    }
    const pages = seriesCount * this.#pagesPerSeries;
    if (pages > this.#isChanged.length) {
      const grown = new Uint8Array(Math.max(pages, this.#isChanged.length * 2));
      grown.set(this.#isChanged);
      this.#isChanged = grown;
    }
  }

  touch(series: number, slot: number): void {
    const page = series * this.#pagesPerSeries + (slot >> pageShift);
    if (this.#isChanged[page] === 1) return;
    this.#isChanged[page] = 1;
    this.#changed.push(page);
  }

  takeDelta(): readonly RecordBatch[] {
    const pages = this.#changed;
    for (const page of pages) this.#isChanged[page] = 0;
    this.#changed = [];
    return pages.length === 0 ? [] : [this.#batchOf(Int32Array.from(pages))];
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const pages: number[] = [];
    for (let series = 0; series < this.#keys.size; series += 1) {
      const keyGroup = this.#keys.keyGroupOf(series);
      if (keyGroup < from || keyGroup >= to) continue;
      const first = series * this.#pagesPerSeries;
      for (let i = 0; i < this.#pagesPerSeries; i += 1) pages.push(first + i);
    }
    return pages.length === 0 ? [] : [this.#batchOf(Int32Array.from(pages))];
  }

  #batchOf(pages: Int32Array): RecordBatch {
    // A series may have been met by another table that this one has no room for yet.
    this.ensure(this.#keys.size);
    const count = pages.length;
    const series = pages.map((page) => Math.floor(page / this.#pagesPerSeries));
    const offsets = new Int32Array(count + 1);
    const items = new Float64Array(count * Math.min(this.slots, pageSlots));
    for (let i = 0; i < count; i += 1) {
      const owner = series[i] as number;
      const firstSlot = ((pages[i] as number) - owner * this.#pagesPerSeries) << pageShift;
      const lastSlot = Math.min(firstSlot + pageSlots, this.slots);
      const at = owner * this.slots;
      items.set(this.values.subarray(at + firstSlot, at + lastSlot), offsets[i] as number);
      offsets[i + 1] = (offsets[i] as number) + lastSlot - firstSlot;
    }
    const length = offsets[count] as number;
    const child = makeData({ type: new Float64(), length, nullCount: 0, data: items });
    const columns: Data[] = [
      int32Column(
        series.map((s) => this.#keys.keyGroupOf(s)),
        count,
      ),
      ...this.#keys.columns(series),
      int32Column(
        pages.map((page) => page % this.#pagesPerSeries),
        count,
      ),
      makeData({ type: listType, length: count, nullCount: 0, valueOffsets: offsets, child }),
    ];
    return makeBatch(batchSchema(this.#fields), columns, count);
  }

  restore(rows: RecordBatch): void {
    const series = this.#keys.seriesOf(rows);
    this.ensure(this.#keys.size);
    const pages = columnOf(rows, "$page").values as Int32Array;
    const lists = columnOf(rows, "$values");
    const offsets = lists.valueOffsets as Int32Array;
    const items = lists.children[0]?.values as Float64Array;
    for (let i = 0; i < rows.numRows; i += 1) {
      const to = (series[i] as number) * this.slots + ((pages[i] as number) << pageShift);
      this.values.set(items.subarray(offsets[i] as number, offsets[i + 1] as number), to);
    }
  }

  restored(watermark: number): void {
    this.#onRestored(watermark);
  }

  get rowCount(): number {
    return this.#keys.size * this.#pagesPerSeries;
  }

  get sizeBytes(): number {
    return this.values.byteLength + this.#isChanged.byteLength + this.#keys.sizeBytes;
  }
}

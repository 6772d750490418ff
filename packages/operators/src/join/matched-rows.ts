import { batchSchema, columnOf, int32Column, int64Column, makeBatch } from "@millrace/columnar";
import { keyGroupColumn, limits, type StateTable } from "@millrace/core";
import type { RecordBatch } from "apache-arrow";
import { readNumbers } from "../aggregate/read-numbers.ts";
import type { JoinSide } from "./join-side.ts";

interface Identity {
  readonly keyGroup: number;
  readonly sequence: number;
}

/**
 * Which rows of a side have found a partner, as a state table: `{$keyGroup, $sequence}`. Restored
 * after the side itself.
 */
export class MatchedRows implements StateTable {
  readonly name: string = "matched";
  readonly #side: JoinSide;
  readonly #schema = batchSchema([
    { name: keyGroupColumn, type: { kind: "int32", nullable: false } },
    { name: "$sequence", type: { kind: "int64", as: "number", nullable: false } },
  ]);
  #changed: Identity[] = [];
  #restored = new Set<number>();

  constructor(side: JoinSide) {
    this.#side = side;
  }

  /** Remembers that the row has a partner. */
  mark(slot: number): void {
    if (this.#side.mark(slot)) this.#changed.push(this.#side.identityOf(slot));
  }

  takeDelta(): readonly RecordBatch[] {
    const changed = this.#changed;
    this.#changed = [];
    return this.#stateRows(changed);
  }

  snapshot(from: number, to: number): readonly RecordBatch[] {
    const ids = this.#side.matchedSlots().map((slot) => this.#side.identityOf(slot));
    return this.#stateRows(ids.filter(({ keyGroup }) => keyGroup >= from && keyGroup < to));
  }

  #stateRows(ids: readonly Identity[]): RecordBatch[] {
    const count = ids.length;
    if (count === 0) return [];
    const keyGroups = Int32Array.from(ids, ({ keyGroup }) => keyGroup);
    const sequence = Float64Array.from(ids, (id) => id.sequence);
    const columns = [int32Column(keyGroups, count), int64Column(sequence, count)];
    return [makeBatch(this.#schema, columns, count)];
  }

  restore(rows: RecordBatch): void {
    const keyGroups = readNumbers(columnOf(rows, keyGroupColumn));
    const sequence = readNumbers(columnOf(rows, "$sequence"));
    for (let row = 0; row < rows.numRows; row += 1) {
      const number = sequence[row] as number;
      // The row itself is not in the changelog if it came and expired within one commit; its number
      // must not be given again.
      this.#side.skipSequence(number);
      this.#restored.add(number * limits.keyGroups + (keyGroups[row] as number));
    }
  }

  restored(): void {
    this.#side.markWhere(({ keyGroup, sequence }) =>
      this.#restored.has(sequence * limits.keyGroups + keyGroup),
    );
    this.#restored = new Set();
  }

  get rowCount(): number {
    return this.#side.matchedSlots().length;
  }

  get sizeBytes(): number {
    return this.#changed.length * 16;
  }
}

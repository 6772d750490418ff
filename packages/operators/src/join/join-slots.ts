/**
 * What is known of each row of a side, by its slot. Slot 0 stands for "no row": chains end there,
 * and it is the partner of a row without one.
 */
export interface JoinSlots {
  /** Event time; −Infinity without one. */
  readonly times: Float64Array;
  /** The watermark after which the row is forgotten. */
  readonly until: Float64Array;
  /** Its own `$watermark` where that is after its time, else its time. */
  readonly behind: Float64Array;
  /** Number of the row since the operator's beginning. */
  readonly sequence: Float64Array;
  /** Number of its key. */
  readonly keys: Int32Array;
  /** The slot before of the same key; 0 ends. */
  readonly next: Int32Array;
  /** 0 where the row was taken back. */
  readonly weights: Int32Array;
  /** Sum of the weights of its partners. */
  readonly partners: Int32Array;
  /** Hash of all columns, in sides of which rows are taken back. */
  readonly hashes: Int32Array;
  /** 1 where the row has been forgotten or taken back. */
  readonly isGone: Uint8Array;
  /** 1 where the changelog has an older weight or number of partners. */
  readonly isChanged: Uint8Array;
}

/** Bytes of a slot. */
export const slotBytes = 54;

/** Room for slots: row-less, of weight 0. */
export function joinSlots(size: number): JoinSlots {
  return {
    times: new Float64Array(size),
    until: new Float64Array(size),
    behind: new Float64Array(size),
    sequence: new Float64Array(size),
    keys: new Int32Array(size),
    next: new Int32Array(size),
    weights: new Int32Array(size),
    partners: new Int32Array(size),
    hashes: new Int32Array(size),
    isGone: new Uint8Array(size),
    isChanged: new Uint8Array(size),
  };
}

/** The same slots with room for more. */
export function grownSlots(slots: JoinSlots, size: number): JoinSlots {
  const grown = joinSlots(size);
  for (const name of slotNames) grown[name].set(slots[name]);
  return grown;
}

const slotNames = Object.keys(joinSlots(0)) as (keyof JoinSlots)[];

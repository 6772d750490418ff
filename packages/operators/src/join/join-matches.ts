/** Pairs of a row of a batch and a slot of the other side. Used again for each batch. */
export class JoinMatches {
  rows: Int32Array = new Int32Array(1_024);
  slots: Int32Array = new Int32Array(1_024);
  count = 0;

  /** Makes room for one more pair. */
  grow(): void {
    const rows = new Int32Array(this.rows.length * 2);
    const slots = new Int32Array(rows.length);
    rows.set(this.rows);
    slots.set(this.slots);
    this.rows = rows;
    this.slots = slots;
  }
}

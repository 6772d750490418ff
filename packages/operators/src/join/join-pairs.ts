/**
 * Pairs of a left and a right slot with a weight, in order; slot 0 stands for "no row". Used again
 * for each batch.
 */
export class JoinPairs {
  left: Int32Array = new Int32Array(1_024);
  right: Int32Array = new Int32Array(1_024);
  weights: Int32Array = new Int32Array(1_024);
  count = 0;

  add(left: number, right: number, weight: number): void {
    const at = this.count;
    if (at === this.left.length) this.#grow();
    this.left[at] = left;
    this.right[at] = right;
    this.weights[at] = weight;
    this.count = at + 1;
  }

  clear(): void {
    this.count = 0;
  }

  /** Keeps some pairs, by ascending index. */
  pick(kept: Int32Array, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const from = kept[i] as number;
      this.left[i] = this.left[from] as number;
      this.right[i] = this.right[from] as number;
      this.weights[i] = this.weights[from] as number;
    }
    this.count = count;
  }

  /** Leaves out pairs of weight 0. */
  dropZeros(): void {
    let count = 0;
    for (let i = 0; i < this.count; i += 1) {
      if (this.weights[i] === 0) continue;
      this.left[count] = this.left[i] as number;
      this.right[count] = this.right[i] as number;
      this.weights[count] = this.weights[i] as number;
      count += 1;
    }
    this.count = count;
  }

  #grow(): void {
    this.left = doubled(this.left);
    this.right = doubled(this.right);
    this.weights = doubled(this.weights);
  }
}

function doubled(values: Int32Array): Int32Array {
  const grown = new Int32Array(values.length * 2);
  grown.set(values);
  return grown;
}

/** From here on, pairs are emitted before more are looked for. */
export const pairsMax = 65_536;

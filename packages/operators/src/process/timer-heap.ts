/** Pairs of an instant and a key, the earliest first. Equal instants come in any order. */
export class TimerHeap {
  readonly #ats: number[] = [];
  readonly #keys: number[] = [];

  get size(): number {
    return this.#ats.length;
  }

  /** The earliest instant; there is one. */
  get at(): number {
    return this.#ats[0] as number;
  }

  /** The key of the earliest instant. */
  get key(): number {
    return this.#keys[0] as number;
  }

  push(at: number, key: number): void {
    let place = this.size;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((this.#ats[parent] as number) <= at) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#ats[place] = at;
    this.#keys[place] = key;
  }

  #move(from: number, to: number): void {
    this.#ats[to] = this.#ats[from] as number;
    this.#keys[to] = this.#keys[from] as number;
  }

  /** Removes the earliest. */
  pop(): void {
    const at = this.#ats.pop();
    const key = this.#keys.pop();
    const { size } = this;
    if (size === 0 || at === undefined || key === undefined) return;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && (this.#ats[right] as number) < (this.#ats[child] as number))
        child = right;
      if ((this.#ats[child] as number) >= at) break;
      this.#move(child, place);
      place = child;
    }
    this.#ats[place] = at;
    this.#keys[place] = key;
  }
}

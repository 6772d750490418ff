/** Wakes everyone who waits. */
export class Signal {
  #waiting: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** Resolves at the next `notify`. */
  wait(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#waiting;
  }

  notify(): void {
    this.#wake?.();
    this.#waiting = undefined;
    this.#wake = undefined;
  }
}
